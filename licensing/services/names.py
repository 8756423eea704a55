# SPDX-License-Identifier: AGPL-3.0-or-later
"""The typed name of a signatory against the announced one (entitlement facts, section 6.3)."""

import unicodedata

from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid

NAME_DIFFERS = "name_differs"


def same_name(one: str, other: str) -> bool:
    """Tell whether two spellings name the same person: case, accents, hyphens and order do not count."""
    return _words(one) == _words(other)


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c if c.isalpha() else " " for c in plain if not unicodedata.combining(c))
    return sorted(letters.split())


def check_typed_name(typed: str, announced: str, *, confirmed: bool) -> None:
    """Raise Invalid when no name was typed, or another one than announced and the person did not confirm it."""
    if not typed.strip():
        raise Invalid(_("Type your first and last name."), pointer="typed_name", code="name_missing")
    if not same_name(typed, announced) and not confirmed:
        raise Invalid(
            _("The name typed differs from the name announced, “%(announced)s”.") % {"announced": announced},
            pointer="typed_name",
            repair=_("Correct it, or confirm that the name typed is yours."),
            code=NAME_DIFFERS,
        )
