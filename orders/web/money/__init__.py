# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes and their ledger, tariffs, quotes, invoices."""
