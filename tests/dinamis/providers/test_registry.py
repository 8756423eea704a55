# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adapters by name."""

from __future__ import annotations

import pytest

from dinamis.providers.base import ProviderError
from dinamis.providers.oneatlas import OneAtlas
from dinamis.providers.registry import get_provider

CONFIG = {
    "airbus": {"class": "dinamis.providers.oneatlas.OneAtlas", "api_key": "k"},
    "gone": {"class": "dinamis.providers.nowhere.Nothing"},
    "odd": {"class": "OneAtlas"},
}


def test_adapter_is_built_from_its_config() -> None:
    provider = get_provider("airbus", CONFIG)
    assert isinstance(provider, OneAtlas)
    assert provider.name == "airbus"
    provider.close()


@pytest.mark.parametrize("name", ["nobody", "gone", "odd"])
def test_unknown_providers_are_permanent_errors(name: str) -> None:
    with pytest.raises(ProviderError) as caught:
        get_provider(name, CONFIG)
    assert (caught.value.permanent, caught.value.code) == (True, "unknown_provider")
