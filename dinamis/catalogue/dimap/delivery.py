# SPDX-License-Identifier: AGPL-3.0-or-later
"""A delivery on disk: a folder, a zip or one XML, and the products its documents describe."""

import os
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from dinamis.catalogue.dimap.document import OTHER, PRODUCT, VOLUME, kind_of, read_root
from dinamis.catalogue.dimap.errors import DimapError
from dinamis.catalogue.dimap.model import Product
from dinamis.catalogue.dimap.xml import MAX_XML_BYTES, Node, load
from dinamis.catalogue.imagery.archive import DEFAULT_LIMITS, ArchiveLimits, checked_zip_members, read_member
from dinamis.catalogue.imagery.errors import ImageryError

MAX_DOCUMENTS = 2000
MAX_FILES = 100_000

_DOCUMENT = re.compile(r".+\.(?:xml|dim)", re.IGNORECASE)
_METADATA = re.compile(r"(?:DIM_.+\.XML|.*METADATA\.DIM|.+\.DIM)", re.IGNORECASE)
# Parts of a product that are DIMAP or XML too, and never a product of their own.
_PARTS = re.compile(r"(?:RPC|LUT|PROCESSING|STRIP|GROUND|HEIGHT|INSPIRE)_.*", re.IGNORECASE)
_PART_FOLDERS = {"lineage", "library", "masks"}


class _Tree(Protocol):
    """A delivery whose files have POSIX paths relative to its root."""

    name: str

    def names(self) -> list[str]:
        """All paths, sorted."""

    def read(self, path: str) -> bytes:
        """The bytes of one document."""


class _Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = root.name

    def names(self) -> list[str]:
        found: list[str] = []
        for folder, folders, files in os.walk(self.root, followlinks=False):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            base = Path(folder)
            found += [(base / name).relative_to(self.root).as_posix() for name in sorted(files)]
            if len(found) > MAX_FILES:
                reason = f"more than {MAX_FILES} files"
                raise DimapError(self.name, "", reason, "Give the folder of one delivery", "too_large")
        return found

    def read(self, path: str) -> bytes:
        """Never through a symbolic link that leaves the delivery."""
        real = (self.root / path).resolve()
        if not real.is_relative_to(self.root.resolve()):
            raise DimapError(
                path, "", "the document is a link that leaves the delivery", "Copy the file in", "unsafe_path"
            )
        return _read_file(real, path)


class _Zip:
    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: ArchiveLimits) -> None:
        self.name = path.name
        self._archive = archive
        self._members = checked_zip_members(archive, path.name, limits)

    def names(self) -> list[str]:
        return sorted(self._members)

    def read(self, path: str) -> bytes:
        return read_member(self._archive, self._members[path], MAX_XML_BYTES, self.name)


def read_dimap(path: Path, *, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[Product]:
    """Every product of a delivery: a folder (with or without volume index), a zip, or one XML or DIM file.

    Products come in the order of their documents' paths; ``Product.document`` is relative to the folder or
    the zip (for an XML, to its folder). Nothing is unpacked or written. Raises DimapError: the delivery has no
    product, one of its documents is refused, a listed component is missing, or the archive is unsafe.
    """
    with _tree(path, limits) as (tree, start):
        documents = _documents(tree, start)
        products = [read_root(root).at(place) for place, root in documents.items()]
    if not products:
        reason = "no DIMAP product was found (DIM_*.XML or METADATA.DIM)"
        raise DimapError(path.name, "", reason, "Give the folder, the zip or the XML of a delivery", "not_dimap")
    return products


def missing_files(product: Product, root: Path) -> list[str]:
    """Paths of the product's raster files that are not under ``root``, the unpacked delivery."""
    places = [product.locate(data_file.href) for data_file in product.data_files]
    return [place for place in places if not (root / place).is_file()]


@contextmanager
def _tree(path: Path, limits: ArchiveLimits) -> Iterator[tuple[_Tree, str | None]]:
    """The delivery as a tree, and the one document to start from when a file was given."""
    if path.is_dir():
        yield _Folder(path), None
    elif not path.is_file():
        raise DimapError(path.name, "", "there is no such file or folder", "Check the path", "missing")
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield _Zip(path, archive, limits), None
        except (ImageryError, zipfile.BadZipFile) as error:
            raise _archive_error(path, error) from error
    else:
        yield _Folder(path.parent), path.name


def _archive_error(path: Path, error: Exception) -> DimapError:
    if isinstance(error, ImageryError):
        file, _, member = error.file.partition(": ")
        return DimapError(file, member, error.reason, "Ask the supplier to pack the delivery again", "bad_archive")
    return DimapError(path.name, "", f"the archive is damaged ({error})", "Download it again", "bad_archive")


def _documents(tree: _Tree, start: str | None) -> dict[str, Node]:
    """Path → root of every product document: those that look like one, and those a volume index lists."""
    found: dict[str, Node] = {}
    names = [start] if start else _candidates(tree)
    for name in names:
        root = _load(tree, name, strict=bool(start) or bool(_METADATA.fullmatch(PurePosixPath(name).name)))
        kind = kind_of(root) if root else OTHER
        if root is not None and kind == VOLUME:
            _follow(tree, name, root, found, ())
        elif root is not None and (kind == PRODUCT or start):
            found[name] = root
    return dict(sorted(found.items()))


def _candidates(tree: _Tree) -> list[str]:
    names = [name for name in tree.names() if _DOCUMENT.fullmatch(PurePosixPath(name).name) and not _is_part(name)]
    if len(names) > MAX_DOCUMENTS:
        reason = f"{len(names)} XML documents, the limit is {MAX_DOCUMENTS}"
        raise DimapError(tree.name, "", reason, "Give the folder of one delivery", "too_large")
    return names


def _is_part(name: str) -> bool:
    place = PurePosixPath(name)
    return bool(_PARTS.fullmatch(place.name)) or any(part.lower() in _PART_FOLDERS for part in place.parts[:-1])


def _load(tree: _Tree, name: str, *, strict: bool) -> Node | None:
    """The root of a document. A file that is not named as DIMAP metadata may be any XML: it is passed over."""
    try:
        return load(tree.read(name), name)
    except DimapError:
        if strict:
            raise
        return None


def _follow(tree: _Tree, name: str, root: Node, found: dict[str, Node], above: tuple[str, ...]) -> None:
    """Add the products a volume index lists; an index may list other indexes."""
    if name in above or len(above) > 4:
        raise root.error("the volume index lists itself", "Ask the supplier for the delivery again", "not_dimap")
    for component in root.children("Dataset_Content/Dataset_Components/Component"):
        href = component.href("COMPONENT_PATH")
        if (
            href is None
            or not _DOCUMENT.fullmatch(href)
            or (component.text("COMPONENT_TYPE") or "DIMAP").upper() != "DIMAP"
        ):
            continue
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), href))
        if place in found or _is_part(place):
            continue
        child = _component(tree, component, place)
        if kind_of(child) == VOLUME:
            _follow(tree, place, child, found, (*above, name))
        elif kind_of(child) == PRODUCT:
            found[place] = child


def _component(tree: _Tree, component: Node, place: str) -> Node:
    if place.startswith(("/", "..")) or "\\" in place:
        raise component.error(
            f"{place!r} leaves the delivery", "Repack the delivery", "unsafe_path", "COMPONENT_PATH/@href"
        )
    if place not in tree.names():
        raise component.error(
            f"{place!r} is listed and not delivered", "Ask for the missing file", "missing", "COMPONENT_PATH/@href"
        )
    return load(tree.read(place), place)


def _read_file(path: Path, name: str) -> bytes:
    with path.open("rb") as source:
        data = source.read(MAX_XML_BYTES + 1)
    if len(data) > MAX_XML_BYTES:
        reason = f"the document has more than {MAX_XML_BYTES} bytes"
        raise DimapError(
            name, "", reason, "Check that it is the metadata document (DIM_*.XML, METADATA.DIM)", "too_large"
        )
    return data
