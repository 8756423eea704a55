# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked beside the pages: of the API with the session of somebody's browser, of the simulator by its levers."""

import re
from datetime import datetime
from typing import Any

import httpx
from playwright.sync_api import APIResponse, Page, expect
from shapely.geometry import box, mapping, shape

from tests.e2e.conftest import Site, Visitor
from tests.e2e.hour import HEADER

TOKEN_PATH = "/auth/realms/IDP/protocol/openid-connect/token"
SIMULATOR_KEY = "simulator-demo-key"


def session_of(visitor: Visitor) -> dict[str, str]:
    """Return the headers with which a program asks as somebody's browser does."""
    cookies = {cookie["name"]: cookie["value"] for cookie in visitor.context.cookies()}
    site = f"{visitor.site.url}/"
    line = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": line, "X-CSRFToken": cookies.get("csrftoken", ""), "Referer": site}


def at_hour(moment: datetime) -> dict[str, str]:
    """Return the header of a request that is answered as of `moment`."""
    return {HEADER: moment.isoformat()}


def asked(visitor: Visitor, method: str, path: str, data: Any = None, **headers: str) -> APIResponse:
    """Ask the API with the session of somebody's browser; return its answer, whatever it is."""
    session = {name: value for name, value in session_of(visitor).items() if name != "Cookie"}
    url = f"{visitor.site.url}/api/v1/{path}"
    return visitor.page.request.fetch(url, method=method, data=data, headers=session | headers)


def answered(visitor: Visitor, method: str, path: str, data: Any = None) -> Any:
    """Ask the API; return what it says, which must be a success."""
    answer = asked(visitor, method, path, data)
    assert answer.ok, (answer.status, answer.text())
    return answer.json()


def organisation_of(visitor: Visitor) -> int:
    """Return the id of the organisation somebody belongs to."""
    return int(next(iter(answered(visitor, "GET", "me")["organisations"]))["id"])


def wanted(visitor: Visitor, title: str, **more: Any) -> dict[str, Any]:
    """Return an order in the words of the API, for a project of its own that is described first."""
    organisation = organisation_of(visitor)
    project = answered(visitor, "POST", "projects", {"organisation": organisation, "title": f"Projet {title}"})["id"]
    facts = {"organisation": organisation, "project": project, "title": title}
    return facts | {"justification": "Suivi après les tempêtes.", "submit": True} | more


def archive_order(visitor: Visitor, title: str, sensor: str = "pleiades", rank: int = 0) -> dict[str, Any]:
    """Return an order of some km² in the middle of a scene that nobody has, the `rank`-th of a sensor."""
    page = visitor.go(f"/catalogue/?state=order&sensor={sensor}&cloud=10")
    scene = page.locator("article.scene").nth(rank).get_attribute("data-item-id") or ""
    outline = shape(page.request.get(f"{visitor.site.url}/catalogue/items/{scene}.json").json()["geometry"])
    x, y = outline.centroid.coords[0]
    area = mapping(box(x - 0.012, y - 0.008, x + 0.012, y + 0.008))
    return wanted(visitor, title, kind="archive", scenes=[int(scene)], aoi=area)


def ordered(visitor: Visitor, order: dict[str, Any]) -> str:
    """Write and submit an order; return its reference."""
    return str(answered(visitor, "POST", "orders", order)["reference"])


def granted(office: Visitor, reference: str, *, fill: Any = None) -> Page:
    """Claim and approve an order in the office, stage by stage; `fill` completes each form before it is sent."""
    page = office.page
    for _stage in range(4):
        office.go(f"/office/orders/{reference}/")
        claim = page.locator("form[action$='/claim/'] button[type=submit]")
        if claim.count():
            claim.first.click()
        decision = page.locator("button[name=decision][value=approve], button[name=decision][value=pass_on]")
        if not decision.count():
            break
        page.locator("textarea[name=reason]").fill("Besoin établi, aucune image équivalente.")
        if fill:
            fill(page)
        decision.first.click()
        expect(page.locator(".error-summary")).to_have_count(0)
    return page


def image_of(page: Page) -> str:
    """Return the id of the image an order's page links to, once it is there; else an empty text."""
    link = page.locator("section:has(form[action*='/files/']) h2 a[href*='/catalogue/items/']")
    found = re.search(r"/items/(\d+)/", link.first.get_attribute("href") or "") if link.count() else None
    return found[1] if found else ""


class Simulator:
    """The levers of the provider simulator of a site."""

    def __init__(self, site: Site) -> None:
        self.url = site.about["simulator_url"]
        form = {"apikey": SIMULATOR_KEY, "grant_type": "api_key", "client_id": "IDP"}
        answer = httpx.post(f"{self.url}{TOKEN_PATH}", data=form, timeout=30).raise_for_status()
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.url}{path}"
        return httpx.request(method, url, json=body, headers=self.headers, timeout=60).raise_for_status().json()

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Switch faults on (their parameters) and off (None); return those that are on."""
        return dict(self._ask("POST", "/simulator/faults", changes)["on"])

    def advance(self, days: float) -> None:
        """Let days pass at the provider."""
        self._ask("POST", "/simulator/clock", {"advance_seconds": days * 86_400})

    def state(self, reference: str) -> dict[str, Any]:
        """Return what the provider knows of the order of a reference; empty when it knows none."""
        lines = self._ask("GET", "/simulator/state")["orders"]
        return next((line for line in lines if line["customerReference"].startswith(reference)), {})

    def tasking(self, reference: str) -> str:
        """Return the provider's id of an acquisition that was placed under a reference; empty before it is."""
        contract = self._ask("GET", "/api/v1/contracts")["contracts"][0]["contractId"]
        path = f"/api/v1/contracts/{contract}/taskings?customerRef={reference}"
        return next((one["icr"]["id"] for one in self._ask("GET", path)["taskings"]), "")

    def acquire(self, tasking: str, **image: Any) -> None:
        """Make an image happen: its cloud in percent, outline and clouds (GeoJSON)."""
        self._ask("POST", f"/simulator/taskings/{tasking}/propose", image)
