# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps of `load_demo`, in their order. Each does only what is missing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction

from dinamis.catalogue.described import COLLECTIONS
from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import AdminUnit, Collection
from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage
from dinamis.demo import api_keys, imagery, publishing, samples, second_factors
from dinamis.demo.registration import register_scenes
from dinamis.demo.story import (
    acquisitions,
    adhesions,
    cast,
    committee,
    duties,
    emergencies,
    invoices,
    orders,
    quoted,
    reserved,
    reuse,
    searches,
    together,
    work,
)
from licensing.models import Licence

REGISTER_TOPIC = "demo.register_scenes"
QUICKLOOKS_TOPIC = "demo.draw_quicklooks"
PLACES_TOPIC = "demo.derive_places"
COMMUNES = 30_000
LICENCES_DAYS_AGO = 1100

Command = Callable[..., Any]
Step = Callable[[], int]


def steps(command: Command) -> Iterator[tuple[str, Step]]:
    """Yield (title, step); a step returns how many things it made. `command` runs a management command."""
    yield "Licences", lambda: load_licences(command)
    yield "Collections", lambda: load_collections(command)
    yield "Communes", lambda: load_communes(command)
    yield "People", cast.load_people
    yield "Second factors", second_factors.load_second_factors
    yield "Organisations", adhesions.load_adhesions
    yield "Signatures", work.load_signatures
    yield "API keys", api_keys.load_api_keys
    yield "Publishers", publishing.load_publishing
    yield "Projects", work.load_projects
    yield "Blocks", work.load_blocks
    yield "Archive scenes", imagery.load_archive
    yield "Coverages", imagery.load_coverages
    yield "Envelopes", work.load_envelopes
    yield "Orders", load_orders
    yield "Committee", committee.load_committee
    yield "Followers", quoted.load_interest
    yield "Emergency", emergencies.load_emergency
    yield "Invoices", invoices.load_invoices
    yield "Saved searches", searches.load_searches
    yield "Scenes known to the simulator", register
    yield "Images with files", samples.load_samples
    yield "Obligations", duties.load_duties
    yield "Documents of images", imagery.write_documents


def load_licences(command: Command) -> int:
    """Publish the licences three years ago, before the first organisation signed them."""
    if Licence.objects.exists():
        return 0
    with clock.at(clock.now() - timedelta(days=LICENCES_DAYS_AGO)):
        command("load_licences")
    return Licence.objects.count()


def load_collections(command: Command) -> int:
    """Write the collections and their sensors when one is missing."""
    if set(Collection.objects.values_list("slug", flat=True)) >= {one.slug for one in COLLECTIONS}:
        return 0
    command("load_collections")
    return Collection.objects.count()


def load_communes(command: Command) -> int:
    """Load the communes now; the units made of them are left to the workers."""
    communes = AdminUnit.objects.filter(kind=AdminKind.COMMUNE)
    if communes.count() > COMMUNES:
        return 0
    command("load_places", "--communes-only")
    with transaction.atomic():
        outbox.put(PLACES_TOPIC, {}, key=PLACES_TOPIC)
    return communes.count()


def load_orders() -> int:
    """Play the orders that are missing; returns how many plays there were."""
    tellers = (acquisitions, committee, reserved, together, quoted)
    return orders.load_orders([play for teller in tellers for play in teller.plays()])


def register() -> int:
    """Tell the simulator its scenes: now, or by the workers while it does not answer."""
    if OutboxMessage.objects.filter(key=REGISTER_TOPIC).exists():
        return 0
    with transaction.atomic():
        message = outbox.put(REGISTER_TOPIC, {}, key=REGISTER_TOPIC)
    outbox.drive(message.pk)
    return 1


def tell_simulator() -> int:
    """Register the scenes, then let the orders that wait for them go on. Raises httpx.HTTPError."""
    count = register_scenes()
    with transaction.atomic():
        orders.release_real_orders()
        acquisitions.release_acquisitions()
        outbox.put(reuse.TOPIC, {}, key=reuse.TOPIC)
        emergencies.release_emergency()
        outbox.put(QUICKLOOKS_TOPIC, {}, key=QUICKLOOKS_TOPIC)
    return count
