# SPDX-License-Identifier: AGPL-3.0-or-later
"""STAC API 1.0.0 over the catalogue: what a request says (`reading`), what an answer holds (`documents`)."""
