# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the nation reads: the public figures, and where what is wanted is not held."""
