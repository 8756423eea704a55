# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of a one-time link beside the signature: correct the entity, name the right person. A GET changes nothing."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from licensing.services.representative import correct_entity, entity_of, may_correct, name_other_person
from licensing.web.forms import CorrectionForm, OtherPersonForm
from licensing.web.signing import with_link
from licensing.web.support import attempt


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def correct(request, link, token):
    """Correct what the form says of the organisation; the texts are read again afterwards."""
    form = CorrectionForm(request.POST or None, initial=entity_of(link.matter), whole=may_correct(link.matter))
    made = []

    def keep():
        made.append(correct_entity(link=link, values=form.cleaned_data))

    if request.method == "POST" and form.is_valid() and attempt(form, keep):
        if made[0] is not None:
            messages.success(request, _("Your correction was kept, and the référent was told."))
        return redirect("licensing:signing", token)
    context = {"form": form, "link": link, "token": token}
    return render(request, "licensing/signing_correct.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def other_person(request, link, token):
    """Say that somebody else is the legal representative."""
    form = OtherPersonForm(request.POST or None)

    def tell():
        name_other_person(link=link, **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and attempt(form, tell):
        request.session["declined"] = link.pk
        request.session.pop("signed", None)
        return redirect("licensing:signing_done")
    context = {"form": form, "link": link, "token": token}
    return render(request, "licensing/signing_other.html", context, status=422 if form.errors else 200)
