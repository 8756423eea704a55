# SPDX-License-Identifier: AGPL-3.0-or-later
"""``dinamis.providers.simulator.wsgi:application``, to be served; configured by the environment (``config.Config``)."""

from __future__ import annotations

from dinamis.providers.simulator.app import create_app
from dinamis.providers.simulator.config import Config

application = create_app(Config.from_env())
