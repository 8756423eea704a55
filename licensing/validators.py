# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values that forms, services and models check alike."""

from collections.abc import Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dinamis.accounts.validators import register_of, tidied_identifier
from licensing.enums import EligibilityClass

# France and what INSEE registers under its SIRET: overseas departments and collectivities (ISO 3166-1).
FRENCH_CODES = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"})


def validate_class_identity(eligibility_class: str, country: str, siret: str) -> None:
    """Refuse a class that does not fit the country, or a French body without SIRET (domain facts, 2.2)."""
    french = country in FRENCH_CODES
    if eligibility_class == EligibilityClass.FOREIGN_SCIENTIFIC:
        if french:
            raise _wrong("country", _("This class is for organisations established outside France."), "class_country")
        return
    if not french:
        raise _wrong("country", _("This class is for organisations established in France."), "class_country")
    if not siret:
        raise _wrong("siret", _("Give the SIRET of the organisation."), "siret_missing")


def _wrong(field: str, message: object, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(str(message), code=code)})


def is_due(question: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Tell whether a question of a form must be answered, given the other answers."""
    if question.get("required"):
        return True
    return any(answers.get(name) in values for name, values in question.get("required_if", {}).items())


def validate_answers(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> None:
    """Refuse an answer nobody asked for, or one that its question does not admit; an answer may be missing.

    Raises ValidationError naming the question.
    """
    asked = {question["name"]: question for question in questions}
    for name, value in answers.items():
        if name not in asked:
            raise _wrong(name, _("This form does not ask “%(name)s”.") % {"name": name}, "not_asked")
        if value == "":
            continue
        try:
            validate_answer(asked[name], value)
        except ValidationError as error:
            raise ValidationError({name: error}) from error


def validate_answer(question: Mapping[str, Any], value: object) -> None:
    """Refuse one answer: not a text, too long, not among the choices, no date, or no identifier."""
    if not isinstance(value, str):
        raise ValidationError(_("Write this as text."), code="not_text")
    longest = question.get("max_length", 4000)
    if len(value) > longest:
        raise ValidationError(
            _("This is too long: shorten it to %(n)d characters.") % {"n": longest}, code="max_length"
        )
    kind = question["kind"]
    if kind == "choice" and value not in {choice["value"] for choice in question["choices"]}:
        raise ValidationError(_("Choose one of the answers offered."), code="invalid_choice")
    if kind == "identifier":
        register_of(tidied_identifier(value))
    if kind == "date":
        _validate_date(value)


def _validate_date(value: str) -> None:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError(_("Write a day that exists, like 2027-06-30."), code="no_date") from error
    if not 1960 <= day.year <= 2199:
        raise ValidationError(_("Check the year of this date."), code="year")


def validate_credit_line(value: str) -> None:
    """Refuse a template that names anything but `{year}` and `{sensor}`."""
    try:
        names = {name for _text, name, _spec, _conversion in Formatter().parse(value) if name is not None}
    except ValueError:
        names = {value}
    if names - {"year", "sensor"}:
        raise ValidationError(_("Only {year} and {sensor} may stand in braces."), code="credit_line")
