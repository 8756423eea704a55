# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links to files, and the gateway that asks for the right each time."""
