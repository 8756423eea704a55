# SPDX-License-Identifier: AGPL-3.0-or-later
"""The choices that facets count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, FloatField, Value, When
from django.db.models.functions import ExtractYear

from dinamis.catalogue.models import Collection
from dinamis.catalogue.models.tally import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES


@dataclass(frozen=True)
class Facet:
    """A way to tell images apart: the SQL of the choice of each, and which conditions its counts leave out."""

    choice: Any
    ignores: tuple[str, ...]
    only_shown: bool = True


def class_of(column: str, classes: Sequence[float]) -> Case:
    """The smallest class an image falls in, as an SQL expression; null beyond them all."""
    steps = (When(**{f"{column}__lte": most}, then=Value(float(most))) for most in classes)
    return Case(*steps, default=None, output_field=FloatField())


FACETS = {
    "states": Facet(F("state"), ("states",), only_shown=False),
    "sensors": Facet(F("collection__family"), ("sensors",)),
    "platforms": Facet(F("platform"), ("platforms",)),
    "collections": Facet(F("collection__slug"), ("collections",)),
    "years": Facet(ExtractYear("datetime"), ("years", "since", "until"), only_shown=False),
    "clouds": Facet(class_of("cloud_cover", CLOUD_CLASSES), ("cloud",)),
    "incidences": Facet(class_of("incidence_angle", INCIDENCE_CLASSES), ("incidence",)),
    "resolutions": Facet(class_of("gsd", RESOLUTION_CLASSES), ("resolution",)),
    "levels": Facet(F("processing_level"), ("levels",)),
    "stereo": Facet(F("stereo_count"), ("stereo",)),
    "licences": Facet(F("collection__licence__code"), ("licences",)),
}
# The choices that the collection of an image tells.
OF_COLLECTION: dict[str, Callable[[Collection], str]] = {
    "sensors": lambda one: one.family,
    "collections": lambda one: one.slug,
    "licences": lambda one: one.licence.code,
}
