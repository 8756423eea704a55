# SPDX-License-Identifier: AGPL-3.0-or-later
"""CIEST²: emergencies on a scientist's word."""
