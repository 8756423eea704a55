# SPDX-License-Identifier: AGPL-3.0-or-later
"""The choices that facets count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Case, FloatField, Value, When

from dinamis.catalogue.models import Collection


@dataclass(frozen=True)
class Facet:
    """A way to tell images apart: which conditions its counts leave out, and whether withheld images have no part."""

    ignores: tuple[str, ...]
    only_shown: bool = True


def class_of(column: str, classes: Sequence[float]) -> Case:
    """The smallest class an image falls in, as an SQL expression; null beyond them all."""
    steps = (When(**{f"{column}__lte": most}, then=Value(float(most))) for most in classes)
    return Case(*steps, default=None, output_field=FloatField())


FACETS = {
    "states": Facet(("states",), only_shown=False),
    "sensors": Facet(("sensors",)),
    "platforms": Facet(("platforms",)),
    "collections": Facet(("collections",)),
    "years": Facet(("years", "since", "until"), only_shown=False),
    "clouds": Facet(("cloud",)),
    "incidences": Facet(("incidence",)),
    "resolutions": Facet(("resolution",)),
    "levels": Facet(("levels",)),
    "stereo": Facet(("stereo",)),
    "licences": Facet(("licences",)),
}
# The choices that the collection of an image tells.
OF_COLLECTION: dict[str, Callable[[Collection], str]] = {
    "sensors": lambda one: one.family,
    "collections": lambda one: one.slug,
    "licences": lambda one: one.licence.code,
}
