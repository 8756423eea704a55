# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts a private PostgreSQL, Redis, nginx and the processes of DINAMIS; standard library only.

It runs before the virtual environment exists, so nothing here may import Django or a third-party package.
"""
