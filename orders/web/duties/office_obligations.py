# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's list of what is owed, lifting it, and the same as CSV; the publications as CSV."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dinamis.core import clock
from dinamis.core.spreadsheet import download
from licensing.web.support import act
from orders.domain.doi import address
from orders.enums import ObligationKind, ObligationState
from orders.models import Obligation, Publication
from orders.selectors.duties.obligations import listed
from orders.services.duties.obligations import lift as lift_obligation
from orders.web.reviewing.office import office_only

PER_PAGE = 50
ANY = [("", "—")]
COLUMNS = (
    "number", "kind", "state", "late", "person", "organisation", "project", "asked_on", "due_on", "sent_on", "images",
    "files", "area_km2", "words", "results",
)  # fmt: skip
PUBLICATION_COLUMNS = ("doi", "address", "title", "year", "organisation", "person", "project", "images", "declared_on")


class FilterForm(forms.Form):
    """What narrows the list; all of it is in the address."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=[*ANY, *ObligationKind.choices])
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[*ANY, ("late", gettext_lazy("late")), *ObligationState.choices],
    )
    q = forms.CharField(label=gettext_lazy("Organisation, person or project"), required=False, max_length=100)

    def rows(self) -> Any:
        """Return what fits; what is not known is no filter."""
        self.is_valid()
        return listed(**self.cleaned_data, today=clock.today())


@office_only
@require_safe
def index(request):
    """What is owed, the next due first."""
    form = FilterForm(request.GET)
    page = Paginator(form.rows(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "query": request.GET.urlencode(), "late": listed_late()}
    return render(request, "orders/duties/office_obligations.html", context)


def listed_late() -> int:
    """Return how many are late."""
    return listed(state="late", today=clock.today()).count()


@office_only
@require_POST
def lift(request, pk):
    """Lift an obligation, with a reason."""
    row = get_object_or_404(Obligation, pk=pk)
    return act(
        request,
        lambda: lift_obligation(obligation=row, actor=request.user, words=request.POST.get("words", "")),
        done=_("It is lifted."),
        to=reverse("orders:obligation", args=[pk]),
    )


@office_only
@require_safe
def obligations_csv(request):
    """Hand the list over, narrowed as it is shown (RFC 4180)."""
    rows = FilterForm(request.GET).rows().iterator(chunk_size=500)
    return download("dinamis-obligations.csv", COLUMNS, map(_line, rows))


@office_only
@require_safe
def publications_csv(request):
    """Hand every declared publication over (RFC 4180)."""
    rows = Publication.objects.select_related("organisation", "person", "project").prefetch_related("items")
    return download("dinamis-publications.csv", PUBLICATION_COLUMNS, map(_work, rows.iterator(chunk_size=500)))


def _line(row: Obligation) -> Sequence[Any]:
    facts = row.facts
    return (
        row.number, row.kind, row.state, "yes" if row.late else "", str(row.person), str(row.organisation),
        str(row.project or ""), row.opened_at.astimezone(clock.PARIS).date(), row.due_on,
        row.sent_at.astimezone(clock.PARIS).date() if row.sent_at else "", facts.get("images", 0),
        len(facts.get("files", [])), round(facts.get("area_m2", 0) / 1_000_000, 2), row.words, row.results,
    )  # fmt: skip


def _work(row: Publication) -> Sequence[Any]:
    images = " ".join(item.stac_id for item in row.items.all())
    return (
        row.doi, address(row.doi), row.title, row.year, str(row.organisation), str(row.person),
        str(row.project or ""), images, row.declared_at.astimezone(clock.PARIS).date(),
    )  # fmt: skip
