# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ninth acceptance test: the network breaks in the middle of a file; what came is kept, the rest is asked for, and
the whole has the SHA-256 that was told. Once for a person who fetches from us, once for us who fetch from the provider.
"""

import hashlib
import json
import re
import secrets
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e import people
from tests.e2e.asking import Simulator, archive_order, asked, granted, image_of, ordered
from tests.e2e.cutting import cut

GIB = 1 << 30
AT_MOST = 60


class Fetched:
    """A file that is fetched piece by piece, as curl -C - and every download manager do; only its digest is kept."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.host, self.path, self.port = parts.netloc, parts.path, parts.port or 80
        self.digest, self.size, self.etag, self.answers = hashlib.sha256(), 0, "", []

    def go_on(self, port: int) -> bool:
        """Ask through `port` for what is missing; tell whether the end was reached."""
        headers = {"Host": self.host, "Accept-Encoding": "identity"}
        if self.size:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self.etag}
        url = f"http://127.0.0.1:{port}{self.path}"
        try:
            with httpx.stream("GET", url, headers=headers, timeout=60) as answer:
                self.answers.append(answer.status_code)
                assert answer.status_code == (206 if self.size else 200), answer.read()
                assert answer.headers["ETag"] == (self.etag or answer.headers["ETag"])
                self.etag = answer.headers["ETag"]
                for piece in answer.iter_raw():
                    self.digest.update(piece)
                    self.size += len(piece)
        except httpx.TransportError:
            return False
        return True


def fetched_over_a_bad_network(link: str, after: int) -> Fetched:
    """Fetch a file over a network that breaks every `after` bytes."""
    file = Fetched(link)
    with cut(file.port, after) as port:
        for _attempt in range(AT_MOST):
            if file.go_on(port):
                return file
    raise AssertionError(f"{file.size} bytes after {file.answers}")


@pytest.fixture
def person(visitor, site):
    window = visitor()
    window.sign_in(site.email("colleague"))
    return window


def held_file(person) -> dict[str, int | str]:
    page = person.go("/catalogue/?state=held&sensor=pleiades")
    page.locator("article.scene h3 a").first.click()
    action = page.locator("#files form[action*='/files/']").first.get_attribute("action")
    item, key = re.search(r"/items/(\d+)/files/(\w+)/", action).groups()
    return {"item": int(item), "key": key}


def link_to(person, file) -> dict:
    """Ask for a link as programs do: with it come the size and the SHA-256."""
    answer = asked(person, "POST", "tickets", {"files": [file]})
    assert answer.status == 201, answer.text()
    (link,) = answer.json()["links"]
    return link


@pytest.mark.slow
def test_a_download_that_is_cut_is_resumed_and_its_checksum_is_the_one_told(person):
    link = link_to(person, held_file(person))
    file = fetched_over_a_bad_network(link["href"], link["size"] // 3 + 1000)
    assert (file.size, file.digest.hexdigest()) == (link["size"], link["sha256"])
    assert len(file.answers) >= 3
    assert set(file.answers) == {200, 206}
    # Of another file of the same name nothing is appended: it comes whole.
    again = httpx.get(link["href"], headers={"Range": "bytes=10-", "If-Range": '"another"'})
    assert (again.status_code, len(again.content)) == (200, link["size"])


# --- the same with more than four gigabytes: beyond what 32 bits count ---


@pytest.fixture
def large_file(site, person):
    """The file of an image, of 4 GiB and some bytes; most of it is a hole, which costs no disk."""

    def run(word, item):
        return json.loads(site.run("python", "-m", "tests.e2e.large_file", word, str(item)).splitlines()[-1])

    item = run("make", held_file(person)["item"])
    yield {"item": item, "key": "large"}
    run("remove", item)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_download_of_four_gigabytes_is_resumed(person, large_file):
    link = link_to(person, large_file)
    assert link["size"] > 4 * GIB
    file = fetched_over_a_bad_network(link["href"], 3 * GIB // 2)
    assert (file.size, file.digest.hexdigest()) == (link["size"], link["sha256"])
    assert file.answers == [200, 206, 206]


# --- what we fetch from the provider ---


@pytest.mark.slow
def test_what_we_fetch_from_the_provider_is_resumed_too(person, site, visitor):
    """The provider breaks off twice in the middle of the delivery; it is in the catalogue all the same, checked."""
    office, simulator = visitor(), Simulator(site)
    office.sign_in(site.email("moderator"))
    reference = ordered(person, archive_order(person, f"Coupure {secrets.token_hex(3)}", rank=2))
    granted(office, reference)
    page = person.go(f"/orders/{reference}/")
    people.reloaded_until(page, lambda: bool(simulator.state(reference)), seconds=180)
    sales_order = simulator.state(reference)["salesOrderId"]
    simulator.faults(interrupted_download={"times": 2, "path": f"/deliveries/{sales_order}/"})
    people.reloaded_until(page, lambda: image_of(page) != "", seconds=150)
    # Both breaks were met: else the fault would still be on.
    assert "interrupted_download" not in simulator.faults()
    expect(page.locator("ol.timeline")).to_contain_text("Tailles et empreintes vérifiées")
    assets = people.assets_of(page, site, image_of(page))
    for key, asset in assets.items():
        if "file:checksum" in asset and "/files/" in asset["href"]:
            content = people.fetched(link_to(person, {"item": int(image_of(page)), "key": key})["href"]).content
            assert people.sha256(content) == asset["file:checksum"][4:]
