# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ground that `orders` and `licensing` stand on, and the roof (urls, settings) over them."""
