# SPDX-License-Identifier: AGPL-3.0-or-later
"""The description of the STAC API for programs (OpenAPI 3.0). STAC's schemas describe the documents."""

from typing import Any

from dinamis.catalogue.api.stac import reading

WORDS = {
    "ids": "Names of items, separated by commas",
    "collections": "Names of collections, separated by commas",
    "bbox": "west,south,east,north in degrees; west beyond east crosses the antimeridian",
    "intersects": "A GeoJSON geometry; excludes bbox",
    "datetime": "A moment, or two with a slash between; “..” leaves an end open (RFC 3339)",
    "limit": f"How many to give, {reading.DEFAULT_LIMIT} unless told, {reading.MAX_LIMIT} at most",
    "token": "From the next and prev links",
    "sortby": "Properties separated by commas, a minus before each that descends",
    "fields": "Members to give; a minus before each to leave out",
    "query": "Conditions of the query extension, as JSON",
    "q": "Words separated by commas; one is enough",
    "filter": "CQL2 text, or CQL2 JSON",
    "filter-lang": "cql2-text or cql2-json",
    "filter-crs": "CRS84",
}
FREE = {"type": "object", "additionalProperties": True}
TEXT = {"type": "string"}
IF_MATCH = {"name": "If-Match", "in": "header", "description": "ETag of the state you change; else 412", "schema": TEXT}
REPEATED = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key and body get the first answer again",
    "schema": TEXT,
}
# What is answered besides 200; an item is made by POST.
MADE = {"publishItems": "201"}


def description(base: str) -> dict[str, Any]:
    """Return the OpenAPI document of the API that stands at `base`."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "DINAMIS STAC API", "version": "1.0.0", "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": base}],
        "paths": _paths(),
        "components": {
            "schemas": {"Problem": FREE},
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "basic"}},
        },
        "security": [{}, {"apiKey": []}],
    }


def _paths() -> dict[str, Any]:
    collection, item = _in_path("collection"), _in_path("item")
    return {
        "/": _get("landing", "The catalogue"),
        "/conformance": _get("conformance", "Conformance classes"),
        "/api": _get("description", "This description", media="application/vnd.oai.openapi+json;version=3.0"),
        "/queryables": _get("queryables", "What filters may name", media="application/schema+json"),
        "/collection-queryables": _get(
            "queryablesOfCollections", "What filters of collections may name", media="application/schema+json"
        ),
        "/collections": _get("collections", "Collections", *_in_query(reading.COLLECTIONS)),
        "/collections/{collection}": _get("collection", "One collection", collection),
        "/collections/{collection}/queryables": _get(
            "collectionQueryables", "What filters may name in it", collection, media="application/schema+json"
        ),
        "/collections/{collection}/items": {
            **_get(
                "items",
                "Items of a collection",
                collection,
                *_in_query(reading.ITEMS),
                media="application/geo+json",
            ),
            "post": _write("publishItems", "Publish an item or a collection of features", collection, REPEATED),
        },
        "/collections/{collection}/items/{item}": {
            **_get("item", "One item", collection, item, media="application/geo+json"),
            "put": _write("replaceItem", "Put another document in its place", collection, item, IF_MATCH),
            "patch": _write("changeItem", "Change it by a JSON merge patch", collection, item, IF_MATCH),
            "delete": _write("deleteItem", "Delete it", collection, item, IF_MATCH),
        },
        "/collections/{collection}/bulk_items": {
            "post": _write("publishInBulk", "Publish many items, all or none", collection, REPEATED),
        },
        "/search": {
            **_get("search", "Items", *_in_query(reading.SEARCH), media="application/geo+json"),
            "post": _post("searchByBody", "Items", reading.SEARCH),
        },
    }


def _get(name: str, summary: str, *parameters: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "responses": _answers(media)}
    if parameters:
        operation["parameters"] = list(parameters)
    return {"get": operation}


def _post(name: str, summary: str, members: tuple[str, ...]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {member: {"description": WORDS[member]} for member in members}}
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": _answers("application/geo+json"),
    }


def _write(name: str, summary: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    answers = _answers("application/geo+json")
    del answers["304"]
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "security": [{"apiKey": []}],
        "responses": {MADE.get(name, "200"): answers.pop("200"), **answers},
    }
    if not name.startswith("delete"):
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": FREE}}}
    return operation


def _answers(media: str) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "200": {"description": "OK", "content": {media: {"schema": FREE}}},
        "304": {"description": "What the caller has is current"},
        "4XX": {"description": "Refused; the problem names the parameter, the reason and the repair", **problem},
    }


def _in_query(names: tuple[str, ...]) -> list[dict[str, Any]]:
    whole = {"type": "integer", "minimum": 1}
    return [
        {
            "name": name,
            "in": "query",
            "description": WORDS[name],
            "schema": whole if name == "limit" else {"type": "string"},
        }
        for name in names
    ]


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
