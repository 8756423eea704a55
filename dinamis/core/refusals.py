# SPDX-License-Identifier: AGPL-3.0-or-later
"""A refusal in words, for pages whose form has no place beside the field: which field, why, what repairs it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.core.exceptions import DomainError, Invalid, SeveralInvalid

# What the fields behind buttons are called on pages; a pointer that is not named here says nothing to a reader.
FIELDS: Mapping[str, Any] = {
    "words": gettext_lazy("Words"),
    "reason": gettext_lazy("Reason"),
    "reason_code": gettext_lazy("Kind of reason"),
    "code": gettext_lazy("Kind of reason"),
    "members": gettext_lazy("Members"),
    "seats": gettext_lazy("Who is there"),
    "person": gettext_lazy("Person"),
    "delegate": gettext_lazy("Delegate"),
    "period": gettext_lazy("Period"),
    "orders": gettext_lazy("Orders"),
    "months": gettext_lazy("Months"),
    "aoi": gettext_lazy("Area"),
    "areas": gettext_lazy("Area"),
    "items": gettext_lazy("Images"),
    "assets": gettext_lazy("Files"),
}


def lines_of(error: DomainError) -> list[str]:
    """Return what a refusal says, a line for each value that is wrong and for each condition that is missing."""
    if isinstance(error, SeveralInvalid):
        return [line for one in error.errors for line in lines_of(one)]
    if isinstance(error, Invalid):
        return [_line(error)]
    missing = error.extra.get("missing") or ()
    return [str(error), *(str(one["detail"]) for one in missing)]


def lines_of_form(form: forms.BaseForm) -> list[str]:
    """Return what is wrong with a form whose page does not show it, each with the label of its field."""
    return [
        str(words) if name == NON_FIELD_ERRORS else _named(form[name].label, str(words))
        for name, wrong in form.errors.items()
        for words in wrong
    ]


def tell(request: HttpRequest, error: DomainError) -> None:
    """Say a refusal on the page that is shown next."""
    for line in lines_of(error):
        messages.error(request, line)


def _line(error: Invalid) -> str:
    said = f"{error} {error.repair}".strip()
    names = (error.pointer, *reversed(error.pointer.split("/")))
    field = next((FIELDS[name] for name in names if name in FIELDS), None)
    return _named(field, said) if field else said


def _named(field: Any, said: str) -> str:
    return _("%(field)s: %(said)s") % {"field": field, "said": said}
