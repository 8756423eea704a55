# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail domains that look like another one."""

import pytest

from dinamis.core.lookalike import domain_of, suspicion

KNOWN = ["rose@univ-estuaire.fr"]


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("a@univ-estuaire.fr", ""),
        ("a@UNIV-Estuaire.FR", ""),
        ("a@lab.univ-estuaire.fr", ""),
        ("a@example.org", ""),
        ("a@café.example", ""),
        ("a@университет.рф", ""),
        ("a@大学.example", ""),
        # Cyrillic "а" and "е" among Latin letters, written plainly and in punycode.
        ("a@univ-estuаire.fr", "mixed"),
        ("a@" + "univ-estuаire".encode("idna").decode() + ".fr", "mixed"),
        ("a@univ-еstuaire.fr", "mixed"),
        ("a@gοοgle.example", "mixed"),
        # All letters from another alphabet, readable as Latin.
        ("a@соре.example", "script"),
        ("a@" + "соре".encode("idna").decode() + ".example", "script"),
        # Latin that is read as another Latin.
        ("a@univ-estualre.fr", ""),
        ("a@univ-e5tuaire.fr", ""),
        ("a@unlv-estuaire.fr", ""),
        ("a@univ-estuaıre.fr", "resembles"),
        ("a@univ-éstuaire.fr", "resembles"),
        ("a@uniw-estuaire.fr", ""),
        ("a@xn--a.example", ""),
        ("", ""),
        ("no address", ""),
    ],
)
def test_suspicion(email, why):
    assert suspicion(email, KNOWN) == why


@pytest.mark.parametrize(("email", "known"), [("a@rnairie.fr", "b@mairie.fr"), ("a@c0mmune.fr", "b@commune.fr")])
def test_pairs_and_figures(email, known):
    assert suspicion(email, [known]) == "resembles"
    assert suspicion(known, [known]) == ""


def test_punycode_that_is_none_is_left_as_it_is():
    assert domain_of("a@xn--\u00e9.fr") == "xn--\u00e9.fr"
