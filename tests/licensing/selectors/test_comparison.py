# SPDX-License-Identifier: AGPL-3.0-or-later
"""Word by word, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from licensing.selectors.comparison import Piece, differences

words = st.lists(st.sampled_from(["un", "deux", "trois", "\n\n", "quatre"]), max_size=12).map(" ".join)


def test_what_was_added_and_removed_is_named():
    (first, second) = differences("Un droit personnel.\n\nFin.", "Un droit cessible et personnel.\n\nFin.")
    assert first == [Piece("same", "Un droit "), Piece("added", "cessible et "), Piece("same", "personnel.")]
    assert second == [Piece("same", "Fin.")]


def test_a_first_text_is_all_added():
    assert differences("", "Un mot") == [[Piece("added", "Un mot")]]


@given(words, words)
def test_each_side_can_be_read_back(old, new):
    pieces = [piece for paragraph in differences(old, new) for piece in paragraph]

    def side(other):
        return " ".join("".join(piece.text + " " for piece in pieces if piece.kind != other).split())

    assert side("added").replace(" ", "") == "".join(old.split())
    assert side("removed").replace(" ", "") == "".join(new.split())
