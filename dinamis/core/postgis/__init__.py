# SPDX-License-Identifier: AGPL-3.0-or-later
"""Django's PostGIS backend over a pool of connections."""
