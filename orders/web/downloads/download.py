# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking for a file: a ticket is issued, and the person sent to the gateway or given the link to copy."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dinamis.catalogue.models import Asset
from dinamis.core import clock
from dinamis.core.exceptions import NotEntitled
from dinamis.core.http import whole_number
from dinamis.core.problem import problem, problem_from, wants_problem
from licensing.models import Project
from orders.services.downloads.ticket import issue_ticket
from orders.web.support import missing_lines


@require_http_methods(["GET", "POST"])
def download(request, pk, key):
    """Issue a link for one file. GET only leads back to the image: a link is made when somebody asks for it."""
    asset = get_object_or_404(Asset.objects.select_related("item__collection__licence"), item_id=pk, key=key)
    if request.method == "GET":
        return redirect("catalogue:item", pk)
    if not request.user.is_authenticated:
        if wants_problem(request):
            return problem(401, "not_signed_in", _("Sign in first."))
        return redirect_to_login(request.get_full_path())
    try:
        ticket, _token, paths = issue_ticket(
            person=request.user, assets=[asset], project=_project(request), at=clock.now()
        )
    except NotEntitled as error:
        return _denied(request, asset, error)
    return _given(request, asset, ticket, paths[asset.pk])


def _project(request):
    """The id of the project named, when it is one of the person's; any other is as good as none."""
    named = Project.objects.visible_to(request.user).filter(pk=whole_number(request.POST.get("project")) or 0)
    return named.values_list("pk", flat=True).first()


def _denied(request, asset, error):
    if wants_problem(request):
        return problem_from(error)
    missing = error.extra["missing"]
    context = {"asset": asset, "missing": missing_lines(missing)}
    if any(reason["code"] == "project_required" for reason in missing):
        context["projects"] = Project.objects.visible_to(request.user)
    return render(request, "orders/requests/denied.html", context, status=error.status)


def _given(request, asset, ticket, path):
    url = settings.SITE_URL + path
    response: HttpResponse
    if wants_problem(request):
        response = JsonResponse(
            {
                "href": url,
                "name": asset.file_name,
                "size": asset.size,
                "sha256": asset.sha256,
                "expires_at": ticket.expires_at.isoformat(),
            }
        )
    elif request.POST.get("copy"):
        response = render(request, "orders/downloads/link.html", {"asset": asset, "url": url, "ticket": ticket})
    else:
        response = HttpResponseRedirect(path)
        response.status_code = 303
    response["Cache-Control"] = "private, no-store"
    return response
