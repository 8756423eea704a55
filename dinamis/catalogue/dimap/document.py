# SPDX-License-Identifier: AGPL-3.0-or-later
"""One document: what kind it is, and the product it describes."""

from dinamis.catalogue.dimap import v1, v2
from dinamis.catalogue.dimap.errors import DimapError
from dinamis.catalogue.dimap.model import Product
from dinamis.catalogue.dimap.xml import ROOT, Node, load

PRODUCT, VOLUME, OTHER = "product", "volume", "other"


def parse_document(data: bytes, *, name: str) -> Product:
    """The product that the bytes of a ``DIM_*.XML`` (V2) or ``METADATA.DIM`` (V1) describe.

    ``name`` is the path of the document inside its delivery, used in messages and to locate the files
    it points at. Raises DimapError: with the file, the element and the reason.
    """
    root = load(data, name)
    if kind_of(root) == VOLUME:
        raise root.error(
            "this is a volume index, not a product", "Give the folder or the archive of the delivery", "not_dimap"
        )
    return read_root(root)


def read_root(root: Node) -> Product:
    """The product under a loaded root. Raises DimapError."""
    if root.child("Metadata_Id") is not None:
        return v1.read(root)
    subprofile = root.text("Metadata_Identification/METADATA_SUBPROFILE")
    if subprofile is not None and subprofile.upper() != "PRODUCT":
        raise _not_a_product(root, subprofile)
    return v2.read(root)


def kind_of(root: Node) -> str:
    """``product``, ``volume`` (an index of components) or ``other`` (RPC, LUT, lineage…)."""
    if root.child("Metadata_Id") is not None:
        return PRODUCT
    profile = (root.text("Metadata_Identification/METADATA_PROFILE") or "").upper()
    subprofile = (root.text("Metadata_Identification/METADATA_SUBPROFILE") or "PRODUCT").upper()
    if "VOLUME" in profile or "VOLUME" in subprofile:
        return VOLUME
    return PRODUCT if subprofile == "PRODUCT" and root.child("Dataset_Content") is not None else OTHER


def _not_a_product(root: Node, subprofile: str) -> DimapError:
    element = f"{ROOT}/Metadata_Identification/METADATA_SUBPROFILE"
    reason = f"this is the {subprofile} part of a product, not its metadata"
    return DimapError(root.file, element, reason, "Give the DIM_*.XML beside it", "not_dimap")
