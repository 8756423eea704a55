# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which organisation publishes in which collection: the page of administrators."""

from functools import wraps

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Collection, PublishingRight
from dinamis.catalogue.selectors.publishing_rights import publishers
from dinamis.catalogue.services.publishing_rights import end_right, give_right
from dinamis.core.http import whole_number
from licensing.web.support import act, attempt


class RightsForm(forms.Form):
    """An organisation, and the collections it is to publish in."""

    organisation: "forms.ModelChoiceField[Organisation]" = forms.ModelChoiceField(
        label=gettext_lazy("Organisation"),
        queryset=Organisation.objects.order_by("name"),
        empty_label=gettext_lazy("Choose an organisation"),
    )
    collections: "forms.ModelMultipleChoiceField[Collection]" = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Collections"),
        queryset=Collection.objects.order_by("position", "slug"),
        widget=forms.CheckboxSelectMultiple,
    )


def administrators_only(view):
    """Let administrators in; the page does not exist for anybody else."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("accounts.grant_partner_scope"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@administrators_only
def index(request):
    """Who publishes where, and a form to let somebody."""
    form = RightsForm(request.POST or None, initial={"organisation": whole_number(request.GET.get("organisation"))})
    sent = request.method == "POST" and form.is_valid()
    if sent and attempt(form, lambda: give_right(actor=request.user, **form.cleaned_data)):
        messages.success(request, _("The keys of this organisation may publish there from now on."))
        return redirect("catalogue:publishing")
    context = {"form": form, "publishers": publishers()}
    return render(request, "catalogue/publishing.html", context, status=422 if form.errors else 200)


@administrators_only
@require_POST
def end(request, pk):
    """End a right, at once."""
    right = get_object_or_404(PublishingRight, pk=pk)
    done = _("The keys of this organisation are refused there from now on.")
    return act(request, lambda: end_right(right=right, actor=request.user), done=done, to="catalogue:publishing")
