# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pages print of the answer of held first: the sentence, the actions, the outlines of the map."""

from typing import Any
from urllib.parse import urlencode

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.links import address
from dinamis.catalogue.web.presenters import repair_words
from dinamis.catalogue.words import image_title
from dinamis.core.geo import to_geojson
from dinamis.core.templatetags.ui import date_words, km2, number, percent
from orders.check_sentence import sentence
from orders.domain.residual import Step, StepKind
from orders.enums import OrderKind
from orders.selectors.holdings.held import Held, Part, PartKind, Signature
from orders.selectors.holdings.left import Offer

# A map of some 1,000 pixels shows no more of an outline.
PIXELS, DECIMALS = 1000, 5
# The state by which the map draws each part; `wait` is drawn for what is on its way.
DRAWN = {
    PartKind.DOWNLOAD: "held",
    PartKind.SIGN: "unlock",
    PartKind.CLOSED: "none",
    PartKind.ON_ORDER: "wait",
    PartKind.PLANNED: "wait",
    PartKind.NOBODY: "order",
}


def part_label(kind: PartKind) -> str:
    """Return the name of a part in a legend."""
    return {
        PartKind.DOWNLOAD: _("You may download it now"),
        PartKind.SIGN: _("After a signature"),
        PartKind.CLOSED: _("Held, not open to you"),
        PartKind.ON_ORDER: _("Ordered by somebody"),
        PartKind.PLANNED: _("In a coverage under way"),
        PartKind.NOBODY: _("Nobody has it"),
    }[kind]


def answer_context(held: Held, offers: list[Offer], *, here: str) -> dict[str, Any]:
    """Return what `orders/holdings/_held.html` needs; `here` is the address to come back to after a signature."""
    shares = {state: sum(part.percent for part in held.parts if DRAWN[part.kind] == state) for state in DRAWN.values()}
    return {
        "held": held,
        "query": here.partition("?")[2],
        "held_sentence": sentence(held),
        "held_bar": {
            "held": shares["held"],
            "unlock": shares["unlock"],
            "order": shares["order"],
            "none": shares["none"] + shares["wait"],
        },
        "download": held.part(PartKind.DOWNLOAD),
        "held_parts": [_part_row(held, part) for part in held.parts],
        "signatures": [_signature_row(signature, here) for signature in held.signatures],
        "closed": [
            {"text": str(one.code.label), "url": _back(one.repair_url, here), "action": repair_words(one.code)}
            for one in held.missing
        ],
        "until": date_words(held.until) if held.until else "",
        "offers": [offer_row(offer) for offer in offers],
    }


def _part_row(held: Held, part: Part) -> dict[str, Any]:
    images = [held.images[pk] for pk in part.images if pk in held.images]
    # What may not be told of a withheld image is not: its date may.
    return {
        "kind": part.kind.value,
        "drawn": DRAWN[part.kind],
        "label": part_label(part.kind),
        "percent": part.percent,
        "area_m2": part.area_m2,
        "images": [
            {"title": image_title(image) if image.shows_details(held.at) else _("Reserved image"), "item": image}
            for image in images
        ],
    }


def _signature_row(signature: Signature, here: str) -> dict[str, Any]:
    return {
        "name": signature.licence.name,
        "percent": signature.percent,
        "by_organisation": signature.by_organisation,
        "url": _back(address("licensing:sign", signature.licence.pk), here) if signature.by_person else "",
        "rights_url": address("licensing:rights"),
    }


def _back(url: str, here: str) -> str:
    return f"{url}?{urlencode({'next': here})}" if url else ""


def offer_row(offer: Offer) -> dict[str, Any]:
    """Return one way to buy, in words."""
    return {
        "offer": offer,
        "kind": offer.kind.value,
        "family": str(ProductFamily(offer.family).label),
        "label": str(OrderKind(offer.kind).label),
        "number": len(offer.prepared.outlines),
        "steps": [step_words(step) for step in offer.prepared.steps],
        # Its size says already what was added.
        "only_grown": [step.kind for step in offer.prepared.steps] == [StepKind.GROWN],
        "possible": bool(offer.scenes) if offer.kind == OrderKind.ARCHIVE else bool(address("orders:new_acquisition")),
    }


def step_words(step: Step) -> str:
    """Return what was done to the outlines, with the area that it added, lost or moved."""
    words = {
        StepKind.REPAIRED: _("An outline that crossed itself was repaired."),
        StepKind.SLIVERS_DROPPED: _("Strips too narrow to be ordered, left out: %(number)s (%(size)s)."),
        StepKind.HOLES_FILLED: _("Small holes filled: %(number)s (%(size)s more)."),
        StepKind.HOLES_CUT: _("Holes that the outline was cut through, as it may have none: %(number)s."),
        StepKind.SIMPLIFIED: _("Outlines simplified: %(number)s (error of area: %(size)s)."),
        StepKind.SPLIT: _("Outlines divided, as they had too many vertices: %(number)s."),
        StepKind.JOINED: _("Small parts put together with a neighbour: %(number)s."),
        StepKind.GROWN: _("Parts grown to the minimum of the provider: %(number)s (%(size)s more)."),
    }
    return words[step.kind] % {"number": number(step.number), "size": km2(step.area_m2)}


def shapes(held: Held) -> dict[str, Any]:
    """Return the outlines of the parts for the map, as a FeatureCollection."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": to_geojson(drawn(part.geometry)),
                "properties": {
                    "id": part.kind.value,
                    "state": DRAWN[part.kind],
                    "title": percent(part.percent),
                    "word": part_label(part.kind),
                },
            }
            for part in held.parts
        ],
    }


def drawn(geometry: BaseGeometry) -> BaseGeometry:
    """Return an outline as a map can show it: not finer than its pixels, to a metre."""
    west, south, east, north = geometry.bounds
    coarse = geometry.simplify(max(east - west, north - south) / PIXELS)
    rounded: BaseGeometry = shapely.set_precision(coarse, 10**-DECIMALS)
    return geometry if rounded.is_empty else rounded
