# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images found with a key, links asked for them, then read with rasterio, rio-tiler and odc-stac over HTTP ranges."""

import odc.stac
import rasterio
from common import run, signed
from morecantile import tms
from pystac_client import Client
from rio_tiler.io import Reader, STACReader


def act(asked):
    """Return what each library read of the same file."""
    key, secret = asked["key"]
    client = Client.open(asked["base"], headers={"access-key": key, "secret-key": secret})
    search = client.search(collections=["pleiades-coast"], datetime="2024-01-01/2025-12-31", limit=200)
    held = [item for item in search.items() if item.properties.get("dinamis:state") == "held"][:2]
    for item, href in zip(held, signed([item.assets["pms"].href for item in held], asked), strict=True):
        item.assets["pms"].href = href
    item = held[0]
    return {
        "held": [one.id for one in held],
        "status": item.properties.get("order:status"),
        "shape": item.assets["pms"].extra_fields["proj:shape"],
        "rasterio": read_plainly(item.assets["pms"].href),
        "rio_tiler": read_tiles(item),
        "odc": load(held[:1]),
    }


def read_plainly(href):
    """Size, CRS and sum of the first band."""
    with rasterio.open(href) as dataset:
        return {
            "shape": list(dataset.shape),
            "crs": f"EPSG:{dataset.crs.to_epsg()}",
            "sum": int(dataset.read(1).sum()),
            "overviews": dataset.overviews(1),
        }


def read_tiles(item):
    """A tile by the file's address and by the STAC item."""
    with Reader(item.assets["pms"].href) as reader:
        west, south, east, north = reader.get_geographic_bounds("epsg:4326")
        tile = tms.get("WebMercatorQuad").tile((west + east) / 2, (south + north) / 2, 11)
        by_address = reader.tile(tile.x, tile.y, tile.z, indexes=(1, 2, 3))
    with STACReader(None, item=item) as reader:
        by_item = reader.tile(tile.x, tile.y, tile.z, assets=[{"name": "pms", "indexes": [1, 2, 3]}])
    return {
        "size": [by_address.width, by_address.height],
        "valid": bool((by_address.mask > 0).any()),
        "bands": by_item.count,
        "same": bool((by_item.array == by_address.array).all()),
    }


def load(items):
    """One image as a cube, in its own grid."""
    cube = odc.stac.load(items, bands=["pms.1", "pms.4"], chunks={})
    first = cube["pms.1"].isel(time=0).compute()
    return {"bands": sorted(cube.data_vars), "shape": list(first.shape), "sum": int(first.values.astype("int64").sum())}


run(act)
