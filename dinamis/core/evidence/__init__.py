# SPDX-License-Identifier: AGPL-3.0-or-later
"""Events, their chain, their seals, and what finds a change that nobody signed for."""
