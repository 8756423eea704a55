# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tasking part of the API: acquisition requests, segments and their Pléiades Neo naming (coverages)."""

from __future__ import annotations

from collections.abc import Callable

from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator import geometry, taskings
from dinamis.providers.simulator.http import ApiError, Request, Response, Router, json_response, search_terms
from dinamis.providers.simulator.orders import check_contract
from dinamis.providers.simulator.store import Document
from dinamis.providers.simulator.world import World


class TaskingApi:
    """The handlers."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router) -> None:
        """Register the resources."""
        listed = "/api/v1/contracts/{contract}/taskings"
        tasking = f"{listed}/{{tasking}}"
        add = router.add
        add("GET", listed, self.list_taskings)
        add("GET", tasking, self.tasking)
        add("POST", f"{tasking}/cancel", self.cancel_tasking)
        add("GET", f"{tasking}/segments", self.segments)
        add("POST", f"{tasking}/segments/{{segment}}/accept", self.accept_segment)
        add("POST", f"{tasking}/segments/{{segment}}/refuse", self.refuse_segment)
        add("POST", "/api/v1/coverages/search", self.search_coverages)
        add("POST", "/api/v1/coverages/{segment}/accept", self.accept_coverage)
        add("POST", "/api/v1/coverages/{segment}/refuse", self.refuse_coverage)

    def cancel_tasking(self, request: Request, contract: str, tasking: str) -> Response:
        """Cancel a tasking."""
        return json_response(self.world.cancel(self._tasking(contract, tasking)))

    def list_taskings(self, request: Request, contract: str) -> Response:
        """Acquisition requests, with the published filters."""
        check_contract(contract)
        now = self.world.clock.now()
        views = [taskings.view(o, now) for o in self.world.orders() if o["source"] == "tasking"]
        return json_response({"taskings": [v for v in views if _wanted(v["icr"], request)]})

    def tasking(self, request: Request, contract: str, tasking: str) -> Response:
        """One acquisition request."""
        return json_response(taskings.view(self._tasking(contract, tasking), self.world.clock.now()))

    def _tasking(self, contract: str, tasking: str) -> Document:
        check_contract(contract)
        return self.world.find("icr", tasking)

    def segments(self, request: Request, contract: str, tasking: str) -> Response:
        """The acquisitions of a request."""
        order = self._tasking(contract, tasking)
        return json_response({"segments": [self._segment(s) for s in order["segments"]]})

    def _segment(self, segment: Document) -> Document:
        detail = segment["asDetail1"]
        quicklook = f"{self.world.config.public_url}/quicklooks/{detail['catalogId']}.jpg?size=512"
        return {"id": segment["id"], "status": segment["status"], "asDetail1": detail | {"quicklookUrl": quicklook}}

    def accept_segment(self, request: Request, contract: str, tasking: str, segment: str) -> Response:
        """Accept an acquisition; over a part of the area when the body names it in ``acceptedArea`` (ours)."""
        return self._decide(self._tasking(contract, tasking), segment, accept=True, part=_part(request))

    def refuse_segment(self, request: Request, contract: str, tasking: str, segment: str) -> Response:
        """Refuse an acquisition."""
        return self._decide(self._tasking(contract, tasking), segment, accept=False)

    def accept_coverage(self, request: Request, segment: str) -> Response:
        """Accept an acquisition, Pléiades Neo naming."""
        return self._decide(self._owner(segment), segment, accept=True, part=_part(request))

    def refuse_coverage(self, request: Request, segment: str) -> Response:
        """Refuse an acquisition, Pléiades Neo naming."""
        return self._decide(self._owner(segment), segment, accept=False)

    def _owner(self, segment: str) -> Document:
        for order in self.world.orders():
            if any(s["id"] == segment for s in order.get("segments", [])):
                return order
        raise ApiError(404, f"Coverage item '{segment}' not found.")

    def _decide(self, order: Document, segment: str, *, accept: bool, part: BaseGeometry | None = None) -> Response:
        try:
            taskings.decide_segment(self.world.store, self.world.clock, order, segment, accept=accept, part=part)
        except KeyError as error:
            raise ApiError(404, f"Segment '{segment}' not found.") from error
        except ValueError as error:
            raise ApiError(409, str(error)) from error
        return json_response({})

    def search_coverages(self, request: Request) -> Response:
        """Acquisitions as coverage items: PROPOSED, VALIDATED, REFUSED."""
        terms = dict(search_terms(request.json()))
        names = {"Proposed": "PROPOSED", "Accepted": "VALIDATED", "Refused": "REFUSED"}
        features = [
            segment["asDetail1"]
            | {
                "contractId": order["contractId"],
                "coverageItemId": segment["id"],
                "orderItemId": order["orderItemId"],
                "salesOrderId": order["salesOrderId"],
                "archiveId": segment["asDetail1"]["catalogId"],
                "status": names[segment["status"]],
            }
            for order in self.world.orders()
            for segment in order.get("segments", [])
            if terms.get("orderItemId", order["orderItemId"]) == order["orderItemId"]
        ]
        return json_response({"paging": {"totalResults": len(features)}, "features": features})


def _part(request: Request) -> BaseGeometry | None:
    named = request.json().get("acceptedArea")
    try:
        return None if named is None else geometry.polygon(named)
    except ValueError as error:
        raise ApiError(400, str(error), hint="acceptedArea") from error


def _wanted(icr: Document, request: Request) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "customerRef": lambda v: v == icr["customerRef"],
        "status": lambda v: icr["status"] in v.split(","),
        "mission": lambda v: v == icr["mission"],
        "progTypeNames": lambda v: icr["progTypeName"] in v.split(","),
        "taskingIds": lambda v: icr["id"] in v.split(","),
        "hasProposedSegments": lambda v: (v == "true") == (icr["nbProposedSegments"] > 0),
    }
    return all(test(request.arg(name)) for name, test in tests.items() if request.arg(name))
