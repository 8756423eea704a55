# SPDX-License-Identifier: AGPL-3.0-or-later
"""DOI names, read from whatever people paste (DOI Handbook, 2: syntax, and 2.4: case).

Directory indicator 10, registrant code of digits and dots, a slash, a suffix of any graphic characters; ASCII letters
do not tell names apart. Nothing is asked of a resolver.
"""

import re
from urllib.parse import quote, unquote

RESOLVERS = re.compile(r"^(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
# Registrants have four to nine digits so far (Crossref, "DOIs and matching regular expressions").
SYNTAX = re.compile(r"^10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+$")
LONGEST = 255
_LOWER = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


def normalised(text: str) -> str:
    """Return a DOI name without its resolver, ASCII in lower case; "" when the text is none.

    `https://doi.org/10.1000/ABC`, `doi:10.1000/abc` and `10.1000/abc` are the same name.
    """
    stripped = text.strip()
    bare = RESOLVERS.sub("", stripped)
    if bare != stripped and stripped.lower().startswith("http"):
        bare = unquote(bare)
    name = bare.strip().translate(_LOWER)
    graphic = name.isprintable() and len(name) <= LONGEST
    return name if graphic and SYNTAX.match(name) else ""


def address(name: str) -> str:
    """Return the address at which a DOI name is resolved."""
    return f"https://doi.org/{quote(name, safe='/:;().-_')}"
