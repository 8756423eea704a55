# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of the demonstration is done once the site is up."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dinamis.catalogue.services.freshness import count_newest, lay_cells
from dinamis.catalogue.services.places import load_places
from dinamis.core import clock, outbox
from dinamis.demo import loading, registration, samples
from dinamis.demo.story import acquisitions, reuse
from orders.services.figures.needs import count_needs


@outbox.handles(samples.TOPIC, queue=outbox.SLOW)
def make_sample(payload: Mapping[str, Any]) -> None:
    """Make the files of one cell of a coverage."""
    samples.make_sample(samples.find(payload["stac_id"]))


@outbox.handles(loading.REGISTER_TOPIC, queue=outbox.SLOW)
def register_scenes(payload: Mapping[str, Any]) -> None:
    """Tell the simulator its scenes; tried again while it does not answer."""
    loading.tell_simulator()


@outbox.handles(acquisitions.ACQUIRE_TOPIC, queue=outbox.SLOW)
def acquire(payload: Mapping[str, Any]) -> None:
    """Have the images of a purchase taken, once it is placed."""
    row, images = acquisitions.images_of(payload["purchase"])
    if row is None:
        raise outbox.Again(timedelta(seconds=2))
    registration.acquire(row.reference, row.payload["placed"]["contract_id"], list(images))


@outbox.handles(reuse.TOPIC, queue=outbox.SLOW)
def fetch_by_others(payload: Mapping[str, Any]) -> None:
    """Let other organisations fetch what was ordered, once it is delivered."""
    if not reuse.fetch_by_others():
        raise outbox.Again(timedelta(seconds=5))


@outbox.handles(loading.QUICKLOOKS_TOPIC, queue=outbox.SLOW)
def draw_quicklooks(payload: Mapping[str, Any]) -> None:
    """Have the pictures of the first pages drawn before somebody asks."""
    registration.draw_quicklooks()


@outbox.handles(loading.PLACES_TOPIC, queue=outbox.SLOW)
def derive_places(payload: Mapping[str, Any]) -> None:
    """Unite the communes into EPCI, départements and régions; then count the maps of the nation, a first time."""
    load_places(communes=False, derived=True)
    lay_cells()
    count_newest(at=clock.now())
    count_needs(at=clock.now())
