# SPDX-License-Identifier: AGPL-3.0-or-later
"""Airbus OneAtlas, pay per order (SPOT, Pléiades, Pléiades Neo)."""

from dinamis.providers.oneatlas.adapter import OneAtlas

__all__ = ["OneAtlas"]
