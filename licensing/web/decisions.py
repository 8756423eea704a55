# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letter of a decision: its page and its PDF, for those who may see the adhesion."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render

from dinamis.core.handover import accel_response, private
from licensing.documents import letter_facts
from licensing.models import Adhesion, Decision, DecisionLetter


@login_required
def decision(request, pk):
    """Show a decision with its reason and the way to contest it."""
    shown = _decision(request, pk)
    letter = DecisionLetter.objects.filter(decision=shown).first()
    context = {"decision": shown, "facts": letter_facts(shown), "letter": letter}
    return private(render(request, "licensing/decision.html", context))


@login_required
def decision_pdf(request, pk):
    """Hand the PDF over, as an attachment."""
    shown = _decision(request, pk)
    letter = DecisionLetter.objects.filter(decision=shown).first()
    if letter is None:
        raise Http404
    name = f"decision-{shown.adhesion_id}-{shown.pk}.pdf"
    return private(accel_response(letter.storage_key, file_name=name, media_type="application/pdf"))


def _decision(request, pk) -> Decision:
    rows = Decision.objects.filter(adhesion__in=Adhesion.objects.visible_to(request.user))
    return get_object_or_404(rows.select_related("adhesion__organisation", "adhesion__referent"), pk=pk)
