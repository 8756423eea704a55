# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of a delivery: unpacked, checked, turned into COGs and pictures, put in their final place.

No database and no provider here. Loads GDAL: import it in workers only. Everything may be done again from the start
after a crash: what is in the final place but not in the catalogue is replaced.
"""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from dinamis.catalogue.dimap import DimapError, Product, item_id, read_dimap, to_stac_item
from dinamis.catalogue.imagery.archive import check_name, safe_unpack
from dinamis.catalogue.imagery.cog import CogInfo
from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.files import fsync_file, sha256_file
from dinamis.catalogue.imagery.products import make_product_cogs
from dinamis.catalogue.imagery.quicklook import make_quicklook, make_thumbnail
from dinamis.catalogue.services.publish import NewAsset

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
ASSET_PROPERTIES = ("gsd", "bands", "proj:code", "proj:epsg", "proj:shape", "proj:transform")
NO_SPACE = "no_space"


class Rejected(Exception):
    """What came is not what was ordered or cannot be used; `code` is stable, the text is for the office."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Workspace:
    """Where the files of one delivery are, while it is received and afterwards."""

    root: Path
    public_folder: str
    reference: str
    folder: UUID

    @property
    def incoming(self) -> Path:
        """Everything that is not finished; taken away at the end. Several deliveries of one order may come at once."""
        return self.root / "incoming" / str(self.folder)

    @property
    def downloads(self) -> Path:
        """The files as the provider sent them."""
        return self.incoming / "files"

    @property
    def private_key(self) -> str:
        """The folder of the data files below the protected root."""
        return f"private/products/{self.folder}"

    @property
    def public_key(self) -> str:
        """The folder of the pictures below the protected root."""
        return f"{self.public_folder}/products/{self.folder}"


@dataclass(frozen=True)
class Built:
    """What a delivery became: the product that describes the image, and the files in their final place."""

    product: Product
    files: tuple[NewAsset, ...]


@contextmanager
def exclusive(workspace: Workspace) -> Iterator[None]:
    """Work alone on a delivery; a dead worker's lock dies with it. Raises BlockingIOError when somebody works on it."""
    locks = workspace.root / "incoming" / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / str(workspace.folder)).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def build(workspace: Workspace, names: Sequence[str]) -> Built:
    """Turn the downloaded archives (`names` in the downloads folder) into the files of an image, in their final place.

    Raises Rejected: a damaged or unsafe archive, metadata that cannot be read, another order's reference, pixels that
    cannot be read to the end. Raises OSError, or ImageryError `no_space`, when trying again may help.
    """
    shutil.rmtree(workspace.incoming / "unpacked", ignore_errors=True)
    shutil.rmtree(workspace.incoming / "product", ignore_errors=True)
    try:
        products = _read(workspace, names)
        files = _make_files(workspace, products, names)
    except DimapError as error:
        raise Rejected(error.code, str(error)) from error
    except ImageryError as error:
        if error.code == NO_SPACE:
            raise
        raise Rejected(error.code, str(error)) from error
    _move_in(workspace)
    return Built(products[0][0], files)


def safe_name(name: str, *, taken: Sequence[str]) -> str:
    """Return the last part of a file name a provider sent. Raises Rejected when it has none or comes twice."""
    last = PurePosixPath(name.replace("\\", "/")).name
    if not last.strip(".") or last in taken:
        raise Rejected("bad_manifest", f"the manifest names {name!r}, which is not a usable file name")
    return check_name(last, "manifest")


def clean(workspace: Workspace, *, failed: bool) -> None:
    """Take away what was only needed on the way; after a failure also what had reached its final place."""
    shutil.rmtree(workspace.incoming, ignore_errors=True)
    if failed:
        shutil.rmtree(workspace.root / workspace.private_key, ignore_errors=True)
        shutil.rmtree(workspace.root / workspace.public_key, ignore_errors=True)


def _read(workspace: Workspace, names: Sequence[str]) -> list[tuple[Product, Path]]:
    """Every product of the delivery with the folder it lies in, the sharpest first."""
    found: list[tuple[Product, Path]] = []
    for number, name in enumerate(names):
        root = workspace.incoming / "unpacked" / str(number)
        safe_unpack(workspace.downloads / name, root)
        found += [(product, root) for product in read_dimap(root)]
    for product, _root in found:
        said = product.order.customer
        if said != workspace.reference:
            raise Rejected(
                "wrong_reference",
                f"{product.document}: the customer reference is {said!r}, not {workspace.reference!r}",
            )
    return sorted(found, key=lambda pair: (pair[0].gsd is None, pair[0].gsd or 0, pair[0].document))


def _make_files(
    workspace: Workspace, products: Sequence[tuple[Product, Path]], names: Sequence[str]
) -> tuple[NewAsset, ...]:
    staging = workspace.incoming / "product"
    files: list[NewAsset] = []
    images: list[CogInfo] = []
    for product, root in products:
        for key, info in make_product_cogs(product, root, staging / "cogs" / item_id(product)).items():
            images.append(_named(info, product, key, staging / "private"))
            files.append(_data_asset(workspace, product, key, images[-1]))
    files += [_archive_asset(workspace, name, len(names)) for name in names]
    files += _pictures(workspace, _best_for_a_picture(images))
    _check_keys(files)
    return tuple(files)


def _named(info: CogInfo, product: Product, key: str, folder: Path) -> CogInfo:
    """Give a COG the name people will download it under."""
    name = item_id(product) if key == "data" else f"{item_id(product)}_{key}"
    target = folder / f"{name}.tif"
    if target.exists():
        raise Rejected("bad_archive", f"{product.document}: two components are called {name}")
    folder.mkdir(parents=True, exist_ok=True)
    return replace(info, path=info.path.rename(target))


def _best_for_a_picture(images: Sequence[CogInfo]) -> CogInfo:
    """The smallest image in colour; without colour the first, which is the sharpest."""
    colour = [info for info in images if info.count >= 3]
    return min(colour, key=lambda info: info.shape[0] * info.shape[1]) if colour else images[0]


def _data_asset(workspace: Workspace, product: Product, key: str, info: CogInfo) -> NewAsset:
    """Describe the COG of one component ("p", "ms", or with its bands where a component has several images)."""
    component = (product.spectral_processing or "data").lower().replace(" ", "_")
    properties = to_stac_item(product, assets={})["properties"]
    return _asset(
        info.path,
        key=(component if key == "data" else f"{component}_{key}")[:60],
        storage_key=f"{workspace.private_key}/{info.path.name}",
        media_type=COG,
        title=f"{product.spectral_processing or 'COG'} · {product.name}"[:200],
        roles=("data",),
        properties={name: properties[name] for name in ASSET_PROPERTIES if name in properties},
    )


def _archive_asset(workspace: Workspace, name: str, count: int) -> NewAsset:
    """The delivery as it came stays available: it has the masks, the RPC and the supplier's metadata."""
    target = workspace.incoming / "product" / "private" / name
    if target.exists():
        raise Rejected("bad_archive", f"{name}: a file of the product has the same name")
    # A hard link: the same bytes under both names, the download stays where a second run looks for it.
    target.hardlink_to(workspace.downloads / name)
    return _asset(
        target,
        key="archive" if count == 1 else f"archive_{name}"[:60],
        storage_key=f"{workspace.private_key}/{name}",
        media_type="application/zip",
        title=name,
        roles=("archive",),
    )


def _pictures(workspace: Workspace, source: CogInfo) -> list[NewAsset]:
    folder = workspace.incoming / "product" / "public"
    folder.mkdir(parents=True, exist_ok=True)
    make_quicklook(source.path, folder / "quicklook.jpg", nodata=source.nodata)
    make_thumbnail(source.path, folder / "thumbnail.jpg", nodata=source.nodata)
    return [
        _asset(
            folder / f"{name}.jpg",
            key=name,
            storage_key=f"{workspace.public_key}/{name}.jpg",
            media_type="image/jpeg",
            title=name,
            roles=(role,),
            public=True,
        )
        for name, role in (("quicklook", "overview"), ("thumbnail", "thumbnail"))
    ]


def _asset(path: Path, **facts: Any) -> NewAsset:
    fsync_file(path)
    return NewAsset(file_name=path.name, size=path.stat().st_size, sha256=sha256_file(path), **facts)


def _check_keys(files: Sequence[NewAsset]) -> None:
    keys = [file.key for file in files]
    if len(set(keys)) != len(keys):
        raise Rejected("bad_archive", f"two components have the same name: {', '.join(sorted(keys))}")


def _move_in(workspace: Workspace) -> None:
    for part, key in (("private", workspace.private_key), ("public", workspace.public_key)):
        target = workspace.root / key
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        (workspace.incoming / "product" / part).rename(target)
