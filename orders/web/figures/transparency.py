# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public page of figures, and the same as CSV and JSON. Nobody signs in for it."""

from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.spreadsheet import download
from licensing.enums import EligibilityClass
from orders.models import PublicFigure
from orders.reasons import label_of
from orders.selectors.duties.obligations import works_of_year
from orders.selectors.figures.transparency import as_rows, method, published, quarter_of, reused_images

Cut = PublicFigure.Cut
COLUMNS = (
    "cut", "year", "quarter", "key", "images", "area_km2", "spent_eur", "avoided_eur", "reuses", "median_days",
    "withheld",
)  # fmt: skip


@require_safe
def index(request):
    """Key figures of all years or of one, then by quarter or year, product, class and theme."""
    rows = published()
    years = sorted({row.year for row in rows if row.year}, reverse=True)
    year = next((one for one in years if str(one) == request.GET.get("year")), None)
    current = quarter_of(clock.now())
    context = {
        "years": years,
        "year": year,
        "total": _one(rows, Cut.YEAR if year else Cut.TOTAL, year=year),
        "quarter": _one(rows, Cut.QUARTER, year=current[0], quarter=current[1]),
        "current": {"year": current[0], "quarter": current[1]},
        "tables": [table for table in _tables(rows, year) if table["rows"]],
        "refusals": sorted(_of(rows, Cut.REFUSAL), key=lambda row: -(row["figure"].images or 0)),
        "images": reused_images(rows),
        "works": works_of_year(year),
        "method": method(),
        "counted_at": rows[0].counted_at if rows else None,
    }
    return render(request, "orders/figures/transparency.html", context)


@require_safe
def as_csv(request):
    """Every figure, one a line; a withheld one has no numbers."""
    rows = ([row[name] for name in COLUMNS] for row in as_rows(published()))
    return download("dinamis-figures.csv", COLUMNS, rows, marked=False)


@require_safe
def as_json(request):
    """Every figure, when it was counted and how."""
    rows = published()
    answer = JsonResponse(
        {
            "counted_at": rows[0].counted_at.isoformat() if rows else None,
            "method": method(),
            "minimum_organisations": settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"],
            "figures": as_rows(rows),
        }
    )
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _one(rows, cut, **where):
    return next((row for row in rows if row.cut == cut and all(getattr(row, k) == v for k, v in where.items())), None)


def _of(rows, cut, year=None):
    return [{"label": _label(row), "figure": row} for row in rows if row.cut == cut and year in {None, row.year}]


def _tables(rows, year):
    """The tables of the page: of a year its quarters, else the years; each product, class and theme."""
    time = (_("By quarter"), Cut.QUARTER) if year else (_("By year"), Cut.YEAR)
    parts = (
        (_("By product family"), Cut.YEAR_FAMILY if year else Cut.FAMILY),
        (_("By eligibility class"), Cut.YEAR_CLASS if year else Cut.CLASS),
        (_("By theme"), Cut.YEAR_THEME if year else Cut.THEME),
    )
    return [{"title": title, "rows": _of(rows, cut, year)} for title, cut in (time, *parts)]


def _label(row: PublicFigure) -> str:
    if row.cut in {Cut.FAMILY, Cut.YEAR_FAMILY}:
        return str(dict(ProductFamily.choices).get(row.key, row.key))
    if row.cut in {Cut.CLASS, Cut.YEAR_CLASS}:
        return str(dict(EligibilityClass.choices).get(row.key, row.key))
    if row.cut == Cut.REFUSAL:
        return label_of(row.key)
    if row.cut == Cut.QUARTER:
        return _("%(year)d, quarter %(quarter)d") % {"year": row.year or 0, "quarter": row.quarter or 0}
    return str(row.year) if row.cut == Cut.YEAR else row.key
