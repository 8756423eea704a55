# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acquisition requests of the demonstration. Approved in the past, they go on for real once the simulator is up.

One is acquired in two parts. Two of different organisations share a purchase: the image that is proposed to them is
40 % cloudy, 2 % over the one, 70 % over the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from shapely import unary_union
from shapely.affinity import affine_transform
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Collection
from dinamis.core import clock, geo, outbox
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import Play
from dinamis.demo.story.stage import days_ago, postpone, release
from dinamis.demo.story.work import CHARLIE, MONA
from licensing.models import Project
from orders.models import Order, OrderItem, ProviderOrder
from orders.services.fulfilment import placement
from orders.services.requests import acquisition_draft, submission
from orders.services.reviewing import review

ACQUIRE_TOPIC = "demo.acquire"
DAYS = 100
WRITTEN_DAYS = 9
CLOUDY = {"cloud_max": 10, "proposal_threshold": 60}


@dataclass(frozen=True)
class Asked:
    """A request: its title, who asks, for which project, why, and its area on the sheet of its purchase."""

    title: str
    requester: str
    project: str
    why: str
    area: BaseGeometry


@dataclass(frozen=True)
class Purchase:
    """What is bought together: the requests, the place of the sheet (longitude and latitude of its lower left corner;
    its unit is about 2 km), the images that are acquired (cloud in percent, outline, clouds), and in how many days the
    period begins. For the simulator a day is some seconds: before that no image comes by chance."""

    requests: tuple[Asked, ...]
    place: tuple[float, float]
    images: tuple[tuple[float, BaseGeometry, BaseGeometry | None], ...]
    first: int = 1

    def on_ground(self, drawn: BaseGeometry) -> BaseGeometry:
        """Bring a drawing of the sheet to longitude and latitude."""
        return affine_transform(drawn, [0.0275, 0, 0, 0.018, *self.place])


WEST, EAST = box(1, 1, 4.5, 6), box(4.5, 1, 8, 6)
# 2 % of the west, 70 % of the east, and outside of both what makes 40 % of the whole.
CLOUDS = unary_union([box(1, 1, 1.07, 6), box(5.55, 1, 8, 6), box(0, 6, 9, 7), box(0, 0, 3.6, 1)])
PURCHASES = (
    Purchase(
        (
            Asked(
                "Havre de Regnéville, hiver",
                MONA,
                "Atlas des plages normandes",
                "Volume des bancs après les premières tempêtes.",
                WEST,
            ),
            Asked(
                "Herbiers de Chausey à la côte",
                CHARLIE,
                "Dômes et coulées des Petites Antilles",
                "Essai de la méthode sur un fond clair.",
                EAST,
            ),
        ),
        (-1.72, 48.93),
        ((40.0, box(0, 0, 9, 7), CLOUDS),),
        first=WRITTEN_DAYS + 10,
    ),
    Purchase(
        (
            Asked(
                "Baie d’Authie, deux passages",
                MONA,
                "Atlas des plages normandes",
                "Recul du trait de côte au nord de l’estuaire.",
                box(1, 1, 8, 6),
            ),
        ),
        (1.48, 50.32),
        ((3.0, box(0, 0, 4.5, 7), None), (5.0, box(4.5, 0, 9, 7), None)),
    ),
)


def plays() -> list[Play]:
    """Return the play of every purchase that is not there."""
    known = set(Order.objects.values_list("title", flat=True))
    missing = [one for one in PURCHASES if one.requests[0].title not in known]
    return [(WRITTEN_DAYS, partial(_play, purchase)) for purchase in missing]


def release_acquisitions() -> None:
    """Let the purchases be placed, and their images be acquired, now that the simulator is there."""
    for number, purchase in enumerate(PURCHASES):
        item = OrderItem.objects.filter(order__title=purchase.requests[0].title).first()
        if item is not None:
            release(f"orders.place:{item.pk}")
            outbox.put(ACQUIRE_TOPIC, {"purchase": number}, key=f"{ACQUIRE_TOPIC}:{number}")


def images_of(number: int) -> tuple[ProviderOrder | None, Iterator[Mapping[str, Any]]]:
    """Return what was placed for a purchase, None before it is, and its images in the words of the simulator."""
    purchase = PURCHASES[number]
    row = ProviderOrder.objects.filter(lines__order__title=purchase.requests[0].title).exclude(provider_id="").first()
    return row, (_image(purchase, *image) for image in purchase.images)


def _image(purchase: Purchase, cloud: float, outline: BaseGeometry, clouds: BaseGeometry | None) -> dict[str, Any]:
    told = {"cloud": cloud, "footprint": mapping(purchase.on_ground(outline)), "alone": True}
    return told if clouds is None else told | {"cloudMask": mapping(purchase.on_ground(clouds))}


def _play(purchase: Purchase) -> None:
    lines = []
    for asked in purchase.requests:
        with days_ago(WRITTEN_DAYS, 9):
            order = written(asked, purchase.on_ground(asked.area), first=purchase.first)
            submission.submit_order(order=order, actor=order.requester)
        with days_ago(6, 15):
            lines.append(approved(order))
    with transaction.atomic():
        _bought_together(lines)


def written(
    asked: Asked, area: BaseGeometry, *, collection: str = "pleiades", said: Mapping[str, Any] = CLOUDY, first: int = 1
) -> Order:
    """Write a draft of a request over an area (degrees), in `first` days; `said` is how it is to be taken."""
    project = Project.objects.get(title=asked.project)
    today = clock.today()
    wanted = acquisition_draft.wanted_from(
        collection=Collection.objects.get(slug=collection),
        areas=[area],
        first=today + timedelta(days=first),
        last=today + timedelta(days=DAYS),
        said=said,
    )
    return acquisition_draft.create_acquisition(
        requester=user(asked.requester),
        organisation=project.organisation,
        project=project,
        wanted=wanted,
        title=asked.title,
        justification=asked.why,
    )


def approved(order: Order) -> OrderItem:
    """Approve a request of one line as Dora, and return the line; placing it waits."""
    moderator = user(person("moderator").email)
    review.start_review(order=order, actor=moderator)
    review.approve_order(order=order, actor=moderator, reason="Aucune image de la saison au catalogue.")
    item = order.items.get()
    postpone(f"orders.place:{item.pk}")
    return item


def _bought_together(lines: list[OrderItem]) -> None:
    """One provider order for all lines, over all their areas, before it is placed."""
    row = placement.prepare_placement(item_id=lines[0].pk)
    if row is None:
        raise ValueError(f"{lines[0]} has nothing to place")
    OrderItem.objects.filter(pk__in=[line.pk for line in lines]).update(provider_order=row)
    row.aoi = geo.to_multipolygon(unary_union([geo.to_shapely(line.aoi) for line in lines]))
    row.save(update_fields=["aoi"])
