# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API is asked to write, by the verbs of the pages: scenes, an area of the archive, an acquisition."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Collection
from dinamis.core import geo
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid, refuse
from licensing.api.own import own_organisation, own_project
from orders.enums import OrderKind
from orders.models import Order
from orders.selectors.requests.archive import Sought, sought_of
from orders.selectors.requests.estimate import check_lines
from orders.services.duties.hold_backs import ask_hold_back
from orders.services.requests import acquisition_draft, archive_draft, draft, submission
from orders.services.requests.acquisition_draft import PARAMETERS, Wanted, wanted_from, wanted_of
from orders.services.requests.archive_draft import ArchiveWanted

# Members of the three ways of asking. `area` says that an archive order seeks its scenes.
OF_SCENES = {"scenes", "aoi"}
OF_AREA = {"scenes", "area", "family", "period", "mode", "cloud_max", "incidence_max", "with_held"}
OF_ACQUISITION = {"collection", "areas", "period", *PARAMETERS}
CRITERIA = ("mode", "cloud_max", "incidence_max", "with_held")


@transaction.atomic
def written(person: Any, asked: Mapping[str, Any]) -> Order:
    """Write an order as it is asked, and send it where that is asked. Raises Invalid, what the verbs raise."""
    order = _drafted(person, asked)
    _ask_hold_back(person, order, asked)
    return submission.submit_order(order=order, actor=person) if asked["submit"] else order


def _drafted(person: Any, asked: Mapping[str, Any]) -> Order:
    kind = asked["kind"]
    known = OF_ACQUISITION if kind == OrderKind.ACQUISITION else OF_AREA if "area" in asked else OF_SCENES
    _check_members(asked, known)
    common = {
        "requester": person,
        "organisation": own_organisation(person, asked["organisation"]),
        "project": own_project(person, asked["project"]),
        "title": asked["title"],
        "justification": asked.get("justification", ""),
        "submit": False,
    }
    if known is not OF_SCENES:
        wanted = _wanted(asked) if known is OF_ACQUISITION else _sought(asked)
        return submission.request_area(wanted=wanted, **common)
    return submission.request_order(
        scenes=_required(asked, "scenes"),
        aoi=_area(asked["aoi"], "aoi") if asked.get("aoi") is not None else None,
        options=asked.get("options"),
        bundle=asked.get("bundle", ""),
        **common,
    )


def _ask_hold_back(person: Any, order: Order, asked: Mapping[str, Any]) -> None:
    """Ask that the images are reserved at first, or (null) ask it no more; what is not named stays."""
    if "hold_back" not in asked:
        return
    wish = asked["hold_back"] or {"months": 0}
    try:
        ask_hold_back(order=order, actor=person, **wish)
    except Invalid as error:
        raise error.at(f"hold_back/{error.pointer}") from error


@transaction.atomic
def changed(person: Any, order: Order, asked: Mapping[str, Any], version: int) -> None:
    """Change what is named of a draft; the rest stays. Raises Invalid, what the verbs raise."""
    common = {
        "order": order,
        "actor": person,
        "project": own_project(person, asked["project"]) if "project" in asked else order.project,
        "title": asked.get("title", order.title),
        "justification": asked.get("justification", order.justification),
        "expected_version": version,
    }
    if order.kind == OrderKind.ACQUISITION:
        _check_members(asked, OF_ACQUISITION)
        acquisition_draft.edit_acquisition(wanted=_rewanted(order, asked), **common)
    elif hasattr(order, "archive_search"):
        _check_members(asked, OF_AREA)
        archive_draft.edit_archive_area(wanted=_resought(order, asked), **common)
    else:
        _check_members(asked, OF_SCENES)
        _change_scenes(order, asked, common)
    _ask_hold_back(person, order, asked)


def _change_scenes(order: Order, asked: Mapping[str, Any], common: dict[str, Any]) -> None:
    if "scenes" in asked:
        raise Invalid(
            _("The scenes of an order stay."), pointer="scenes", repair=_("Write another order."), code="frozen"
        )
    aoi = asked.get("aoi", order)
    geometry = geo.to_shapely(order.aoi) if aoi is order else None if aoi is None else _area(aoi, "aoi")
    draft.edit_draft(aoi=geometry, options=asked.get("options"), bundle=asked.get("bundle", ""), **common)


def _sought(asked: Mapping[str, Any]) -> ArchiveWanted:
    period = _required(asked, "period")
    return ArchiveWanted(
        sought=Sought(
            area=_area(asked["area"], "area"),
            family=_required(asked, "family"),
            first=period["first"],
            last=period["last"],
            **{name: asked[name] for name in CRITERIA if name in asked},
        ),
        scenes=tuple(asked["scenes"]) if "scenes" in asked else None,
        options=asked.get("options") or {},
        bundle=asked.get("bundle", ""),
    )


def _resought(order: Order, asked: Mapping[str, Any]) -> ArchiveWanted:
    """What an order over an area asks once what is named has changed: its scenes stay while nothing is sought anew."""
    now = sought_of(order.archive_search)
    changes: dict[str, Any] = {name: asked[name] for name in ("family", *CRITERIA) if name in asked}
    if "area" in asked:
        changes["area"] = _area(asked["area"], "area")
    changes |= asked.get("period", {})
    kept = None if changes else tuple(line.scene_id for line in order.items.all() if line.scene_id)
    other = asked.get("bundle") or changes.get("family", order.family) != order.family
    return ArchiveWanted(
        sought=replace(now, **changes),
        scenes=tuple(asked["scenes"]) if "scenes" in asked else kept,
        options=asked.get("options", {} if other else order.options),
        bundle=asked.get("bundle", ""),
    )


def _wanted(asked: Mapping[str, Any]) -> Wanted:
    period = _required(asked, "period")
    return wanted_from(
        collection=_collection(_required(asked, "collection")),
        areas=_areas(_required(asked, "areas")),
        first=period["first"],
        last=period["last"],
        said=asked,
        options=asked.get("options"),
        bundle=asked.get("bundle", ""),
    )


def _rewanted(order: Order, asked: Mapping[str, Any]) -> Wanted:
    """What a request asks once what is named has changed."""
    now = wanted_of(order)
    period = asked.get("period", {"first": now.parameters.first, "last": now.parameters.last})
    kept = {} if asked.get("bundle") else {name: getattr(now.parameters, name) for name in PARAMETERS}
    if kept and kept["proposal_threshold"] == kept["cloud_max"]:
        # A threshold that follows what is accepted goes on following it.
        del kept["proposal_threshold"]
    said = {**kept, **{name: asked[name] for name in PARAMETERS if name in asked}}
    kept_options = {} if asked.get("bundle") else now.options
    return wanted_from(
        collection=_collection(asked["collection"]) if "collection" in asked else now.collection,
        areas=_areas(asked["areas"]) if "areas" in asked else now.areas,
        first=period["first"],
        last=period["last"],
        said=said,
        options=asked.get("options", kept_options),
        bundle=asked.get("bundle", ""),
    )


def _check_members(asked: Mapping[str, Any], known: set[str]) -> None:
    """Raise Invalid for each member that another kind of order knows."""
    refuse(
        [
            Invalid(
                _("“%(name)s” belongs to the other kind of order.") % {"name": name},
                pointer=name,
                repair=_("Leave it out."),
                code="other_kind",
            )
            for name in asked
            if name in (OF_SCENES | OF_AREA | OF_ACQUISITION) - known
        ]
    )


def _required(asked: Mapping[str, Any], name: str) -> Any:
    if name not in asked:
        raise Invalid(_("This is needed for such an order."), pointer=name, code="required")
    return asked[name]


def _collection(slug: str) -> Collection:
    collection = Collection.objects.filter(slug=slug).select_related("licence").first()
    if collection is None:
        raise Invalid(_("There is no such collection."), pointer="collection", code="unknown_collection")
    return collection


def _areas(values: list[Any]) -> list[Any]:
    """Return the areas as geometries; how many an order may have is looked at before they are read."""
    check_lines(len(values), pointer="areas")
    return [_area(value, f"areas/{place}") for place, value in enumerate(values)]


def _area(value: Any, pointer: str) -> Any:
    try:
        return read_area(json.dumps(value)).geometry
    except Invalid as error:
        raise error.at(pointer) from error
