# SPDX-License-Identifier: AGPL-3.0-or-later
"""How pages write quantities and dates, and the small components that need arithmetic or a form field.

Quantities exist as filter and as tag: ``{{ order.area_m2|km2 }}`` inside ``with``, ``{% km2 order.area_m2 %}`` alone.
Every unit follows a no-break space, every number is grouped as the language in use asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.actors import who_words
from dinamis.core.periods import last_day
from dinamis.core.sentences import say

register = template.Library()
register.filter("said", say)
register.filter("who", who_words)

NBSP = "\u00a0"
Number = int | float | Decimal
BADGE_LABELS = {
    "held": _("Downloadable"),
    "unlock": _("After signature"),
    "order": _("Can be ordered"),
    "none": _("No image yet"),
}


def _french() -> bool:
    return (get_language() or "fr").startswith("fr")


def _rounded(value: Number | str, decimals: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _grouped(value: Number | str, decimals: int = 0) -> str:
    written = number_format(_rounded(value, decimals), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return written.replace("-", "\u2212", 1)


@register.filter
def number(value: Number | str | None, decimals: int = 0) -> str:
    """A number grouped by thousands, half rounded up, "—" for None."""
    return "—" if value in (None, "") else _grouped(value, decimals)


@register.filter
def km2(area_m2: Number | str | None, decimals: int | None = None) -> str:
    """An area given in m² written in km², with as many decimals as its size deserves unless told, "—" for None."""
    if area_m2 in (None, ""):
        return "—"
    area = Decimal(str(area_m2)) / 1_000_000
    size = abs(area)
    automatic = 0 if size >= 100 or size == 0 else 1 if size >= 1 else 2
    return f"{_grouped(area, automatic if decimals is None else decimals)}{NBSP}km²"


@register.filter
def euros(cents: int | str | None) -> str:
    """An amount in cents written in euros, without decimals when it is whole, "—" for None."""
    if cents is None or cents == "":
        return "—"
    amount_due = Decimal(cents) / 100
    amount = _grouped(amount_due, 0 if amount_due == amount_due.to_integral_value() else 2)
    if _french():
        return f"{amount}{NBSP}€"
    # The sign leads: −€213.89.
    return f"\u2212€{amount[1:]}" if amount.startswith("\u2212") else f"€{amount}"


@register.filter
def percent(value: Number | str | None, decimals: int = 0) -> str:
    """A share given from 0 to 100, "—" for None."""
    if value in (None, ""):
        return "—"
    return f"{_grouped(value, decimals)}{NBSP if _french() else ''}%"


def _local(moment: date | datetime) -> date | datetime:
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment)
    return moment


@register.filter(name="date_words")
def date_words(moment: date | datetime | None) -> str:
    """A day in words, "14 juin 2025" or "14 June 2025", in the site's time zone, "—" for None."""
    if not moment:
        return "—"
    local = _local(moment)
    day = f"{local.day}er" if local.day == 1 and _french() else str(local.day)
    return f"{day}{NBSP}{format_date(local, 'F Y')}"


@register.filter(name="iso_day_words")
def iso_day_words(day: str) -> str:
    """A day written YYYY-MM-DD, as mails carry it, in words."""
    return date_words(date.fromisoformat(day))


@register.filter(name="last_day")
def last_day_of(end: datetime | None) -> date | None:
    """The last Paris day of a period that ends at an instant."""
    return last_day(end) if end else None


@register.filter(name="datetime_words")
def datetime_words(moment: datetime | None) -> str:
    """A day in words and the time, "14 juin 2025 à 10:12", "—" for None."""
    if not moment:
        return "—"
    return f"{date_words(moment)}, {format_date(_local(moment), 'H:i')}"


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago, in the largest whole unit of minutes, hours or days ("32 j"), "—" for None."""
    if not moment:
        return "—"
    minutes = max(0, int((clock.now() - moment).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 24 * 60:
        return f"{minutes // 60}{NBSP}h"
    return f"{minutes // (24 * 60)}{NBSP}{'j' if _french() else 'd'}"


def _time_element(moment: date | datetime | None, words: str) -> str:
    if not moment:
        return words
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)


@register.simple_tag(name="date_words")
def date_words_element(moment: date | datetime | None) -> str:
    """The same as a ``<time>`` element."""
    return _time_element(moment, date_words(moment))


@register.simple_tag(name="datetime_words")
def datetime_words_element(moment: datetime | None) -> str:
    """The same as a ``<time>`` element."""
    return _time_element(moment, datetime_words(moment))


register.simple_tag(number, name="number")
register.simple_tag(km2, name="km2")
register.simple_tag(euros, name="euros")
register.simple_tag(percent, name="percent")


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """A decorative drawing of ``static/img/icons.svg``; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra_class,
        static("img/icons.svg"),
        name,
    )


@register.filter
def state_label(state: str) -> str:
    """The word of one of the four states of an image: held, unlock, order, none."""
    return str(BADGE_LABELS.get(state, state))


# --- charts: SVG lengths are written here because templates would print them with the decimal comma -----------------


@dataclass(frozen=True)
class Segment:
    """One part of a bar: ``x``, ``width`` and ``end`` are SVG percentages."""

    name: str
    label: str
    value: str
    x: str
    width: str
    end: str


def segments(parts: Iterable[tuple[str, str, Number]], total: Number = 100) -> list[Segment]:
    """Lay named parts end to end on a bar of ``total``; parts of nothing are left out."""
    found, start = [], Decimal(0)
    for name, label, amount in parts:
        width = Decimal(str(amount or 0)) * 100 / Decimal(str(total or 1))
        if width > 0:
            lengths = (f"{value:.2f}%" for value in (start, width, start + width))
            found.append(Segment(name, label, percent(width), *lengths))
            start += width
    return found


@register.inclusion_tag("components/split.html")
def split(
    held: Number = 0, unlock: Number = 0, order: Number = 0, none: Number = 0, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The bar that divides an area (percentages) by what may be done with it, with its words."""
    words = {**BADGE_LABELS, **(labels or {})}
    shares = {"held": held, "unlock": unlock, "order": order, "none": none}
    return {"segments": segments((name, str(words[name]), share) for name, share in shares.items())}


@register.inclusion_tag("components/gauge.html")
def gauge(committed: int = 0, held: int = 0, total: int = 0) -> dict[str, Any]:
    """The use of an envelope: committed, held for approved orders, left, in one same unit (in general m²)."""
    free = max(0, total - committed - held)
    parts = [("committed", gettext("Committed"), committed), ("reserved", gettext("Set aside"), held)]
    return {"segments": segments([*parts, ("free", gettext("Left to use"), free)], max(total, committed + held))}


@register.inclusion_tag("components/histogram.html")
def histogram(bars: Sequence[Mapping[str, Any]], label: str) -> dict[str, Any]:
    """Counts side by side: each bar has ``label``, ``count``, and ``on`` when it is inside the filter."""
    highest = max((bar["count"] for bar in bars), default=0) or 1
    step = 100 / (len(bars) or 1)
    drawn = [
        {
            "label": bar["label"],
            "count": bar["count"],
            "on": bar.get("on", True),
            "x": f"{position * step:.2f}%",
            "y": f"{100 - 100 * bar['count'] / highest:.2f}%",
            "width": f"{step * 0.8:.2f}%",
            "height": f"{100 * bar['count'] / highest:.2f}%",
        }
        for position, bar in enumerate(bars)
    ]
    return {"bars": drawn, "label": label}


# --- form fields ----------------------------------------------------------------------------------------------------


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if widget.use_fieldset:
        return "group"
    if isinstance(widget, forms.Select):
        return "select"
    return "textarea" if isinstance(widget, forms.Textarea) else "input"


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", help_text: str = "", hide_optional: bool = False) -> dict[str, Any]:
    """One form field: label, help, errors tied to the input by ``aria-describedby``, "optional" when it is."""
    described = []
    if help_text or bound.help_text:
        described.append(f"{bound.auto_id}_helptext")
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    kind = _kind(bound)
    own = bound.field.widget.attrs.get("class", "")
    attrs = {"class": own if kind in ("group", "file") else f"{own} control".strip()}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "kind": kind,
        "label": label or bound.label,
        "help_text": help_text or bound.help_text,
        "optional": not bound.field.required and not hide_optional,
    }


@register.inclusion_tag("components/fields.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """Every field of a form, hidden ones first, in the form's order."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: forms.BaseForm, *, shown_without: bool = False) -> dict[str, Any]:
    """What is wrong with a sent form, each line a link to its field; nothing when nothing is.

    A search is `shown_without` what is wrong; of another form nothing is done.
    """
    wrong = [(bound, str(bound.label or "").rstrip(" .:?")) for bound in form if bound.errors]
    return {"form": form, "wrong": wrong, "shown_without": shown_without}


# --- components whose names would clash with the page's own variables: a tag has a context of its own ----------------


@register.inclusion_tag("components/button.html")
def button(label: str, **options: Any) -> dict[str, Any]:
    """A button, or a link that looks like one when ``href`` is given. Options: see templates/components/README.md."""
    return {"label": label, **options}


@register.inclusion_tag("components/post_button.html")
def post_button(action: str, label: str, **options: Any) -> dict[str, Any]:
    """A one-button POST form. ``fields`` (a mapping) or ``field_name``/``field_value`` become hidden inputs."""
    given = dict(options.pop("fields", None) or {})
    if field_name := options.pop("field_name", ""):
        given[field_name] = options.pop("field_value", "")
    return {"action": action, "label": label, "hidden": given, **options}


@register.inclusion_tag("components/badge.html")
def badge(state: str, label: str = "") -> dict[str, Any]:
    """One of the four states of an image (held, unlock, order, none) or ``bad``: colour, shape and word."""
    return {"state": state, "label": label}


@register.inclusion_tag("components/status.html")
def status(tone: str, label: str) -> dict[str, Any]:
    """Where a piece of work stands: tone neutral, wait, act, progress, ok, bad or over, and its word."""
    return {"tone": tone, "label": label}


@register.inclusion_tag("components/message.html")
def message(tone: str, text: str = "", title: str = "", **options: Any) -> dict[str, Any]:
    """A boxed remark: tone info, success, warning or error; ``link_url`` and ``link_label`` show a way out."""
    return {"tone": tone, "text": text, "title": title, **options}


@register.simple_tag
def elided_pages(page: Page[Any]) -> list[int | str]:
    """The page numbers to show around the current one, with the paginator's ellipsis in the gaps."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, parameter: str = "", anchor: str = "") -> str:
    """The address of another page of a list, the rest of the query kept: ``?q=dunes&page=2#anchor``.

    `parameter` tells the lists of one page apart."""
    query = context["request"].GET.copy()
    query[parameter or "page"] = str(number)
    return f"?{query.urlencode()}" + (f"#{anchor}" if anchor else "")
