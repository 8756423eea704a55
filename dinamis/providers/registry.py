# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a name in the settings to an adapter: ``{"airbus": {"class": "dinamis.providers.oneatlas.OneAtlas", …}}``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from dinamis.providers.base import ErrorCode, Provider, RequestRefused


def get_provider(name: str, config: Mapping[str, Mapping[str, Any]]) -> Provider:
    """The adapter called ``name`` in ``config``, built with its other keys as keyword arguments.

    ``config`` maps a name to ``{"class": dotted path, **arguments}``. Raises ``RequestRefused`` (``unknown_provider``)
    when the name or the class does not exist, ``TypeError`` when the arguments do not fit the class.
    """
    if name not in config:
        raise RequestRefused(f"no provider is called {name!r}", code=ErrorCode.UNKNOWN_PROVIDER)
    arguments = dict(config[name])
    factory = _load(str(arguments.pop("class", "")))
    provider: Provider = factory(name=name, **arguments)
    return provider


def _load(path: str) -> Any:
    module, _, attribute = path.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise RequestRefused(f"no provider class at {path!r}", code=ErrorCode.UNKNOWN_PROVIDER) from error
