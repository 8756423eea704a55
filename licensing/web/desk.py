# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of adhesions."""

from django import forms
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from licensing.enums import AdhesionState, EligibilityClass
from licensing.selectors.adhesion import WAITING
from licensing.selectors.desk import HOLDERS, MISSING, QueueFilter, change_rows, queue, queue_rows
from licensing.web.support import moderators_only

PER_PAGE = 25
ANY = [("", "—")]


class QueueForm(forms.Form):
    """The filters; what is not known is no filter."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[*ANY, *((s.value, s.label) for s in AdhesionState if s in WAITING)]
    )
    eligibility_class = forms.ChoiceField(label=_("Class"), required=False, choices=[*ANY, *EligibilityClass.choices])
    holder = forms.ChoiceField(label=_("In charge"), required=False, choices=[*ANY, *HOLDERS])
    missing = forms.ChoiceField(label=_("What is missing"), required=False, choices=[*ANY, *MISSING])
    late = forms.BooleanField(label=_("Beyond the service level only"), required=False)

    def wanted(self) -> QueueFilter:
        """Return the filters that are right."""
        self.is_valid()
        return QueueFilter(**self.cleaned_data)


@moderators_only
def desk(request):
    """List the adhesions under review."""
    at = clock.now()
    form = QueueForm(request.GET)
    page = Paginator(queue(form.wanted(), request.user, at).only("pk", "submitted_at"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"form": form, "page_obj": page, "rows": queue_rows(list(page), request.user, at), "at": at}
    context["changes"] = change_rows(request.user, at)
    return render(request, "licensing/desk.html", context)
