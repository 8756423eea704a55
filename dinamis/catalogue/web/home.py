# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first page: what DINAMIS is, in one sentence and a map."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dinamis.catalogue.selectors.facets import holdings


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the sentence, the map of what exists, two actions."""
    return render(request, "catalogue/home.html", {"holdings": holdings()})
