# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is owed for imagery: hold-back, reports, publications, destruction, retention."""
