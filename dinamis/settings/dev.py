# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demonstration with Django's debug pages, for development on one's own machine."""

from dinamis.settings.demo import *

DEBUG = True
