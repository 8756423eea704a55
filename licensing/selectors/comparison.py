# SPDX-License-Identifier: AGPL-3.0-or-later
"""The difference between two texts, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

TOKENS = re.compile(r"\n{2,}|[^\S\n]+|\n|[^\s]+")


@dataclass(frozen=True)
class Piece:
    """A run of words: "same", "added" or "removed"."""

    kind: str
    text: str


def differences(old: str, new: str) -> list[list[Piece]]:
    """Return the paragraphs of the comparison, each a list of pieces in reading order; removed words come first."""
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    pieces: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(before[i:j])))
            continue
        if i < j:
            pieces.append(Piece("removed", "".join(before[i:j])))
        if k < m:
            pieces.append(Piece("added", "".join(after[k:m])))
    return _paragraphs(pieces)


def _paragraphs(pieces: list[Piece]) -> list[list[Piece]]:
    paragraphs: list[list[Piece]] = [[]]
    for piece in pieces:
        parts = re.split(r"\n{2,}", piece.text)
        for number, part in enumerate(parts):
            if number:
                paragraphs.append([])
            if part.strip() or (part and piece.kind == "same"):
                paragraphs[-1].append(Piece(piece.kind, part))
    return [paragraph for paragraph in paragraphs if any(piece.text.strip() for piece in paragraph)]
