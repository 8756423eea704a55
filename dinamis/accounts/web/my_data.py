# SPDX-License-Identifier: AGPL-3.0-or-later
"""My data: what is held and why, a copy of it, the erasure of the account."""

from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dinamis.accounts.models import DataExport, Erasure
from dinamis.accounts.selectors.my_data import duties_of, export_of, open_erasure
from dinamis.accounts.services.data_export import request_export
from dinamis.accounts.services.erasure import ask_erasure, cancel_erasure
from dinamis.accounts.web.second_factor import recent_sign_in_required
from dinamis.core import clock
from dinamis.core.exceptions import DomainError
from dinamis.core.personal import End, register
from dinamis.core.refusals import tell

STAYS = (End.NUMBER, End.PSEUDONYM, End.ARCHIVE)


@login_required
@never_cache
@require_GET
def my_data(request):
    """What is held, why, on what basis, until when; the copy and the erasure under way."""
    context = {
        "lines": register.lines(),
        "export": export_of(request.user, at=clock.now()),
        "erasure": open_erasure(request.user),
        "days": settings.DINAMIS["EXPORT_DAYS"],
    }
    return render(request, "accounts/my_data.html", context)


@login_required
@recent_sign_in_required
@require_POST
def ask_export(request):
    """Have a copy made."""
    return _act(
        request,
        lambda: request_export(person=request.user),
        _("A copy of your data is being made: a mail tells you when it is ready."),
    )


@login_required
@recent_sign_in_required
@never_cache
@require_GET
def download(request, pk):
    """Hand over the copy to its person, while it has not expired."""
    exports = DataExport.objects.filter(person=request.user, expires_at__gt=clock.now())
    export = get_object_or_404(exports, pk=pk)
    response = HttpResponse(content_type="application/zip")
    name = f"dinamis-{export.ready_at:%Y-%m-%d}.zip"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Accel-Redirect"] = settings.FILES_INTERNAL_PREFIX + quote(export.storage_key)
    return response


@login_required
@recent_sign_in_required
@never_cache
def erasure(request):
    """Show what goes, what stays and why, what stands against it; a POST asks for it."""
    if request.method == "POST":
        done = _("The erasure of your account is asked for: the mail says until when you may take it back.")
        return _act(request, lambda: ask_erasure(person=request.user), done)
    context = {
        "duties": duties_of(request.user),
        "stays": [line for line in register.lines() if any(end in STAYS for _until, end in line.durations)],
        "goes": [line for line in register.lines() if all(end not in STAYS for _until, end in line.durations)],
        "under_way": open_erasure(request.user),
        "days": settings.DINAMIS["ERASURE_GRACE_DAYS"],
    }
    return render(request, "accounts/erasure.html", context)


@login_required
@require_POST
def cancel(request, pk):
    """Keep the account."""
    own = get_object_or_404(Erasure, pk=pk, person=request.user)
    return _act(request, lambda: cancel_erasure(erasure=own, person=request.user), _("Your account is kept."))


def _act(request, call, done):
    try:
        call()
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, done)
    return redirect("my_data:page")
