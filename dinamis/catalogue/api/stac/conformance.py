# SPDX-License-Identifier: AGPL-3.0-or-later
"""The conformance classes this API keeps; nothing is named here that its tests do not ask for."""

STAC = "https://api.stacspec.org"
OGC = "http://www.opengis.net/spec"

CONFORMS_TO = [
    *(f"{STAC}/v1.0.0/{part}" for part in ("core", "collections", "ogcapi-features", "item-search")),
    *(f"{OGC}/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "oas30", "geojson")),
    *(f"{STAC}/v1.0.0/{part}#{name}" for part in ("item-search", "ogcapi-features") for name in ("fields", "query")),
    *(f"{STAC}/v1.0.0/{part}#filter" for part in ("item-search", "ogcapi-features")),
    # pystac-client looks for the classes of 1.0, newer clients for those of 1.1: the behaviour is the same.
    *(
        f"{STAC}/{version}/{part}#sort"
        for version in ("v1.0.0", "v1.1.0")
        for part in ("item-search", "ogcapi-features")
    ),
    *(f"{OGC}/ogcapi-features-3/1.0/conf/{part}" for part in ("filter", "features-filter", "queryables")),
    *(
        f"{OGC}/cql2/1.0/conf/{part}"
        for part in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-operators",
            "spatial-functions",
            "temporal-functions",
            "array-functions",
            "property-property",
        )
    ),
    f"{STAC}/v1.0.0-rc.1/collection-search",
    *(f"{STAC}/v1.0.0-rc.1/collection-search#{name}" for name in ("fields", "filter", "free-text", "sort")),
    f"{STAC}/v1.0.0-rc.1/item-search#free-text",
    f"{STAC}/v1.0.0/ogcapi-features/extensions/transaction",
    f"{OGC}/ogcapi-common-2/1.0/conf/simple-query",
]
