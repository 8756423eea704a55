# SPDX-License-Identifier: AGPL-3.0-or-later
"""The items of one collection of another catalogue, page by page: a STAC API, or files that link to each other.

A place is JSON, so that a walk goes on another day from the place it came to: of an API the next request, of files the
links still to follow, as a stack of (address of a document, number of its next link).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

Place = dict[str, Any]
# (method, address, body, headers) -> (document, the address it came from)
Ask = Callable[[str, str, Any, Mapping[str, str]], tuple[Any, str]]
MAX_DEPTH = 20
# Files are gathered into pages of so many, so that each is no transaction of its own.
FILES_A_PAGE = 200
SCHEMES = ("https", "http")


class NoWay(ValueError):
    """The catalogue cannot be walked: what is missing and where."""


@dataclass(frozen=True)
class Turned:
    """What a page holds, and where to go on; `after` is None at the end."""

    items: list[Any]
    after: Place | None


def first_place(ask: Ask, url: str, *, collection: str, since: str = "", limit: int = 500) -> Place:
    """Return where the items of `collection` begin. `url` is a landing page, a catalogue or the collection itself.

    `since` (RFC 3339) leaves out what was acquired before, where the server can. Raises NoWay.
    """
    document, here = ask("GET", url, None, {})
    if _is_collection(document, collection):
        return _of_collection(document, here, since, limit)
    if data := _link(document, "data"):
        address = f"{urljoin(here, data['href']).rstrip('/')}/{quote(collection, safe='')}"
        return _of_collection(*ask("GET", address, None, {}), since, limit)
    for one in _links(document, "child"):
        found, there = ask("GET", urljoin(here, one["href"]), None, {})
        if _is_collection(found, collection):
            return _of_collection(found, there, since, limit)
    raise NoWay(f"{url} leads to no collection “{collection}”: neither by a link “data” nor by its children")


def turn(ask: Ask, place: Place) -> Turned:
    """Return the page at `place`. Raises NoWay."""
    return _files(ask, place) if "stack" in place else _answer(ask, place)


def _is_collection(document: Any, name: str) -> bool:
    return isinstance(document, dict) and document.get("type") == "Collection" and document.get("id") == name


# --- an API ---


def _of_collection(document: Any, here: str, since: str, limit: int) -> Place:
    items = _link(document, "items")
    if items is None:
        return {"stack": [[here, 0]], "since": since}
    parts = urlsplit(urljoin(here, items["href"]))
    query = {"limit": str(limit), **({"datetime": f"{since}/.."} if since else {})}
    address = urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))))
    return {"method": "GET", "url": address, "body": None, "headers": {}}


def _answer(ask: Ask, place: Place) -> Turned:
    document, here = ask(place["method"], place["url"], place["body"], place["headers"])
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise NoWay(f"{place['url']} answers no page of items")
    after = _next(document, here, place)
    if after == place:
        raise NoWay(f"{place['url']} names itself as its next page")
    return Turned([_absolute(one, here) for one in features], after if features or after is None else None)


def _next(document: Any, here: str, place: Place) -> Place | None:
    link = _link(document, "next")
    if link is None:
        return None
    method = str(link.get("method", "GET")).upper()
    body = link.get("body")
    # STAC API 1.0.0, "Paging": what is merged comes on top of the request that was answered.
    if method == "POST" and link.get("merge"):
        body = {**(place["body"] or {}), **(body or {})}
    given = link.get("headers")
    headers = {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return {
        "method": "POST" if method == "POST" else "GET",
        "url": _web(urljoin(here, link["href"])),
        "body": body if method == "POST" else None,
        "headers": headers,
    }


# --- files ---


def _files(ask: Ask, place: Place) -> Turned:
    """Follow links from the top of the stack, the deepest document first."""
    stack = [list(one) for one in place["stack"]]
    items: list[Any] = []
    documents: dict[str, tuple[list[Any], str]] = {}
    while stack and len(items) < FILES_A_PAGE:
        address, position = stack[-1]
        if address not in documents:
            found, here = ask("GET", address, None, {})
            documents[address] = ([*_links(found, "item"), *_links(found, "child")], here)
        links, here = documents[address]
        if position >= len(links):
            stack.pop()
            continue
        stack[-1][1] += 1
        target = _web(urljoin(here, links[position]["href"]))
        if links[position]["rel"] == "child":
            _descend(stack, target)
        else:
            items += _wanted(*ask("GET", target, None, {}), place.get("since", ""))
    return Turned(items, {**place, "stack": stack} if stack else None)


def _descend(stack: list[list[Any]], target: str) -> None:
    if len(stack) >= MAX_DEPTH or any(address == target for address, _position in stack):
        raise NoWay(f"{target} is linked below itself, or lies too deep")
    stack.append([target, 0])


def _wanted(document: Any, here: str, since: str) -> list[Any]:
    properties = document.get("properties") if isinstance(document, dict) else None
    when = properties.get("datetime") or properties.get("end_datetime") if isinstance(properties, dict) else None
    # Moments in UTC sort as texts do; what has another form is looked at when it is read.
    if since and isinstance(when, str) and when.endswith("Z") and since.endswith("Z") and when < since:
        return []
    return [_absolute(document, here)]


# --- links ---


def _links(document: Any, rel: str) -> list[Any]:
    links = document.get("links") if isinstance(document, dict) else None
    if not isinstance(links, list):
        return []
    return [
        one for one in links if isinstance(one, dict) and one.get("rel") == rel and isinstance(one.get("href"), str)
    ]


def _link(document: Any, rel: str) -> Any:
    return next(iter(_links(document, rel)), None)


def _web(address: str) -> str:
    if urlsplit(address).scheme not in SCHEMES:
        raise NoWay(f"{address[:200]} is no address of the web")
    return address


def _absolute(item: Any, here: str) -> Any:
    """The item with whole addresses of assets and links: they were relative to where the item stands."""
    if not isinstance(item, dict):
        return item
    base = urljoin(here, (_link(item, "self") or {"href": here})["href"])
    for holder in (item.get("assets"), item.get("links")):
        for one in holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ():
            if isinstance(one, dict) and isinstance(one.get("href"), str):
                one["href"] = urljoin(base, one["href"])
    return item
