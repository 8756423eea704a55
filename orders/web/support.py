# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shapes that the components of pages expect."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from django.utils.translation import gettext as _


def missing_lines(missing: Iterable[Mapping[str, str]], back: str = "") -> list[dict[str, str]]:
    """Return `missing[]` of a refusal as lines of components/deny.html, each with the page that repairs it; who signs a
    licence there goes on at the address `back`."""
    actions = {
        "not_signed_in": _("Sign in"),
        "person_acceptance_missing": _("Read and sign the licence"),
        "no_membership": _("Join an organisation"),
        "membership_inactive": _("Your organisation"),
        "adhesion_missing": _("Open an adhesion"),
        "adhesion_ended": _("See the adhesion"),
    }
    return [
        {
            "text": reason["detail"],
            "url": _with_next(reason["repair"], back if reason["code"] == "person_acceptance_missing" else ""),
            "action": actions.get(reason["code"], _("See your rights")),
        }
        for reason in missing
    ]


def _with_next(url: str, back: str) -> str:
    return f"{url}?{urlencode({'next': back})}" if url and back else url
