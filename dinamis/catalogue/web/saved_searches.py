# SPDX-License-Identifier: AGPL-3.0-or-later
"""Saved searches: the list, saving, changing, and the link of the mails that stops them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dinamis.accounts.models import User
from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import Collection, SavedSearch
from dinamis.catalogue.notifications import STOP
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.saved_searches import latest_round
from dinamis.catalogue.services.saved_searches import (
    change_search,
    delete_search,
    kept_query,
    read_search,
    save_search,
    stop_alerts,
)
from dinamis.catalogue.web.asked import in_words
from dinamis.catalogue.web.signed_in import SignedIn
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, Invalid
from dinamis.core.refusals import tell


class SavedSearchForm(forms.Form):
    """The name of a search, and how often a mail tells what is new of it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    alert = forms.ChoiceField(
        label=gettext_lazy("Tell me by mail what is new"), choices=Alert.choices, widget=forms.RadioSelect
    )


@login_required
@never_cache
@require_GET
def index(request: SignedIn) -> HttpResponse:
    """List the searches one keeps."""
    kept, known = SavedSearch.objects.filter(owner=request.user).select_related("owner", "mark"), choices()
    rows = [_row(search, known) for search in kept]
    return render(request, "catalogue/saved.html", {"rows": rows, "hour": latest_round(Alert.DAILY, clock.now())})


def _row(search: SavedSearch, collections: list[Collection] | None = None) -> dict[str, Any]:
    try:
        asked, wrong = in_words(read_search(search.query, search.owner, collections=collections)), ""
    except Invalid as error:
        asked, wrong = "", str(error)
    return {
        "search": search,
        "url": f"{reverse('catalogue:search')}?{search.query}",
        "asked": asked,
        "wrong": wrong,
        "alert": search.alert != Alert.OFF,
    }


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def save(request: SignedIn) -> HttpResponse:
    """Ask for a name, and keep the search of the address."""
    query = kept_query(request.GET)
    try:
        asked = in_words(read_search(query, request.user))
    except Invalid as error:
        tell(request, error)
        return redirect(f"{reverse('catalogue:search')}?{query}")
    form = SavedSearchForm(request.POST or None, initial={"name": asked[:80], "alert": Alert.OFF})
    if request.method == "POST" and _done(
        form,
        lambda data: save_search(owner=request.user, query=QueryDict(query), **data),
    ):
        messages.success(request, _("The search is saved."))
        return redirect("catalogue:saved_searches")
    context = {"form": form, "asked": asked, "back": f"{reverse('catalogue:search')}?{query}"}
    return render(request, "catalogue/saved_edit.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: SignedIn, pk: int) -> HttpResponse:
    """Change the name of a search and the rhythm of its alert."""
    search = get_object_or_404(SavedSearch.objects.select_related("owner", "mark"), owner=request.user, pk=pk)
    form = SavedSearchForm(request.POST or None, initial={"name": search.name, "alert": search.alert})
    if request.method == "POST" and _done(form, lambda data: change_search(owner=request.user, pk=pk, **data)):
        messages.success(request, _("The search is changed."))
        return redirect("catalogue:saved_searches")
    context = {"form": form, "search": search, "back": reverse("catalogue:saved_searches"), **_row(search)}
    return render(request, "catalogue/saved_edit.html", context, status=422 if form.errors else 200)


def _done(form: SavedSearchForm, write: Any) -> bool:
    """Run a verb with what was typed; a refusal becomes an error of the form."""
    if not form.is_valid():
        return False
    try:
        write(form.cleaned_data)
    except DomainError as error:
        repair = error.repair if isinstance(error, Invalid) else ""
        form.add_error("name" if getattr(error, "pointer", "") == "name" else None, f"{error} {repair}".strip())
        return False
    return True


@login_required
@require_POST
def delete(request: SignedIn, pk: int) -> HttpResponse:
    """Forget a search."""
    search = get_object_or_404(SavedSearch, owner=request.user, pk=pk)
    delete_search(owner=request.user, pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": search.name})
    return redirect("catalogue:saved_searches")


# A mail program posts without our page and without our cookies (RFC 8058): the signed address is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the alerts of who got the mail, signed in or not: a GET asks, a POST does it."""
    try:
        owner = User.objects.get(pk=int(STOP.unsign(token)))
    except (signing.BadSignature, ValueError, User.DoesNotExist) as error:
        raise Http404 from error
    if request.method == "POST":
        stop_alerts(owner=owner)
    return render(request, "catalogue/saved_stop.html", {"stopped": request.method == "POST"})
