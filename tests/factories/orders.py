# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small world for orders: an entitled researcher, a scene of the archive, envelopes, and orders at each step."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import factory
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from shapely import unary_union
from shapely.affinity import translate
from shapely.geometry import box, mapping

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.models import Asset, Collection, Item
from dinamis.core import clock, geo
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.transitions import apply_transition, record_creation
from dinamis.providers.base import DeliveryFile, PlacedOrder, ProviderStatus, Segment, SegmentStatus, StatusCode
from licensing.enums import Capacity
from licensing.models import Acceptance, Licence, Project
from orders.enums import EnvelopeKind, OrderKind
from orders.models import Acquisition, Delivery, Envelope, Order, OrderItem, Pool, Proposal, ProviderOrder, Quote
from orders.selectors.money.costs import rates_of
from orders.selectors.money.envelope import Balance, balance
from orders.services.fulfilment import delivery as deliveries
from orders.services.fulfilment import placement, pooling, proposals
from orders.services.fulfilment.progress import synchronise
from orders.services.money import ledger, quotes
from orders.services.requests import draft, submission
from orders.services.reviewing import review
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import (
    LicenceFactory,
    ProjectFactory,
    approved_adhesion,
    grant,
    organisation_signs,
    published_version,
)

KM2 = 1_000_000
NUMBERS = count(1)
# About 9 x 7 km in the sea off Sète: inside the footprint of the scenes below.
AREA = box(3.70, 43.35, 3.80, 43.41)
FOOTPRINT = box(3.6, 43.3, 3.9, 43.5)


class CollectionFactory(factory.django.DjangoModelFactory):
    """The Pléiades archive, unless told."""

    class Meta:
        model = Collection

    slug = factory.Sequence(lambda n: f"archive-{n}")
    title_fr = "Pléiades"
    title_en = "Pléiades"
    family = ProductFamily.PLEIADES
    licence = factory.SubFactory(LicenceFactory)


class SceneFactory(factory.django.DjangoModelFactory):
    """A scene of the archive that nobody holds."""

    class Meta:
        model = Item

    collection = factory.SubFactory(CollectionFactory)
    stac_id = factory.Sequence(lambda n: f"scene-{n}")
    source_id = factory.Sequence(lambda n: f"DS_PHR1A_20250614103{n:04d}_FR1_PX_E003N43_0101_00001")
    title = factory.Sequence(lambda n: f"PHR1A · scène {n}")
    footprint = factory.LazyFunction(lambda: GEOSGeometry(memoryview(FOOTPRINT.wkb), srid=4326))
    datetime = factory.LazyFunction(lambda: clock.now() - timedelta(days=30))
    platform = "PHR1A"
    cloud_cover = 2


class AssetFactory(factory.django.DjangoModelFactory):
    """A data file of an image that is held."""

    class Meta:
        model = Asset

    item = factory.SubFactory(SceneFactory, held=True)
    key = factory.Sequence(lambda n: f"data{n}")
    file_name = factory.Sequence(lambda n: f"image_{n}.tif")
    storage_key = factory.LazyAttribute(lambda asset: f"private/products/0b7e/{asset.file_name}")
    media_type = "image/tiff; application=geotiff; profile=cloud-optimized"
    roles = ("data",)
    size = 1234
    sha256 = "ab" * 32


@dataclass
class World:
    """Everybody and everything an order needs."""

    researcher: Any
    moderator: Any
    adhesion: Any
    entitlement: Any
    licence: Licence
    collection: Collection
    project: Project
    scene: Item
    envelope: Envelope

    @property
    def organisation(self):
        return self.adhesion.organisation


def world(*, budget_km2=10_000, signed=True, family=ProductFamily.PLEIADES) -> World:
    """An organisation with a right under one licence, a member who signed it, a scene, an envelope of its own."""
    licence = LicenceFactory()
    version = published_version(licence)
    adhesion = approved_adhesion()
    entitlement = grant(adhesion, licence)
    organisation_signs(adhesion.organisation, version)
    researcher = member_of(adhesion.organisation, version if signed else None)
    collection = CollectionFactory(licence=licence, family=family)
    return World(
        researcher=researcher,
        moderator=ModeratorFactory(),
        adhesion=adhesion,
        entitlement=entitlement,
        licence=licence,
        collection=collection,
        project=ProjectFactory(organisation=adhesion.organisation, owner=researcher),
        scene=SceneFactory(collection=collection),
        envelope=envelope(budget_km2, family=family, owner=adhesion.organisation),
    )


def held_file(w):
    """A file of an image we hold, in the collection of an orders world."""
    return AssetFactory(item=SceneFactory(collection=w.collection, held=True))


def member_of(organisation, version=None):
    """An active member, who signed the version when one is given."""
    person = UserFactory()
    active_membership(person, organisation)
    if version is not None:
        signs(person, version)
    return person


def signs(person, version):
    """The person's own signature, as the verb writes it, without its mail."""
    return Acceptance.objects.create(
        licence_version=version,
        capacity=Capacity.SELF,
        person=person,
        email=person.email,
        language="fr",
        sha256=version.sha256_fr,
        typed_name=person.name,
        authenticated_by="test",
    )


def envelope(
    budget_km2=10_000,
    *,
    family=ProductFamily.PLEIADES,
    owner=None,
    name="Littoral 2026-T4",
    period=None,
    attempts=0,
    euros=None,
    **fields,
):
    """An envelope of the current period with a budget, and a ceiling in euros where one is told: its owner's, or the
    common pot."""
    now = clock.now()
    row = Envelope.objects.create(
        name=name,
        family=family,
        owner=owner,
        kind=fields.pop("kind", EnvelopeKind.ORGANISATION if owner else EnvelopeKind.COMMON),
        period=period or (now - timedelta(days=30), now + timedelta(days=60)),
        counts_attempts=attempts > 0,
        counts_euros=euros is not None,
        **fields,
    )
    row.refresh_from_db()
    amounts = {"amount_m2": budget_km2 * KM2, "attempts": attempts, "amount_cents": 100 * (euros or 0)}
    if any(amounts.values()):
        ledger.grant(envelope=row, actor=SYSTEM, key=f"test:{row.pk}", **amounts)
    return row


def areas(envelope: Envelope) -> Balance:
    """The balance of an envelope without its euros."""
    return replace(balance(envelope), granted_cents=0, held_cents=0, committed_cents=0)


def acquisition(w: World, *, requester=None, **fields) -> Order:
    """A draft of an acquisition request of the researcher."""
    return acquisition_of(requester or w.researcher, w.organisation, w.project, w.collection, **fields)


def acquisition_of(requester, organisation, project, collection, *, aoi=AREA, days=60, **parameters) -> Order:
    """A draft of an acquisition request over one area, from now for so many days; images are proposed at any cloud."""
    now = clock.now()
    area_m2 = geo.area_m2(aoi)
    order = Order.objects.create(
        reference=f"D-{now.year}-A{next(NUMBERS):04d}",
        kind=OrderKind.ACQUISITION,
        family=collection.family,
        title="Trait de côte, hiver",
        requester=requester,
        organisation=organisation,
        project=project,
        aoi=geo.to_multipolygon(aoi),
        area_m2=area_m2,
        justification="Suivi du trait de côte",
    )
    record_creation(order, actor=Actor.person(order.requester))
    defaults = {"cloud_max": 10, "proposal_threshold": 100, "period": (now, now + timedelta(days=days))}
    Acquisition.objects.create(order=order, collection=collection, **defaults | parameters)
    billed = max(area_m2, 100 * KM2)
    line = OrderItem.objects.create(
        order=order,
        period=(now, now + timedelta(days=days)),
        aoi=geo.to_multipolygon(aoi),
        area_m2=area_m2,
        billed_area_m2=billed,
        price_cents=billed * 17 // 10_000,
    )
    record_creation(line, actor=Actor.person(order.requester))
    return Order.objects.get(pk=order.pk)


def approved_acquisition(w: World, **fields) -> Order:
    """An acquisition request that the office has approved."""
    sent = submission.submit_order(order=acquisition(w, **fields), actor=fields.get("requester", w.researcher))
    claimed = review.start_review(order=sent, actor=w.moderator)
    return review.approve_order(order=claimed, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)


def tasked(*lines: OrderItem) -> ProviderOrder:
    """Approved lines of acquisition requests under one provider order, being acquired; no provider is asked."""
    row = placement.prepare_placement(item_id=lines[0].pk)
    OrderItem.objects.filter(pk__in=[line.pk for line in lines]).update(provider_order=row)
    known = PlacedOrder(reference=row.reference, contract_id="C", order_id=f"SAL{row.pk}", source="tasking", cents=100)
    placement.record_placed(provider_order_id=row.pk, placed=known)
    return placement.record_status(provider_order_id=row.pk, status=ProviderStatus(code=StatusCode.TASKED))


def offered(order: Order, *, cents=170_000) -> Quote:
    """A quote of an order, at that price of the provider for each line; no provider is asked."""
    quote = quotes.ask_quote(order=order, actor=order.requester)
    return quotes.offer(quote_id=quote.pk, provider_cents={line.pk: cents for line in order.items.all()})


def proposed(row: ProviderOrder, *, outline=FOOTPRINT, cloud=40.0, clouds=None) -> Proposal:
    """An image the provider proposes, with the polygons of its clouds when they are told."""
    segment = Segment(
        id=f"AS_{row.pk}_1_{row.proposals.count() + 1}",
        tasking_id=f"ICR_{row.pk}",
        status=SegmentStatus.PROPOSED,
        scene_id="DS_PHR1A_202611261030000_FR1_PX_E003N43_0101_00001",
        footprint=mapping(outline),
        acquired=clock.now(),
        incidence_angle=12.5,
        cloud_cover=cloud,
        quicklook_url="/simulator/quicklooks/scene.jpg",
        cloud_mask=None if clouds is None else mapping(clouds),
    )
    actor = placement.provider_actor(row.provider)
    proposals.record_segments(provider_order_id=row.pk, segments=[segment], actor=actor)
    return row.proposals.get(segment_id=segment.id)


def drafted(w: World, *, scenes=None, aoi=AREA, justification="Suivi du trait de côte", **fields) -> Order:
    """A draft of the researcher."""
    return draft.create_draft(
        requester=w.researcher,
        organisation=w.organisation,
        project=w.project,
        scenes=[scene.pk for scene in scenes or [w.scene]],
        aoi=aoi,
        title=fields.pop("title", "Trait de côte, golfe du Lion"),
        justification=justification,
    )


def neighbour(w: World, **fields) -> World:
    """Another organisation with a right under the same licence, a member who signed it, and an envelope of its own."""
    version = w.licence.versions.get(state="published")
    adhesion = approved_adhesion()
    entitlement = grant(adhesion, w.licence)
    organisation_signs(adhesion.organisation, version)
    researcher = member_of(adhesion.organisation, version)
    budget = fields.pop("budget_km2", 10_000)
    return replace(
        w,
        researcher=researcher,
        adhesion=adhesion,
        entitlement=entitlement,
        project=ProjectFactory(organisation=adhesion.organisation, owner=researcher),
        envelope=envelope(budget, family=w.collection.family, owner=adhesion.organisation, name="Voisins"),
    )


def acquisition_request(w: World, *, areas=(AREA,), window=None, rate=1250, submit=True, **parameters) -> Order:
    """An acquisition request of the researcher, a line for each area: written row by row, then submitted by the verb.

    `window` is (begin, end), `rate` the price in cents for each km2; `parameters` are those of Acquisition.
    """
    now = clock.now()
    window = window or (now + timedelta(days=5), now + timedelta(days=95))
    whole = unary_union(areas)
    order = Order.objects.create(
        reference=draft._next_reference(),
        kind=OrderKind.ACQUISITION,
        family=w.collection.family,
        title="Trait de côte, golfe du Lion",
        requester=w.researcher,
        organisation=w.organisation,
        project=w.project,
        aoi=geo.to_multipolygon(whole),
        area_m2=geo.area_m2(whole),
        justification="Suivi du trait de côte",
    )
    record_creation(order, actor=Actor.person(w.researcher))
    Acquisition.objects.create(
        order=order,
        collection=w.collection,
        period=window,
        **{"cloud_max": 10, "proposal_threshold": 30, "incidence_max": 30, **parameters},
    )
    rates = rates_of(order.family, OrderKind.ACQUISITION)
    for position, area in enumerate(areas, start=1):
        size = geo.area_m2(area)
        billed = rates.billed_m2(size, parameters.get("mode", "mono"))
        line = OrderItem.objects.create(
            order=order,
            position=position,
            aoi=geo.to_multipolygon(area),
            period=window,
            area_m2=size,
            billed_area_m2=billed,
            price_cents=-(-billed * rate // KM2),
        )
        record_creation(line, actor=Actor.person(w.researcher))
    return submission.submit_order(order=order, actor=w.researcher) if submit else order


def pool_of(w: World) -> Pool:
    """Two requests of the researcher's organisation that overlap, proposed as one."""
    orders = [acquisition_request(w, areas=[area]) for area in (AREA, translate(AREA, 0.02))]
    pool = pooling.propose([order.items.get().pk for order in orders])
    assert pool is not None
    return pool


def acquisition_approved(w: World, order: Order) -> Order:
    """The office claims an acquisition request and approves it."""
    review.start_review(order=order, actor=w.moderator)
    return review.approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope)


def submitted(w: World, **fields) -> Order:
    """An order that waits for the office."""
    return submission.submit_order(order=drafted(w, **fields), actor=w.researcher)


def in_review(w: World, **fields) -> Order:
    """An order the moderator has claimed."""
    return review.start_review(order=submitted(w, **fields), actor=w.moderator)


def approved(w: World, **fields) -> Order:
    """An approved order: the envelope holds its cost."""
    return review.approve_order(
        order=in_review(w, **fields), actor=w.moderator, reason="Besoin établi.", envelope=w.envelope
    )


def placed(order: Order) -> list[ProviderOrder]:
    """What the provider acknowledged of an approved order, line by line."""
    rows = []
    for line in order.items.order_by("position"):
        row = placement.prepare_placement(item_id=line.pk)
        answer = PlacedOrder(reference=row.reference, contract_id="C", order_id=f"SAL{row.pk}", cents=100)
        rows.append(placement.record_placed(provider_order_id=row.pk, placed=answer))
    return rows


def said(row: ProviderOrder, code: StatusCode, **words) -> ProviderOrder:
    """What the provider says of an order."""
    return placement.record_status(provider_order_id=row.pk, status=ProviderStatus(code=StatusCode(code), **words))


def delivered(w: World, **fields) -> Order:
    """An order of which every image is in the catalogue, without its files having been made."""
    order = approved(w, **fields)
    for row in placed(order):
        arrived(row)
    return Order.objects.get(pk=order.pk)


def announced() -> DeliveryFile:
    """A file that the provider announces."""
    return DeliveryFile(url="http://localhost/f.zip", name="f.zip", size=1, sha256="00" * 32)


def arrived(row: ProviderOrder) -> Delivery:
    """A delivery of a placed order that went through its checks; the image has one file."""
    said(row, StatusCode.PROCESSING)
    said(row, StatusCode.COMPLETED)
    (delivery,) = deliveries.expect(provider_order_id=row.pk, files=[announced()])
    deliveries.begin(delivery_id=delivery.pk)
    deliveries.begin_checking(delivery_id=delivery.pk)
    line = row.lines.select_related("order", "scene__collection").first()
    image = AssetFactory(item=SceneFactory(collection=line.collection, held=True)).item
    with transaction.atomic():
        moved = apply_transition(delivery, "accept", actor=SYSTEM, item=image)
        for one in row.lines.select_related("order"):
            one.products.add(image)
            apply_transition(one, "deliver", actor=SYSTEM, product=image)
            synchronise(one.order, actor=SYSTEM)
    return moved
