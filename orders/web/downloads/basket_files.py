# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links to the files of the images put aside, as a list that programs fetch."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dinamis.catalogue.selectors.basket import basket_of, files_of
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotEntitled
from dinamis.core.refusals import tell
from orders.domain.file_lists import FORMATS
from orders.services.downloads.coverage_files import issue_links


@login_required
@require_POST
def files(request):
    """Answer with links to every file that may be downloaded now; they are made for this person alone."""
    asked = FORMATS.get(request.POST.get("format", ""), FORMATS["txt"])
    at = clock.now()
    found = files_of(basket_of(request.user, viewer_of(request.user, at=at)))
    try:
        links = issue_links(person=request.user, files=found, project=None, at=at)
    except (NotEntitled, Invalid) as error:
        tell(request, error)
        return redirect("catalogue:basket")
    response = HttpResponse(asked.write(links), content_type=asked.media_type)
    response["Content-Disposition"] = f'attachment; filename="dinamis-{clock.today():%Y-%m-%d}.{asked.ending}"'
    response["Cache-Control"] = "private, no-store"
    return response
