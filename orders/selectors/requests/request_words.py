# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request asks, in words: how the images are to be taken, and made."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dinamis.core.periods import last_day
from dinamis.core.templatetags.ui import date_words, number, percent
from orders.domain.option_words import OPTIONS
from orders.domain.product_options import option_label, value_label
from orders.enums import OrderKind, Repeat
from orders.models import Acquisition, ArchiveSearch, Order


def request_facts(order: Order) -> list[tuple[str, str]]:
    """Return label and words of every parameter and option of an order, in the order a reader looks for them."""
    search = getattr(order, "archive_search", None)
    taken = _taken(order.acquisition) if order.kind == OrderKind.ACQUISITION else _sought(search) if search else []
    return taken + made_words(order.options)


def made_words(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and words of production options, in the order a reader looks for them."""
    known = [name for name in OPTIONS if name in options]
    return [(option_label(name).capitalize(), value_label(name, str(options[name]))) for name in known]


def _taken(row: Acquisition) -> list[tuple[str, str]]:
    first, last = date_words(row.period.lower), date_words(last_day(row.period.upper))
    facts = [
        (_("Sensor"), row.collection.get_family_display()),
        (_("Period"), _("%(first)s to %(last)s") % {"first": first, "last": last}),
        (_("Programme"), str(row.get_programme_display())),
        (_("Views"), _views(row)),
        (_("Incidence"), _("up to %(angle)s°") % {"angle": number(row.incidence_max)}),
    ]
    if row.repeat != Repeat.NONE:
        facts.insert(2, (_("Series"), str(row.get_repeat_display())))
    if row.cloud_max is not None:
        words = {"cloud": percent(row.cloud_max), "proposed": percent(row.proposal_threshold)}
        more = _("%(cloud)s taken at once, proposed up to %(proposed)s") % words
        facts.append((_("Clouds"), more if row.proposal_threshold != row.cloud_max else words["cloud"]))
    return facts


def _sought(row: ArchiveSearch) -> list[tuple[str, str]]:
    facts = [
        (_("Taken"), _("%(first)s to %(last)s") % {"first": date_words(row.first), "last": date_words(row.last)}),
        (_("Views"), str(row.get_mode_display())),
    ]
    if row.incidence_max is not None:
        facts.append((_("Incidence"), _("up to %(angle)s°") % {"angle": number(row.incidence_max)}))
    if row.cloud_max is not None:
        facts.append((_("Clouds"), percent(row.cloud_max)))
    if row.with_held:
        facts.append((_("Area"), _("all of it, though parts are held")))
    return facts


def _views(row: Acquisition) -> str:
    views = str(row.get_mode_display())
    limits = {"low": number(row.bh_min, 2), "high": number(row.bh_max, 2)}
    if row.bh_min is not None and row.bh_max is not None:
        return _("%(views)s, B/H %(low)s to %(high)s") % {"views": views, **limits}
    if row.bh_min is not None:
        return _("%(views)s, B/H from %(low)s on") % {"views": views, **limits}
    return _("%(views)s, B/H up to %(high)s") % {"views": views, **limits} if row.bh_max is not None else views
