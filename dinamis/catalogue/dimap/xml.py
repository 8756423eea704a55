# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hostile-proof XML reading, and elements that know where they stand."""

import math
import re
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import ExpatError, ParserCreate

from dinamis.catalogue.dimap.errors import DimapError

# Real DIM files have 25 kB to 3 MB (one quaternion list per strip).
MAX_XML_BYTES = 16 * 2**20
MAX_ELEMENTS = 400_000

ROOT = "Dimap_Document"
GROUND_SEGMENT_ROOT = "PHR_Dimap_Document"

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ASK_AGAIN = "Ask the supplier for the document again"


class _DeclarationError(Exception):
    """The document carries a document type declaration."""


class Node:
    """An element with its path and file, so that every complaint can name both."""

    __slots__ = ("element", "file", "path")

    def __init__(self, element: Element, path: str, file: str) -> None:
        self.element = element
        self.path = path
        self.file = file

    def child(self, path: str) -> "Node | None":
        """The first element at ``path`` (``A/B``), or None."""
        found = self.element.find(path)
        return None if found is None else Node(found, f"{self.path}/{path}", self.file)

    def children(self, path: str) -> "list[Node]":
        """Every element at ``path``, numbered from 1 as XPath does."""
        found = self.element.findall(path)
        return [Node(element, f"{self.path}/{path}[{i}]", self.file) for i, element in enumerate(found, 1)]

    def text(self, path: str) -> str | None:
        """The trimmed text at ``path``; None when absent or empty."""
        value = self.element.findtext(path)
        return (value.strip() or None) if value else None

    def first_text(self, *paths: str) -> str | None:
        """The first non-empty text among ``paths``."""
        return next((value for path in paths if (value := self.text(path))), None)

    def href(self, path: str) -> str | None:
        """The trimmed ``href`` attribute of the element at ``path``; None when absent or empty."""
        found = self.element.find(path)
        return None if found is None else ((found.get("href") or "").strip() or None)

    def require(self, path: str) -> "Node":
        """The element at ``path``. Raises DimapError (``missing``)."""
        found = self.child(path)
        if found is None:
            raise self.error("the element is missing", "A catalogue item cannot be made without it", "missing", path)
        return found

    def number(self, path: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """The finite number at ``path``, within [low, high]; None when absent or empty.

        Raises DimapError (``not_a_number``, ``out_of_range``): a placeholder word, NaN or infinity is
        never read as a value.
        """
        value = self.text(path)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
            reason = f"{shorten(value)} is not a finite number"
            raise self.error(reason, "Fill the template's placeholder with the real value", "not_a_number", path)
        number = float(value)
        if not low <= number <= high:
            reason = f"{value} is outside {low:g} to {high:g}"
            raise self.error(reason, _ASK_AGAIN, "out_of_range", path)
        return number

    def required_number(self, path: str, low: float = -math.inf, high: float = math.inf) -> float:
        """As ``number``, but absence raises DimapError (``missing``)."""
        value = self.number(path, low, high)
        if value is None:
            raise self.error("the number is missing", _ASK_AGAIN, "missing", path)
        return value

    def integer(self, path: str, low: int = 0, high: int = 10**9) -> int | None:
        """The whole number at ``path``, within [low, high]; None when absent or empty."""
        value = self.number(path, low, high)
        if value is None:
            return None
        if value != int(value):
            raise self.error(f"{value:g} is not a whole number", _ASK_AGAIN, "not_a_number", path)
        return int(value)

    def error(self, reason: str, repair: str, code: str, path: str = "") -> DimapError:
        """A DimapError about this element, or about ``path`` below it."""
        return DimapError(self.file, f"{self.path}/{path}" if path else self.path, reason, repair, code)


def shorten(text: str, length: int = 60) -> str:
    """``text`` in quotes, cut to ``length`` characters, unprintable ones escaped: fit for a message."""
    cut = text if len(text) <= length else f"{text[: length - 1]}…"
    return repr(cut)


def load(data: bytes, name: str) -> Node:
    """The root of a DIMAP document.

    ``name`` is the file name used in messages. Raises DimapError: ``too_large`` above
    ``MAX_XML_BYTES``, ``not_xml`` for anything malformed or carrying a DTD (entity bombs, external
    entities), ``wrong_root`` when it is XML of another kind.
    """
    if len(data) > MAX_XML_BYTES:
        reason = f"the document has {len(data)} bytes, the limit is {MAX_XML_BYTES}"
        raise DimapError(
            name, "", reason, "Check that it is the metadata document (DIM_*.XML, METADATA.DIM)", "too_large"
        )
    root = _parse(data, name)
    if root.tag == GROUND_SEGMENT_ROOT:
        reason = "this is a ground segment file (PHR_Dimap_Document), not a DIMAP V2 product"
        raise DimapError(name, root.tag, reason, "Give the DIM_*.XML of the delivered product", "wrong_root")
    if root.tag != ROOT:
        reason = f"the root element is {shorten(root.tag)}, not {ROOT}"
        raise DimapError(
            name, shorten(root.tag).strip("'\""), reason, "Give the DIM_*.XML or METADATA.DIM file", "wrong_root"
        )
    return Node(root, ROOT, name)


def _parse(data: bytes, name: str) -> Element:
    # Every element starts with one "<": an upper bound, known before any is built.
    if data.count(b"<") > 2 * MAX_ELEMENTS:
        raise DimapError(name, "", f"the document has more than {MAX_ELEMENTS} elements", _ASK_AGAIN, "too_large")
    try:
        _refuse_declarations(data)
        return fromstring(data)  # noqa: S314 (no declaration is left to attack with)
    except _DeclarationError as error:
        reason = "a document type or entity declaration is not accepted"
        raise DimapError(
            name, "<!DOCTYPE>", reason, "Remove the declaration; a real DIMAP has none", "not_xml"
        ) from error
    except (ParseError, ExpatError) as error:
        line, column = error.position if isinstance(error, ParseError) else (error.lineno, error.offset)
        reason = f"not well-formed XML ({str(error).partition(':')[0]})"
        raise DimapError(name, f"line {line}, column {column}", reason, _ASK_AGAIN, "not_xml") from error
    except (ValueError, LookupError) as error:
        raise DimapError(name, "", f"the encoding cannot be read ({error})", _ASK_AGAIN, "not_xml") from error


def _refuse_declarations(data: bytes) -> None:
    """Stop at a DOCTYPE, as defusedxml does: without one there is no entity to expand and none to fetch.

    Done in a pass of its own, so that the tree is built by the parser in C: the ephemeris of a long strip makes
    documents of a megabyte, which must still be read in a tenth of a second.
    """

    def stop(*_: object) -> None:
        raise _DeclarationError

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = stop
    parser.EntityDeclHandler = stop
    parser.Parse(data, True)
