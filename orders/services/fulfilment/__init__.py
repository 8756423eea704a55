# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an approved line to an image: groupings, placing, proposals, deliveries."""
