# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request asks, from an address or a body, as one `ItemSearch`. Every refusal names the parameter."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.catalogue.api.stac.fields import DEFAULT, Fields, Path, path_of
from dinamis.catalogue.cql2.fragments import Kind, Sql, joined
from dinamis.catalogue.cql2.geometry import read_bbox, read_geometry
from dinamis.catalogue.cql2.moments import Interval, read_interval
from dinamis.catalogue.cql2.queryables import QUERYABLES
from dinamis.catalogue.cql2.reading import read_json, read_text
from dinamis.catalogue.cql2.translate import Translation
from dinamis.catalogue.selectors.stac_order import RECENT_FIRST, SortKey
from dinamis.catalogue.selectors.stac_query import ItemSearch
from dinamis.core.exceptions import Invalid

SEARCH = (
    "ids", "collections", "bbox", "intersects", "datetime", "limit", "token",
    "sortby", "fields", "query", "q", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
ITEMS = tuple(name for name in SEARCH if name not in {"collections", "intersects"})
COLLECTIONS = (
    "bbox", "datetime", "limit", "q", "token", "sortby", "fields", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
# What collections are sorted by: members of their documents that hold a text.
SORTED_COLLECTIONS = ("id", "title", "description", "license")
# Members whose value in an address is a JSON document.
DOCUMENTS = {"intersects", "query"}
LISTS = {"ids", "collections", "bbox", "q"}
DEFAULT_LIMIT, MAX_LIMIT = 10, 1_000
MAX_IDS, MAX_SORT_KEYS, MAX_WORDS = 1_000, 6, 20
CRS84 = {"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84"}
# The operators of the query extension that CQL2 writes the same way.
QUERY_COMPARISONS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
SORTABLE = tuple(name for name, one in QUERYABLES.items() if one.kind not in {Kind.GEOMETRY, Kind.ARRAY})
QUERY_PATTERNS = {"startsWith": "{}%", "endsWith": "%{}", "contains": "%{}%"}


@dataclass(frozen=True)
class Asked:
    """A search, the order of what it finds where the search itself has none, and the form of its answer."""

    search: ItemSearch
    fields: Fields
    sort: tuple[SortKey, ...] = ()


def of_address(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of an address as the members a body would have. Raises Invalid."""
    body: dict[str, Any] = {}
    for name, text in parameters.items():
        if name in DOCUMENTS:
            body[name] = _document(text, name)
        elif name in LISTS:
            body[name] = [part.strip() for part in text.split(",")] if text else []
        elif name == "sortby":
            body[name] = [_sort_member(part.strip()) for part in text.split(",") if part.strip()]
        elif name == "fields":
            body[name] = _fields_member(text)
        elif name == "filter":
            body[name] = _document(text, name) if _is_json(parameters, text) else text
        else:
            body[name] = text
    return body


def read_search(body: Any, *, counted: bool = True, collection: str = "") -> Asked:
    """Return the search a body asks for, within `collection` when it is named. Raises Invalid.

    Unknown members are refused by name: a filter that is mistyped and ignored would answer more than was asked.
    """
    if not isinstance(body, dict):
        raise _invalid("", _("The body must be a JSON object."), _('Write it as in {"limit": 10}.'))
    known = ITEMS if collection else SEARCH
    if unknown := sorted(set(body) - set(known)):
        names = ", ".join(str(name) for name in unknown)
        raise _invalid(
            names, _("These parameters are not known here: %s.") % names, _("Known are: %s.") % ", ".join(known)
        )
    translation = Translation()
    search = ItemSearch(
        ids=_ids(body.get("ids")),
        collections=(collection,) if collection else _names(body.get("collections"), "collections"),
        area=_area(body),
        interval=_interval(body.get("datetime")),
        condition=_condition(body, translation),
        terms=_words(body.get("q")),
        sort=_sort(body.get("sortby")),
        limit=limit_of(body.get("limit")),
        token=_token(body.get("token")),
        fingerprint=fingerprint_of(body, collection),
        counted=counted,
    )
    return Asked(search, _fields(body))


def read_collections(body: Mapping[str, Any], *, named: Callable[[str], Sql]) -> Asked:
    """Return what a search for collections asks; `named` gives the SQL of their members. Raises Invalid."""
    search = ItemSearch(
        area=_area(body),
        interval=_interval(body.get("datetime")),
        condition=_condition(body, Translation(named)),
        terms=_words(body.get("q")),
        limit=limit_of(body.get("limit", MAX_LIMIT)),
        token=_token(body.get("token")),
    )
    keys = _sort_keys(body.get("sortby"), SORTED_COLLECTIONS)
    return Asked(search, _fields(body), keys)


def fingerprint_of(body: Mapping[str, Any], collection: str = "") -> str:
    """Return what tells this search from another; the page and its size do not."""
    told = {name: value for name, value in body.items() if name not in {"token", "limit", "fields"}}
    text = json.dumps([told, collection], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# --- one member each ---


def limit_of(value: Any) -> int:
    """Return how many to give: 10 unless told, 1,000 at most. Raises Invalid below 1."""
    if value is None:
        return DEFAULT_LIMIT
    number = _whole(value)
    if number is None or number < 1:
        raise _invalid("limit", _("The limit must be a whole number from 1."), _("Leave it out for 10 items."))
    return min(number, MAX_LIMIT)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.removeprefix("-").isdigit() and len(value) < 12 else None
    return value if isinstance(value, int) else None


def _names(value: Any, name: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    # Some clients send one name by itself.
    many = [value] if isinstance(value, str) else value
    if not isinstance(many, list) or not all(isinstance(one, str) and "\0" not in one for one in many):
        raise _invalid(name, _("A list of names is expected."), _('Write it as in ["a", "b"].'))
    return tuple(many) or None


def _ids(value: Any) -> tuple[str, ...] | None:
    ids = _names(value, "ids")
    if ids and len(ids) > MAX_IDS:
        raise _invalid("ids", _("More than %d ids are asked for.") % MAX_IDS, _("Ask in several requests."))
    return ids


def _area(body: Mapping[str, Any]) -> Any:
    box, geometry = body.get("bbox"), body.get("intersects")
    if box and geometry:
        raise _invalid("intersects", _("“bbox” and “intersects” exclude each other."), _("Leave one of them out."))
    if geometry is not None:
        return read_geometry(geometry, pointer="intersects", limit=settings.DINAMIS["AOI_READ_VERTICES"])
    if box is not None:
        return read_bbox(box if isinstance(box, list) else [], pointer="bbox")
    return None


def _interval(value: Any) -> Interval | None:
    if value is None:
        return None
    return read_interval(value if isinstance(value, str) else "")


def _words(value: Any) -> tuple[str, ...]:
    words = _names(value, "q") or ()
    if len(words) > MAX_WORDS or any(not word for word in words):
        raise _invalid("q", _("Up to %d words are expected.") % MAX_WORDS, _("Shorten the text."))
    return words


def _token(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise _invalid("token", _("A text is expected."), _("Follow the “next” and “prev” links as they are."))
    return value or ""


def _sort_member(part: str) -> dict[str, str]:
    # In an address a plus sign is a space unless it is escaped.
    direction = "desc" if part.startswith("-") else "asc"
    return {"field": part.lstrip("+- "), "direction": direction}


def _sort(value: Any) -> tuple[SortKey, ...]:
    return _sort_keys(value, SORTABLE) or RECENT_FIRST


def _sort_keys(value: Any, sortable: Sequence[str]) -> tuple[SortKey, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_SORT_KEYS:
        raise _invalid(
            "sortby", _("A list of up to %d fields is expected.") % MAX_SORT_KEYS, _("See the sort extension.")
        )
    return tuple(_sort_key(one, sortable) for one in value)


def _sort_key(one: Any, sortable: Sequence[str]) -> SortKey:
    if not isinstance(one, dict) or one.get("direction", "asc") not in {"asc", "desc"}:
        raise _invalid("sortby", _("A field and a direction are expected."), _("The direction is “asc” or “desc”."))
    name = str(one.get("field", "")).removeprefix("properties.")
    if name not in sortable:
        known = ", ".join(sortable)
        raise _invalid("sortby", _("Items cannot be sorted by “%s”.") % name[:60], _("Known are: %s.") % known)
    return SortKey(name, descending=one.get("direction") == "desc")


# --- fields ---


def _fields_member(text: str) -> dict[str, list[str]]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    include = [part.lstrip("+ ") for part in parts if not part.startswith("-")]
    exclude = [part[1:] for part in parts if part.startswith("-")]
    return {**({"include": include} if include else {}), "exclude": exclude}


def _fields(body: Mapping[str, Any]) -> Fields:
    if "fields" not in body:
        return Fields()
    asked = body["fields"]
    if not isinstance(asked, dict) or not set(asked) <= {"include", "exclude"}:
        raise _invalid(
            "fields", _("An object with “include” and “exclude” is expected."), _("See the fields extension.")
        )
    include, exclude = (_paths(asked.get(name)) for name in ("include", "exclude"))
    if exclude and not include and "include" in asked:
        include = DEFAULT - exclude
    return Fields(include, exclude)


def _paths(names: Any) -> frozenset[Path]:
    return frozenset(path_of(one) for one in _names(names, "fields") or ())


# --- conditions ---


def _condition(body: Mapping[str, Any], translation: Translation) -> Sql | None:
    trees = [tree for tree in (_filter(body), _query(body.get("query"))) if tree is not None]
    parts = [translation.condition(tree) for tree in trees]
    return joined("AND", parts) if parts else None


def _filter(body: Mapping[str, Any]) -> Any:
    value, language = body.get("filter"), body.get("filter-lang")
    if body.get("filter-crs") not in {None, *CRS84}:
        raise _invalid("filter-crs", _("Coordinates are longitude and latitude (CRS84) only."), _("Leave it out."))
    if language not in {None, "cql2-text", "cql2-json"}:
        raise _invalid("filter-lang", _("This language is not known."), _("Write cql2-text or cql2-json."))
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if language == "cql2-json":
            raise _invalid("filter", _("CQL2 JSON is an object, not a text."), _("Leave “filter-lang” out."))
        return read_text(value)
    if language == "cql2-text":
        raise _invalid("filter", _("CQL2 text is a text, not an object."), _("Leave “filter-lang” out."))
    return read_json(value)


def _query(value: Any) -> Any:
    """Return the conditions of the query extension as the tree of a filter."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _invalid("query", _("An object is expected."), _('Write it as in {"eo:cloud_cover": {"lt": 10}}.'))
    parts = []
    for name, operations in value.items():
        if not isinstance(operations, dict):
            raise _invalid(
                "query", _("An object with operators is expected for “%s”.") % name[:60], _("See the query extension.")
            )
        parts += [_query_operation(name, operator, operand) for operator, operand in operations.items()]
    return read_json({"op": "and", "args": parts}) if parts else None


def _query_operation(name: str, operator: str, operand: Any) -> dict[str, Any]:
    asked = {"property": name}
    if operator in QUERY_COMPARISONS:
        return {"op": QUERY_COMPARISONS[operator], "args": [asked, _operand(name, operand)]}
    if operator in QUERY_PATTERNS:
        plain = str(operand).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return {"op": "like", "args": [asked, QUERY_PATTERNS[operator].format(plain)]}
    if operator == "in":
        many = operand if isinstance(operand, list) else [operand]
        return {"op": "in", "args": [asked, [_operand(name, one) for one in many]]}
    known = ", ".join((*QUERY_COMPARISONS, *QUERY_PATTERNS, "in"))
    raise _invalid("query", _("The operator “%s” is not known.") % operator[:60], _("Known are: %s.") % known)


def _operand(name: str, operand: Any) -> Any:
    found = QUERYABLES.get(name.removeprefix("properties."))
    if found is not None and found.kind is Kind.MOMENT and isinstance(operand, str):
        return {"timestamp": operand}
    return operand


# --- JSON in addresses ---


def _is_json(parameters: Mapping[str, str], text: str) -> bool:
    return parameters.get("filter-lang") == "cql2-json" or text.lstrip().startswith("{")


def _document(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(
            name, _("This is no JSON."), _("Check that it is complete and escaped in the address.")
        ) from error


def _invalid(pointer: str, reason: str, repair: str) -> Invalid:
    return Invalid(reason, pointer=pointer, repair=repair, code="invalid_parameter")
