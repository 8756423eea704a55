# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked of other servers, over real connections."""

import socket
import time

import pytest

from dinamis.catalogue.foreign.fetch import Bounds, Fetcher, is_public
from dinamis.providers.base import RequestRefused, TransientError
from tests.dinamis.catalogue.foreign.served import served


@pytest.fixture
def other():
    with served() as found:
        yield found


def fetched(url, method="GET", **bounds):
    fetcher = Fetcher(Bounds(**{"private": True, "wait_initial": 0.01, "attempts": 3} | bounds))
    try:
        return fetcher.json(method, url)
    finally:
        fetcher.close()


def test_a_document_comes_with_the_address_it_came_from(other):
    other.answers = {"/a": (302, {"Location": "/b"}, b""), "/b": {"x": 1}}
    assert fetched(f"{other.url}/a") == ({"x": 1}, f"{other.url}/b")


def test_what_is_busy_is_asked_again(other):
    other.answers["/a"] = [(429, {"Retry-After": "0"}, b"slow"), (503, {}, b"<html>"), {"x": 1}]
    assert fetched(f"{other.url}/a")[0] == {"x": 1}
    assert len(other.asked) == 3


def test_the_wait_that_is_asked_for_is_waited(other):
    other.answers["/a"] = [(429, {"Retry-After": "1"}, b""), {"x": 1}]
    begin = time.monotonic()
    fetched(f"{other.url}/a")
    assert time.monotonic() - begin >= 1


def test_what_goes_on_failing_is_given_up(other):
    other.answers["/a"] = (500, {}, b"")
    with pytest.raises(TransientError):
        fetched(f"{other.url}/a")
    assert len(other.asked) == 3


def test_a_refusal_is_not_asked_again(other):
    other.answers["/a"] = (403, {}, {"message": "quota"})
    with pytest.raises(RequestRefused, match="quota"):
        fetched(f"{other.url}/a")
    assert len(other.asked) == 1


def test_what_is_too_long_or_no_json_is_refused(other):
    other.answers = {"/long": b"[" + b" " * 5000 + b"]", "/page": b"<html>"}
    with pytest.raises(RequestRefused, match="more than 1000 bytes"):
        fetched(f"{other.url}/long", max_bytes=1000)
    with pytest.raises(RequestRefused, match="no JSON"):
        fetched(f"{other.url}/page")


def test_nobody_there_is_worth_another_try():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(TransientError):
            fetched(f"http://127.0.0.1:{sock.getsockname()[1]}/a", attempts=1)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a", "gopher://x/", "/a", "http://"])
def test_only_the_web_is_asked(address):
    with pytest.raises(RequestRefused):
        fetched(address)


def test_our_own_network_is_not_asked(other):
    other.answers["/a"] = {"secret": 1}
    port = other.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"):
        with pytest.raises(RequestRefused, match="our own network"):
            fetched(f"http://{host}:{port}/a", private=False)
    assert other.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public
