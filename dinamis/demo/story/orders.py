# SPDX-License-Identifier: AGPL-3.0-or-later
"""A few orders in every state. What a provider would say is said by the play; nobody writes a state.

Where the play stops while something is due (placing, following), that message waits, so that the order stays as shown.
Three orders go on for real once the site is up: the simulator delivers them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import cos, hypot, radians

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.demo.geography.scenes import Scene, archive_scenes
from dinamis.demo.people import person
from dinamis.demo.story import provider
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago, postpone, release
from dinamis.demo.story.work import ALICE, CHARLIE, MONA
from dinamis.providers.base import StatusCode
from licensing.models import Project
from orders.models import Order, OrderItem
from orders.selectors.money.envelope import envelopes_for
from orders.services.lifecycle import stops
from orders.services.requests import draft, submission
from orders.services.reviewing import review
from orders.services.reviewing.grants import within

# How many days ago something began, and what plays it.
Play = tuple[int, Callable[[], None]]


@dataclass(frozen=True)
class Played:
    """An order of the play: who asks, for which project, what and where, and the steps done so many days ago.

    `near` is a longitude and latitude the scene lies at; `side_km` the side of the square asked for.
    """

    title: str
    requester: str
    project: str
    collection: str
    near: tuple[float, float]
    side_km: float
    why: str
    days: int
    steps: tuple[str, ...]
    words: str = ""


COAST, MUDFLATS = "Trait de côte de l’estuaire", "Vasières et herbiers"
DOMES, BEACHES = "Dômes et coulées des Petites Antilles", "Atlas des plages normandes"
STOPPED = "Les grandes marées sont passées : l’image ne servirait plus."
APPROVED = "Zone et usage justifiés, aucune image récente au catalogue."

ORDERS: tuple[Played, ...] = (
    Played(
        "Plages du pays d’Auge",
        MONA,
        BEACHES,
        "pleiades",
        (-0.10, 49.31),
        6,
        "Comparer les profils de plage d’un hiver à l’autre.",
        1,
        (),
    ),
    Played(
        "Vasières de la Loire, état 2025",
        ALICE,
        MUDFLATS,
        "spot-6-7",
        (-2.0, 47.25),
        14,
        "Aucune image sans nuage à marée basse.",
        3,
        ("submit",),
    ),
    Played(
        "Dôme de la Soufrière, avril",
        CHARLIE,
        DOMES,
        "pleiades",
        (-61.66, 16.04),
        7,
        "Mesurer le déplacement du dôme depuis l’automne.",
        5,
        ("submit", "claim"),
    ),
    Played(
        "Plages de la côte de Nacre",
        MONA,
        BEACHES,
        "pleiades",
        (-0.75, 49.34),
        9,
        "Volume de sable après les tempêtes.",
        9,
        ("submit", "request_changes"),
        "La zone couvre surtout la mer : réduisez-la au trait de côte.",
    ),
    Played(
        "Estuaire de la Gironde, turbidité",
        ALICE,
        COAST,
        "spot-6-7",
        (-1.0, 45.5),
        16,
        "Panache turbide après la crue.",
        2,
        ("submit", "approve"),
        APPROVED,
    ),
    Played(
        "Dunes du Cotentin",
        MONA,
        BEACHES,
        "pleiades",
        (-1.58, 48.85),
        8,
        "Suivi des dunes.",
        30,
        ("submit", "refuse"),
        "La couverture du littoral 2025 répond à cette demande : elle est déjà téléchargeable.",
    ),
    Played(
        "Coulées du flanc est",
        CHARLIE,
        DOMES,
        "pleiades",
        (-61.10, 14.80),
        8,
        "Cartographie des coulées après les pluies.",
        4,
        ("submit", "approve", "place"),
        APPROVED,
    ),
    Played(
        "Baie de Somme, bancs de sable",
        MONA,
        BEACHES,
        "pleiades",
        (1.57, 50.37),
        9,
        "Déplacement des bancs depuis 2023.",
        8,
        ("submit", "approve", "place", "progress"),
        APPROVED,
    ),
    Played(
        "Cordon dunaire d’Oléron",
        MONA,
        BEACHES,
        "pleiades",
        (-1.30, 45.90),
        6,
        "Brèche du cordon, état de référence.",
        6,
        ("submit", "approve"),
        APPROVED,
    ),
    Played(
        "Piton de la Fournaise, enclos",
        CHARLIE,
        DOMES,
        "pleiades",
        (55.70, -21.24),
        6,
        "État de l’enclos avant la saison cyclonique.",
        7,
        ("submit", "approve"),
        APPROVED,
    ),
    Played(
        "Marais de Brouage, prés salés",
        ALICE,
        COAST,
        "spot-6-7",
        (-1.1, 45.87),
        18,
        "Emprise des prés salés, année sans submersion.",
        8,
        ("submit", "approve_west"),
        "L’est de la zone est cultivé : la couverture annuelle y suffit.",
    ),
    Played(
        "Marais breton, première demande",
        ALICE,
        MUDFLATS,
        "spot-6-7",
        (-2.1, 46.9),
        14,
        "Inventaire des prairies inondées.",
        45,
        ("submit", "cancel"),
        "Une image de la couverture annuelle suffit.",
    ),
    Played(
        "Delta du Mékong, digues",
        CHARLIE,
        DOMES,
        "pleiades",
        (105.80, 9.90),
        6,
        "Essai de la méthode sur un autre terrain.",
        16,
        ("submit", "approve", "place", "fail"),
        APPROVED,
    ),
    Played(
        "Étang de Thau, lido",
        MONA,
        BEACHES,
        "pleiades",
        (3.55, 43.32),
        7,
        "Comparaison avec un lido méditerranéen.",
        14,
        ("submit", "approve", "place", "withdrawn_by_provider"),
        APPROVED,
    ),
    Played(
        "Camargue, they de la Gracieuse",
        MONA,
        BEACHES,
        "pleiades",
        (4.85, 43.38),
        7,
        "Évolution de la flèche.",
        20,
        ("submit", "approve", "place", "expire"),
        APPROVED,
    ),
    Played(
        "Estran de Noirmoutier, grandes marées",
        ALICE,
        COAST,
        "spot-6-7",
        (-2.25, 46.98),
        13,
        "Limite basse des herbiers aux marées d’équinoxe.",
        17,
        ("submit", "approve", "place", "progress", "stop"),
        APPROVED,
    ),
)
# These go on for real: the simulator delivers them once it knows the scenes.
REAL = ("Cordon dunaire d’Oléron", "Piton de la Fournaise, enclos", "Marais de Brouage, prés salés")


def load_orders(others: Iterable[Play] = ()) -> int:
    """Play every order that is not there, and `others` among them; returns how many were played."""
    known = set(Order.objects.values_list("title", flat=True))
    missing = [played for played in ORDERS if played.title not in known]
    scenes = list(archive_scenes()) if missing else []
    taken = set(OrderItem.objects.filter(scene__isnull=False).values_list("scene__source_id", flat=True))
    plays = [(played.days, partial(_play_on_a_scene, played, scenes, taken)) for played in missing] + [*others]
    # The oldest first, so that references grow with time.
    for _days, play in sorted(plays, key=lambda one: -one[0]):
        play()
    return len(plays)


def _play_on_a_scene(played: Played, scenes: list[Scene], taken: set[str]) -> None:
    scene = scene_near(played.near, played.collection, scenes, taken)
    taken.add(scene.id)
    _play(played, scene)


def release_real_orders() -> None:
    """Let the orders that are to be delivered go on: the simulator knows their scenes now."""
    for item in OrderItem.objects.filter(order__title__in=REAL):
        release(f"orders.place:{item.pk}")


def scene_near(place: tuple[float, float], collection: str, scenes: list[Scene], taken: set[str]) -> Scene:
    """The nearest scene of a collection with few clouds that nobody has asked for; the newest of the nearest five."""
    clear = [s for s in scenes if s.satellite.collection == collection and s.cloud < 12 and s.id not in taken]
    near = sorted(clear, key=lambda scene: (_distance(scene, place), scene.id))[:5]
    return max(near, key=lambda scene: scene.when)


def _middle(scene: Scene) -> tuple[float, float]:
    return sum(p[0] for p in scene.ring[:4]) / 4, sum(p[1] for p in scene.ring[:4]) / 4


def _distance(scene: Scene, place: tuple[float, float]) -> float:
    lon, lat = _middle(scene)
    return hypot((lon - place[0]) * cos(radians(lat)), lat - place[1])


def area_in(scene: Scene, side_km: float) -> BaseGeometry:
    """A square of `side_km` in the middle of a scene."""
    lon, lat = _middle(scene)
    half_lat = side_km / 2 / 111.32
    half_lon = half_lat / cos(radians(lat))
    corners = (lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)
    return box(*(round(value, 5) for value in corners))


def _play(played: Played, scene: Scene) -> None:
    requester = user(played.requester)
    project = Project.objects.get(title=played.project)
    item = Item.objects.get(collection__slug=played.collection, source_id=scene.id)
    with days_ago(played.days, 9):
        order = draft.create_draft(
            requester=requester,
            organisation=project.organisation,
            project=project,
            scenes=[item.pk],
            aoi=area_in(scene, played.side_km),
            title=played.title,
            justification=played.why,
        )
        for step in played.steps[:1]:
            STEPS[step](order, played)
    for position, step in enumerate(played.steps[1:], start=1):
        with days_ago(played.days - min(position, played.days), 15):
            STEPS[step](order, played)


def _submit(order: Order, played: Played) -> None:
    submission.submit_order(order=order, actor=order.requester)


def _claim(order: Order, played: Played) -> None:
    review.start_review(order=order, actor=user(person("moderator").email))


def _decide(verb: Callable[..., Order], order: Order, played: Played, **more: object) -> None:
    moderator = user(person("moderator").email)
    review.start_review(order=order, actor=moderator)
    verb(order=order, actor=moderator, **{"reason": played.words, **more})


def _approve(order: Order, played: Played, **more: object) -> None:
    item = order.items.get()
    pots = envelopes_for(family=order.family, organisation_id=order.organisation_id, at=clock.now())
    _decide(review.approve_order, order, played, envelope=pots.filter(owner__isnull=True).get(), **more)
    # The workers would place it at once: the play says when.
    postpone(f"orders.place:{item.pk}")


def _approve_west(order: Order, played: Played) -> None:
    """Grant the western half of the area."""
    west, south, east, north = order.aoi.extent
    half = box(west, south, (west + east) / 2, north)
    rulings = within(list(order.items.all()), half, reason_code="already_held", words=played.words)
    _approve(order, played, rulings=rulings, reason=APPROVED)


def _request_changes(order: Order, played: Played) -> None:
    _decide(review.request_changes, order, played)


def _refuse(order: Order, played: Played) -> None:
    _decide(review.refuse_order, order, played)


def _cancel(order: Order, played: Played) -> None:
    submission.cancel_order(order=order, actor=order.requester, words=played.words)


def _place(order: Order, played: Played) -> None:
    provider.acknowledged(order)


def _stop(order: Order, played: Played) -> None:
    """Its requester has it stopped; the provider agrees."""
    stops.ask_stop(order=order, actor=order.requester, code="season_over", words=STOPPED)
    provider.told(order, StatusCode.CANCELLED, reason="user_cancelled")


def _status(code: StatusCode, words: str = "", reason: str = "") -> Callable[[Order, Played], None]:
    def said(order: Order, played: Played) -> None:
        provider.told(order, code, words, reason)

    return said


STEPS: dict[str, Callable[[Order, Played], None]] = {
    "submit": _submit,
    "claim": _claim,
    "request_changes": _request_changes,
    "approve": _approve,
    "approve_west": _approve_west,
    "refuse": _refuse,
    "cancel": _cancel,
    "place": _place,
    "stop": _stop,
    "progress": _status(StatusCode.ACCEPTED),
    "fail": _status(StatusCode.FAILED, "The source frames are damaged.", "production_failed"),
    "withdrawn_by_provider": _status(StatusCode.CANCELLED, "The archive centre is closed for works.", "unavailable"),
    "expire": _status(StatusCode.EXPIRED, "Not produced within the period of validity.", "expired"),
}
