# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is held about people, why, on what legal basis, until when, and what happens then. Rules are data.

Each app declares its own in `personal.py`; a test fails for a field that may hold personal data and has no rule;
`docs/personal-data.md` and the page “My data” are written from them. What ends with time is carried out by
`dinamis.core.retention`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Basis(Enum):
    """The legal bases of GDPR article 6 that apply here; none of them is consent."""

    CONTRACT = _("contract")
    PUBLIC_TASK = _("public task")
    LEGAL_DUTY = _("legal duty")
    LEGITIMATE = _("legitimate interest")


class End(Enum):
    """What happens when the time is over."""

    ERASE = _("deleted")
    EMPTY = _("emptied; the rest of the line stays")
    PSEUDONYM = _("replaced by “[erased]”; a salted fingerprint stays, with which a claimed name can be compared")
    NUMBER = _("a number stays, behind which the erased account has no name any more")
    ARCHIVE = _("kept in the file of the organisation until the public archives give their visa")


@dataclass(frozen=True)
class Holding:
    """One kind of data as a person would name it, why it is held, on what basis."""

    what: Words
    why: Words
    basis: Basis


@dataclass(frozen=True)
class Until:
    """From what event a duration runs; `setting` names the number of months or days in `DINAMIS`."""

    words: Words
    setting: str = ""

    def __str__(self) -> str:
        """Return the words with the number of the setting in its place."""
        return str(self.words) % {"number": settings.DINAMIS[self.setting]} if self.setting else str(self.words)


@dataclass(frozen=True)
class Rule:
    """How long some fields of one model hold a kind of data, and what then. What is `secret` is in no copy."""

    holding: Holding
    fields: tuple[str, ...]
    until: Until
    end: End
    secret: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the page a person reads: a holding with every duration it has."""

    holding: Holding
    durations: tuple[tuple[Until, End], ...]


class Register:
    """Every rule, by model ("app.model"), and what was said to tell nothing about people.

    `owners` says by which lookup, from which attribute of a person, rows are theirs; `duties` yield kept sentences that
    stand against the erasure of a person, `erasers` carry it out inside its transaction; `files` yield what they sent.
    """

    def __init__(self) -> None:
        self.rules: dict[str, tuple[Rule, ...]] = {}
        self.impersonal: dict[str, dict[str, str]] = {}
        self.outside: list[tuple[str, Rule]] = []
        self.secrets: dict[str, set[str]] = {}
        self.owners: dict[str, dict[str, str]] = {}
        self.duties: list[Callable[[Any], Iterable[str]]] = []
        self.erasers: list[Callable[[Any], None]] = []
        self.files: list[Callable[[Any], Iterable[tuple[str, str]]]] = []

    def holds(self, model: str, *rules: Rule) -> None:
        """Declare the rules of the personal fields of a model."""
        self.rules[model] = rules

    def belongs(self, model: str, *lookups: str, address: str = "") -> None:
        """Declare by which lookups rows are a person's own; `address` is one that ends in a verified e-mail address."""
        self.owners[model] = dict.fromkeys(lookups, "pk") | ({address: "email"} if address else {})

    def files_of(self, person: Any) -> Iterator[tuple[str, str]]:
        """Yield the name to show and the storage key of every file a person has sent."""
        for source in self.files:
            yield from source(person)

    def kept_back(self, model: str) -> set[str]:
        """Return the fields of a model that are in no copy: secrets, and what was made of them."""
        secrets = {name for rule in self.rules.get(model, ()) if rule.secret for name in rule.fields}
        return secrets | self.secrets.get(model, set())

    def tells_nothing(self, model: str, *fields: str, why: str, secret: bool = False) -> None:
        """Declare that fields of a model say nothing about people, and why; "*" stands for all without a rule."""
        if secret:
            self.secrets.setdefault(model, set()).update(fields)
        self.impersonal.setdefault(model, {}).update(dict.fromkeys(fields, why))

    def holds_outside(self, place: str, rule: Rule) -> None:
        """Declare what stands in no table: a log, a cache."""
        self.outside.append((place, rule))

    def without_rule(self, model: type[Model]) -> list[str]:
        """Return the fields of `model` that may hold personal data and are declared neither way."""
        label = model._meta.label_lower
        silent = self.impersonal.get(label, {})
        if "*" in silent:
            return []
        known = {name for rule in self.rules.get(label, ()) for name in rule.fields} | set(silent)
        fields = model._meta.concrete_fields
        return [field.name for field in fields if may_hold_personal_data(field) and field.name not in known]

    def unknown_names(self) -> list[str]:
        """Return declared names that no installed model has (any more)."""
        declared = [(label, name) for label, rules in self.rules.items() for rule in rules for name in rule.fields]
        declared += [(label, name) for label, names in self.impersonal.items() for name in names]
        return [f"{label}.{name}" for label, name in declared if not _exists(label, name)]

    def lines(self) -> list[Line]:
        """Return what is held as a person reads it, in the order of declaration, each duration once."""
        found: dict[Holding, dict[tuple[Until, End], None]] = {}
        everything = [rule for rules in self.rules.values() for rule in rules] + [rule for _, rule in self.outside]
        for rule in everything:
            found.setdefault(rule.holding, {})[rule.until, rule.end] = None
        return [Line(holding, tuple(durations)) for holding, durations in found.items()]


register = Register()
holds, tells_nothing, holds_outside = register.holds, register.tells_nothing, register.holds_outside
belongs = register.belongs

KINDS = (
    models.CharField,
    models.TextField,
    models.GenericIPAddressField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    ArrayField,
)
NAMED = re.compile(r"(^|_)(actor|address|agent|birth|email|ip|login|joined|name|person|phone|user)(_|$)")


def may_hold_personal_data(field: "Field[Any, Any]") -> bool:
    """Tell whether a column could say something about a person, by its type, its target or its name."""
    if isinstance(field, models.ForeignKey):
        return field.related_model is get_user_model()
    if isinstance(field, ArrayField):
        return may_hold_personal_data(field.base_field)
    return (isinstance(field, KINDS) and not field.choices) or bool(NAMED.search(field.name))


def _exists(label: str, name: str) -> bool:
    if label.split(".", maxsplit=1)[0] not in apps.app_configs:
        return True
    model = apps.get_model(label)
    return name == "*" or name in {field.name for field in model._meta.concrete_fields}
