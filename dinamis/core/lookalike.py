# SPDX-License-Identifier: AGPL-3.0-or-later
"""Domains of mail addresses that look like another one: mixed scripts, other alphabets, letters that resemble."""

import unicodedata
from collections.abc import Iterable

# What a reader takes for a Latin letter (Unicode, confusables.txt), as far as host names allow it.
CONFUSABLE = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁһӏԛԝгпмтьв", "aeopcyxijsdhlqwrnmtbb", strict=True)),
        **dict(zip("αβεικνορτυχω", "abeikvoptuxw", strict=True)),
        **dict(zip("ıɑɡ01", "iagol", strict=True)),
    }
)
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def domain_of(email: str) -> str:
    """Return the domain of an address in small letters, punycode labels decoded."""
    labels = email.rpartition("@")[2].lower().split(".")
    return ".".join(_decoded(label) for label in labels)


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def scripts(text: str) -> set[str]:
    """Return the scripts of the letters of a text, by the first word of their Unicode names."""
    return {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in text if letter.isalpha()}


def skeleton(domain: str) -> str:
    """Return what a domain looks like at a glance: two that share it are easily taken for each other."""
    plain = unicodedata.normalize("NFKD", domain.casefold())
    text = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(CONFUSABLE)
    for pair, letter in PAIRS:
        text = text.replace(pair, letter)
    return text


def suspicion(email: str, known: Iterable[str] = ()) -> str:
    """Return why a domain may pass for another: "mixed", "script", "resembles", or "".

    `known` are addresses of the same organisation. A domain in one foreign alphabet that resembles nothing Latin is
    honest; one that could be read as Latin is not.
    """
    domain = domain_of(email)
    if any(len(scripts(label)) > 1 for label in domain.split(".")):
        return "mixed"
    if not domain.isascii() and "LATIN" not in scripts(domain.rpartition(".")[0]) and skeleton(domain).isascii():
        return "script"
    others = {domain_of(address) for address in known} - {domain}
    return "resembles" if skeleton(domain) in {skeleton(other) for other in others} else ""
