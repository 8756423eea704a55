# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of an order: its story, stopping, closing, and what waits too long."""
