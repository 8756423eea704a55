# SPDX-License-Identifier: AGPL-3.0-or-later
"""What I owe and what I have published; one report or certificate, and sending it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dinamis.core.actors import Actor
from dinamis.core.handover import accel_response, private
from dinamis.core.transitions import can
from dinamis.core.widgets import DayInput
from licensing.services.names import same_name
from licensing.web.support import act, attempt
from orders.enums import ObligationKind
from orders.models import Obligation
from orders.selectors.duties import obligations as selectors
from orders.services.duties import obligations, publications
from orders.web.duties.publication_form import PublicationForm

SHOWN_FILES = 500
PER_PAGE = 50


class ReportForm(forms.Form):
    """What the images served for."""

    words = forms.CharField(
        label=gettext_lazy("What the images served for"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    results = forms.CharField(
        label=gettext_lazy("Results, difficulties, what was missing"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CertificateForm(forms.Form):
    """The signature under a certificate of destruction."""

    destroyed_on = forms.DateField(label=gettext_lazy("Destroyed on"), widget=DayInput())
    words = forms.CharField(
        label=gettext_lazy("How, and where the copies were"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("Every file of the list, and every copy of it, is destroyed; nothing is left with others.")
    )
    typed_name = forms.CharField(label=gettext_lazy("Your first and last name, as a signature"), max_length=200)
    name_confirmed = forms.BooleanField(
        label=gettext_lazy("The name typed is mine, though my account shows another one"), required=False
    )

    def __init__(self, data, *, name):
        super().__init__(data)
        # Asked only of who typed another name.
        if data is None or same_name(data.get("typed_name", ""), name):
            del self.fields["name_confirmed"]


@login_required
@require_safe
def index(request):
    """What I owe, what was sent, and what I have published."""
    page = Paginator(selectors.mine(request.user), PER_PAGE).get_page(request.GET.get("page"))
    rows, works = list(page), Paginator(selectors.publications_of(request.user), PER_PAGE)
    context = {
        "page_obj": page,
        "due": [row for row in rows if row.state == "due"],
        "done": [row for row in rows if row.state != "due"],
        "publications": works.get_page(request.GET.get("works")),
    }
    return render(request, "orders/duties/obligations.html", context)


@login_required
def obligation(request, pk):
    """One report or certificate: what is known, and what is still to be said."""
    row = _or_404(request.user, pk)
    may_send = can(row, "send", Actor.person(request.user))
    form = _form(row, request.user, request.POST or None) if may_send else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and attempt(form, lambda: _send(request, row, form.cleaned_data)):
            messages.success(request, _("It was sent to the office. Thank you."))
            return redirect("orders:obligation", pk)
    files = row.facts.get("files", [])
    context = {
        "row": row,
        "tone": {"due": "act", "done": "ok"}.get(row.state, "over"),
        "form": form,
        "files": files[:SHOWN_FILES],
        "more": max(len(files) - SHOWN_FILES, 0),
        "publications": selectors.publications_about(row),
        "may_lift": can(row, "lift", Actor.person(request.user)),
    }
    return render(request, "orders/duties/obligation.html", context, status=422 if form and form.errors else 200)


@login_required
@require_safe
def certificate(request, pk):
    """Hand the certificate over, as an attachment."""
    row = _or_404(request.user, pk)
    if not row.storage_key:
        raise Http404
    name = f"{row.number}.pdf"
    return private(accel_response(row.storage_key, file_name=name, media_type="application/pdf"))


@login_required
def publish(request):
    """Declare a publication."""
    form = PublicationForm(request.POST or None, person=request.user)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(form, lambda: publications.declare_publication(person=request.user, **form.said()))
    ):
        messages.success(request, _("The publication is declared. Thank you."))
        return redirect("orders:obligations")
    return render(request, "orders/duties/publication.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request, pk):
    """Take a declaration back."""
    row = get_object_or_404(selectors.publications_of(request.user), pk=pk)
    return act(
        request,
        lambda: publications.remove_publication(publication=row, actor=request.user),
        done=_("The declaration is removed."),
        to=reverse("orders:obligations"),
    )


def _or_404(user, pk) -> Obligation:
    return get_object_or_404(selectors.with_names(Obligation.objects.visible_to(user)), pk=pk)


def _form(row: Obligation, user, data):
    if row.kind == ObligationKind.USAGE_REPORT:
        return ReportForm(data)
    return CertificateForm(data, name=user.name)


def _send(request, row: Obligation, said):
    if row.kind == ObligationKind.USAGE_REPORT:
        return obligations.send_report(obligation=row, actor=request.user, **said)
    return obligations.certify_destruction(obligation=row, actor=request.user, **said)
