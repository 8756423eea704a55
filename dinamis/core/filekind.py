# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file is, told by its bytes and never by its name: PDF, PNG or JPEG, and nothing else at the same time."""

import re
import struct
from pathlib import Path
from typing import BinaryIO

# The first bytes of each kind (PDF 32000-1, 7.5.2; PNG, 5.2; JFIF).
SIGNATURES = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
# As many bytes as a browser looks at to guess a type (WHATWG MIME Sniffing, 5.2).
SNIFFED = 1445
MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
# End of the central directory of a zip: 22 bytes and a comment of at most 65,535 (APPNOTE, 4.3.16).
ZIP_END, ZIP_TAIL = b"PK\x05\x06", 22 + 65_535
# A reader looks for the end-of-file marker in the last 1,024 bytes (PDF 32000-1, annex H, 3.4.4).
PDF_TAIL = 1024


def kind_of(head: bytes) -> str:
    """Return the media type the first bytes tell, or ""."""
    for signature, media_type in SIGNATURES:
        if head.startswith(signature):
            return media_type
    return ""


def whole_problem(path: Path, media_type: str) -> str:
    """Return why a stored file is not just what its first bytes say: "markup", "archive", "cut", "extra", or ""."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if MARKUP.search(file.read(SNIFFED)):
            return "markup"
        file.seek(max(0, size - ZIP_TAIL))
        if _is_zip(file.read()):
            return "archive"
        return _ENDS[media_type](file, size)


def _is_zip(tail: bytes) -> bool:
    at = tail.rfind(ZIP_END)
    while at >= 0:
        if len(tail) - at >= 22 and at + 22 + struct.unpack("<H", tail[at + 20 : at + 22])[0] == len(tail):
            return True
        at = tail.rfind(ZIP_END, 0, at)
    return False


def _pdf_end(file: BinaryIO, size: int) -> str:
    file.seek(max(0, size - PDF_TAIL))
    _before, marker, after = file.read().rpartition(b"%%EOF")
    if not marker:
        return "cut"
    return "extra" if after.strip(b"\r\n\t \0") else ""


def _png_end(file: BinaryIO, size: int) -> str:
    """Walk the chunks (length, type, data, CRC): IEND is the last, and nothing follows."""
    at = 8
    while at + 12 <= size:
        file.seek(at)
        length, name = struct.unpack(">L4s", file.read(8))
        at += 12 + length
        if name == b"IEND":
            return "" if at == size else "extra" if at < size else "cut"
    return "cut"


def _jpeg_end(file: BinaryIO, size: int) -> str:
    """Cameras write data of their own after the picture: the end marker must be there, not be last."""
    file.seek(0)
    return "" if b"\xff\xd9" in file.read() else "cut"


_ENDS = {"application/pdf": _pdf_end, "image/png": _png_end, "image/jpeg": _jpeg_end}
