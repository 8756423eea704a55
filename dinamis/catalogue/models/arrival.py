# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the catalogue had come at a moment: what arrived after it is new (docs/adr/0030)."""

from typing import Any

from django.db import models
from django.db.models import BooleanField, F, Func, Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock


class Int8Multirange(models.Field):  # type: ignore[type-arg]
    """Disjoint ranges of whole numbers, in PostgreSQL's own text: "{[3,5),[9,10)}"."""

    def db_type(self, connection: Any) -> str:
        """Return the type of the column."""
        return "int8multirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        """Return the text, whatever the driver made of it."""
        if value is None:
            return None
        return "{" + ",".join(f"[{part.lower},{part.upper})" for part in value) + "}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the text, which the database reads."""
        return value


class ArrivalMark(models.Model):
    """The images that had arrived: ids up to `high`, but for those `missing`, whose transactions still ran.

    Ids are given in the order of insertion and seen in that of commit; what is missing today may be here tomorrow.
    """

    at = models.DateTimeField(default=clock.now, editable=False)
    high = models.BigIntegerField()
    missing = Int8Multirange(default="{}")

    class Meta:
        verbose_name = _("mark of arrivals")
        verbose_name_plural = _("marks of arrivals")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @property
    def seen(self) -> Q:
        """The condition that an image had arrived."""
        return Q(pk__lte=self.high) & ~self._among_missing

    @property
    def unseen(self) -> Q:
        """The condition that an image had not arrived."""
        return Q(pk__gt=self.high) | self._among_missing

    @property
    def _among_missing(self) -> Q:
        if self.missing == "{}":
            return Q(pk__in=())
        # The bound lets the primary key find the few rows there are.
        lowest = int(self.missing.removeprefix("{[").partition(",")[0])
        return Q(pk__gte=lowest) & Q(_Within(F("pk"), _Ranges(self.missing)))


class _Ranges(models.Value):
    def __init__(self, text: str) -> None:
        super().__init__(text, output_field=Int8Multirange())

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        sql, params = super().as_sql(compiler, connection)
        return f"{sql}::int8multirange", params


class _Within(Func):
    template = "%(expressions)s"
    arg_joiner = " <@ "
    output_field = BooleanField()
