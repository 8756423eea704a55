# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that is held about one person, row by row: what the copy of their data is made of.

It follows from the register of rules: a table that names a person is in the copy without a line of code for it. Rows
that belong to the person are given whole, but for secrets and the numbers of other people; of rows in which they only
had a part, what that part was and when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Field, Model, Q

from dinamis.core.personal import Rule, register
from dinamis.core.sentences import say_within


@dataclass(frozen=True)
class Section:
    """The rows of one table, and why they are held."""

    model: str
    rules: tuple[Rule, ...]
    rows: list[dict[str, Any]]


class Encoder(DjangoJSONEncoder):
    """Writes what rows hold: areas as GeoJSON, ranges and the rest as text."""

    def default(self, o: Any) -> Any:
        """Return what JSON can hold."""
        if hasattr(o, "geojson"):
            return o.geojson
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def dossier(person: Any) -> Iterator[Section]:
    """Yield the tables that hold something about `person`."""
    for label, rules in register.rules.items():
        rows = list(_rows(apps.get_model(label), label, person))
        if rows:
            yield Section(label, rules, rows)


def _rows(model: type[Model], label: str, person: Any) -> Iterator[dict[str, Any]]:
    own = Q(pk__in=[])
    for lookup, attribute in register.owners.get(label, {}).items():
        own |= Q(**{lookup: getattr(person, attribute)})
    silent = register.kept_back(label)
    for row in model._base_manager.filter(own).distinct().order_by("pk"):
        yield dict(_whole(row, silent))
    links = [field.attname for field in model._meta.concrete_fields if _is_person(field)]
    part = Q(pk__in=[])
    for name in links:
        part |= Q(**{name: person.pk})
    for row in model._base_manager.filter(part).exclude(own).order_by("pk"):
        yield _part(row, [name for name in links if getattr(row, name) == person.pk])


def _is_person(field: "Field[Any, Any]") -> bool:
    return isinstance(field, models.ForeignKey) and field.related_model is get_user_model()


def _whole(row: Model, silent: set[str]) -> Iterator[tuple[str, Any]]:
    for field in row._meta.concrete_fields:
        if field.name in silent or _is_person(field):
            continue
        value = getattr(row, field.name)
        yield field.name, str(value) if isinstance(value, Model) else say_within(value)


def _part(row: Model, links: list[str]) -> dict[str, Any]:
    times = [field.name for field in row._meta.concrete_fields if isinstance(field, models.DateTimeField)]
    part = ", ".join(name.removesuffix("_id") for name in links)
    return {"id": row.pk, "your part": part, **{name: getattr(row, name) for name in times}}
