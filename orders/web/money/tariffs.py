# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tariffs: what is valid, what will be, what was; a new rate from a day on."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dinamis.core import clock
from licensing.web.support import attempt
from orders.selectors.money.costs import tariffs
from orders.services.money.tariffs import set_tariff
from orders.web.money.envelope_forms import TariffForm, m2_of, midnight
from orders.web.reviewing.office import office_only

# Why the first rates are what they are, as migration 0009 wrote it: the page says it in the language of its reader.
FIRST_REASONS = (
    gettext_noop(
        "Published in 2016 (MTE): preferential rate by public service delegation, minimum areas of the provider."
    ),
    gettext_noop("Taken like Pléiades until a rate is published."),
    gettext_noop("Free for members (MTE, 2016); minimum areas of the provider."),
)


@office_only
def index(request):
    """Every rate, and the form that sets one."""
    form = TariffForm(request.POST or None)

    def write():
        data = dict(form.cleaned_data)
        set_tariff(
            actor=request.user,
            cents_per_km2=round(data.pop("price") * 100),
            minimum_m2=m2_of(data.pop("minimum")),
            since=midnight(data.pop("since")),
            **data,
        )

    if request.method == "POST" and form.is_valid() and attempt(form, write):
        messages.success(request, _("The rate is set."))
        return redirect("orders:tariffs")
    now = clock.now()
    rows = [{"row": row, "current": now in row.valid} for row in tariffs()]
    return render(request, "orders/money/tariffs.html", {"rows": rows, "form": form})
