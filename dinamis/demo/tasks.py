# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of the demonstration is done once the site is up."""

from collections.abc import Mapping
from typing import Any

from dinamis.catalogue.services.places import load_places
from dinamis.core import outbox
from dinamis.demo import loading, registration, samples


@outbox.handles(samples.TOPIC, queue=outbox.SLOW)
def make_sample(payload: Mapping[str, Any]) -> None:
    """Make the files of one cell of a coverage."""
    samples.make_sample(samples.find(payload["stac_id"]))


@outbox.handles(loading.REGISTER_TOPIC, queue=outbox.SLOW)
def register_scenes(payload: Mapping[str, Any]) -> None:
    """Tell the simulator its scenes; tried again while it does not answer."""
    loading.tell_simulator()


@outbox.handles(loading.QUICKLOOKS_TOPIC, queue=outbox.SLOW)
def draw_quicklooks(payload: Mapping[str, Any]) -> None:
    """Have the pictures of the first pages drawn before somebody asks."""
    registration.draw_quicklooks()


@outbox.handles(loading.PLACES_TOPIC, queue=outbox.SLOW)
def derive_places(payload: Mapping[str, Any]) -> None:
    """Unite the communes into EPCI, départements and régions."""
    load_places(communes=False, derived=True)
