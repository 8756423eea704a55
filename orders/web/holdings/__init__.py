# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first: what of an area is there already, under way, or left to buy."""
