# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked: drafts, areas, options, sending an order, and one's own list of them."""
