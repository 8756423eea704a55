# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of one right: what it allows, until when, on what it rests. For its holders and for the office."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render

from dinamis.core import clock
from dinamis.core.handover import private
from licensing.models import Entitlement
from licensing.selectors.basis import grounds_of, licence_names, titles_of
from licensing.selectors.rights import STANDINGS, standing


@login_required
def right(request, pk):
    """Show a right; titles of documents only to those who may see the adhesion."""
    at = clock.now()
    rows = Entitlement.objects.visible_to(request.user).select_related(
        "organisation", "licence", "project", "adhesion", "decision"
    )
    shown = get_object_or_404(rows.with_standing(at), pk=pk)
    opened = request.user.has_perm("licensing.view_adhesion", shown.adhesion)
    label, tone = STANDINGS[standing(shown, at)]
    context = {
        "right": shown,
        "label": label,
        "tone": tone,
        "grounds": grounds_of(shown, licences=licence_names(), titles=titles_of(shown) if opened else None),
        "opened": opened,
        "office": request.user.has_perm("licensing.moderate"),
        "causes": [cause for cause in shown.suspensions.all() if cause.lifted_at is None],
    }
    return private(render(request, "licensing/right.html", context))
