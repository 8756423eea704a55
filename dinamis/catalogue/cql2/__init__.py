# SPDX-License-Identifier: AGPL-3.0-or-later
"""CQL2 (OGC 21-065r2): a filter as text or JSON becomes one condition of SQL. Nothing here knows a request."""
