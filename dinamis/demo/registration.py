# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells the provider simulator which scenes exist, so that they have quicklooks and can be ordered."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from django.conf import settings

from dinamis.catalogue.models import Item
from dinamis.demo.geography.coverages import filled_cells, yearly_coverages
from dinamis.demo.geography.scenes import Scene, archive_scenes
from dinamis.demo.imagery import quicklook_prefix

BATCH = 1500
FIRST_PAGES = 24
TOKEN_PATH = "/auth/realms/IDP/protocol/openid-connect/token"  # noqa: S105  a path


def all_scenes() -> Iterator[tuple[Scene, dict[str, Any]]]:
    """Yield every scene with its footprint: the archive, then the images of the coverages."""
    for scene in archive_scenes():
        yield scene, scene.geometry
    for yearly in yearly_coverages():
        for one in filled_cells(yearly):
            if one.scene:
                yield one.scene, one.cell.geometry


def draw_quicklooks(count: int = FIRST_PAGES) -> None:
    """Ask the simulator for the pictures of the first pages of the catalogue, so that nobody waits for them.

    Raises httpx.HTTPError when it does not answer.
    """
    prefix = quicklook_prefix()
    first = Item.objects.published().filter(quicklook_url__gt="", held=False)[:count]
    with httpx.Client(base_url=settings.PROVIDERS["oneatlas"]["order_url"], timeout=30) as client:
        for url in first.values_list("quicklook_url", flat=True):
            client.get(url.removeprefix(prefix)).raise_for_status()


def as_registered(scene: Scene, footprint: dict[str, Any]) -> dict[str, Any]:
    """A scene in the words of `POST /simulator/scenes`."""
    return {
        "id": scene.id,
        "sensor": scene.satellite.sensor,
        "datetime": scene.when.isoformat(),
        "footprint": footprint,
        "incidence_angle": scene.incidence,
        "azimuth": scene.azimuth,
        "sun_azimuth": scene.sun_azimuth,
        "sun_elevation": scene.sun_elevation,
        "cloud": scene.cloud,
    }


@contextmanager
def _simulator() -> Iterator[httpx.Client]:
    provider = settings.PROVIDERS["oneatlas"]
    with httpx.Client(base_url=provider["order_url"], timeout=30) as client:
        form = {"apikey": provider["api_key"], "grant_type": "api_key", "client_id": "IDP"}
        answer = client.post(f"{provider['auth_url'].rstrip('/')}{TOKEN_PATH}", data=form).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def acquire(reference: str, contract: str, images: Sequence[Mapping[str, Any]]) -> None:
    """Have these images taken for the acquisition request of a reference, those apart that were taken before.

    Raises httpx.HTTPError when the simulator does not answer or refuses.
    """
    with _simulator() as client:
        listed = client.get(f"/api/v1/contracts/{contract}/taskings", params={"customerRef": reference})
        (tasking,) = listed.raise_for_status().json()["taskings"]
        icr = tasking["icr"]
        for image in images[icr["nbTotalSegments"] :]:
            client.post(f"/simulator/taskings/{icr['id']}/propose", json=dict(image)).raise_for_status()


def register_scenes() -> int:
    """Register everything and return how many scenes that were; again: they are replaced by the same.

    Raises httpx.HTTPError when the simulator does not answer or refuses.
    """
    documents = [as_registered(scene, footprint) for scene, footprint in all_scenes()]
    with _simulator() as client:
        for start in range(0, len(documents), BATCH):
            client.post("/simulator/scenes", json={"scenes": documents[start : start + BATCH]}).raise_for_status()
    return len(documents)
