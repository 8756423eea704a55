# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules and arithmetic of orders: no database and no request, what they need is handed to them."""
