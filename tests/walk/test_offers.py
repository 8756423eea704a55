# SPDX-License-Identifier: AGPL-3.0-or-later
"""A page offers nobody what is refused to them: each form and each link of a page is tried by whoever sees it.

The walk (test_walk.py) says what an address answers; this says that no page leads somebody to a refusal.
"""

import copy
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings as site
from django.db import transaction

from tests.walk.table import ALL, cells_of, row_of
from tests.walk.test_walk import address, opening_of, said
from tests.walk.world import ROLES

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

# The admin lists and links by itself; the API has no pages.
NOT_OURS = ("admin:", "api:")
# A sign-in page is a refusal for who is signed in.
REFUSED = {"403", "404", "405", "login"}
STRANGERS = {"anonymous", "legal_representative"}
PAGES = sorted(
    name
    for name in ALL
    if not name.startswith(NOT_OURS)
    and any("200" in (row_of(name, "GET", cell) or {}).values() for cell in cells_of(name))
)


class Doors(HTMLParser):
    """The forms of a page, each with what it sends unasked, and its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a hidden field or the first named button of the last one, or a link."""
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append((given.get("method", "get").lower(), given.get("action", ""), {}))
        elif tag == "input" and given.get("type") == "hidden" and self.forms and "name" in given:
            self.forms[-1][2][given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms and "name" in given:
            self.forms[-1][2].setdefault(given["name"], given.get("value", ""))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])

    def offered(self, path: str):
        """Yield (method, address, form) of what leads somewhere on this site."""
        posts = [(action, data) for method, action, data in self.forms if method == "post"]
        for target, data in [*posts, *((link, None) for link in dict.fromkeys(self.links))]:
            where = urlsplit(urljoin(f"http://testserver{path}", target))
            if where.netloc == "testserver" and not where.path.startswith((site.STATIC_URL, "/tiles/")):
                yield (
                    ("GET" if data is None else "POST"),
                    where._replace(scheme="", netloc="", fragment="").geturl(),
                    data,
                )


def answer(client, method: str, target: str, data) -> str:
    """What one try gives; it is undone, and so are the cookies of one that signs out."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        given = client.post(target, data) if method == "POST" else client.get(target)
        transaction.set_rollback(True)
    client.cookies = cookies
    return said(given)


def dead_doors(world, name: str):
    """Yield what a page offers in vain, in words; a link that stands on all its versions is tried once by each role."""
    tried: dict[tuple[str, ...], str] = {}
    for cell, prepare in cells_of(name).items():
        row = row_of(name, "GET", cell) or {}
        with transaction.atomic():
            case = prepare(world)
            path = address(ALL[name], case)
            for role in (role for role in ROLES if row.get(role) == "200"):
                with transaction.atomic():
                    client, opening = world.client(role), opening_of(case, role, world)
                    if opening:
                        opening(client)
                    page = client.get(path)
                    html = page.content.decode() if page["Content-Type"].startswith("text/html") else ""
                    for method, target, data in Doors(html).offered(path):
                        known = (role, method, target)
                        if method == "POST" or known not in tried:
                            tried[known] = answer(client, method, target, data)
                        if tried[known] in REFUSED - ({"login"} if role in STRANGERS else set()):
                            yield f"{name} {cell} offers {role}: {method} {target}, which answers {tried[known]}"
                    transaction.set_rollback(True)
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_offers_nobody_what_is_refused(world, name):
    dead = list(dead_doors(world, name))
    assert not dead, "\n".join(dead)
