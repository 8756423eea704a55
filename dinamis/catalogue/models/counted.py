# SPDX-License-Identifier: AGPL-3.0-or-later
"""Columns of an image that PostgreSQL writes, so that those in a box are counted from an index alone (decision 56).

They say where its box lies, in whole hundredths of a degree, rounded outwards, and in which band: that of its size and
of its southern edge. A band holds images of one size whose southern edges lie in a strip of the Earth as high as that.
"""

from django.db.models import Func, GeneratedField, SmallIntegerField

UNITS = 100
# The longer side of a box, in units, is less than two to the power of its size.
SIZES = range(5, 17)
BANDS_OF_SIZE = 1024
# Beyond what any area asks for, and within a smallint.
FAR = 30_000

_SIDE = f"greatest(ST_XMax(footprint) - ST_XMin(footprint), ST_YMax(footprint) - ST_YMin(footprint)) * {UNITS} + 2"
_LEAST_SIDES = ", ".join(str(2**size) for size in SIZES[:-1])
_SIZE = f"({SIZES[0]} + width_bucket({_SIDE}, ARRAY[{_LEAST_SIDES}]::float8[]))"
_STRIP = f"floor((ST_YMin(footprint) * {UNITS} + {90 * UNITS}) / 2 ^ {_SIZE})"
BAND = f"({BANDS_OF_SIZE} * {_SIZE} + greatest(0, least({BANDS_OF_SIZE - 1}, {_STRIP})))::smallint"


def edge(bound: str, rounding: str) -> GeneratedField:
    """An edge of the box of a footprint: `bound` as ST_XMin has it, `rounding` floor or ceil."""
    return _small(f"greatest(-{FAR}, least({FAR}, {rounding}({bound}(footprint) * {UNITS})))::smallint")


def band() -> GeneratedField:
    """The band of a footprint."""
    return _small(BAND)


def _small(sql: str) -> GeneratedField:
    number = SmallIntegerField()
    return GeneratedField(expression=Func(template=sql, output_field=number), output_field=number, db_persist=True)
