# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public page that verifies a certificate, and the PDF for those who hold its secret."""

import hmac

from django.http import Http404
from django.shortcuts import get_object_or_404, render

from dinamis.core import clock
from dinamis.core.handover import accel_response, private
from licensing.documents import certificate_facts
from licensing.models import Certificate


def certificate(request, number):
    """Tell whether a certificate is valid now; its secret, or a right to see the adhesion, opens the rest."""
    shown = _certificate(number)
    opened = _opened(request, shown)
    context = {
        "facts": certificate_facts(shown, at=clock.now()),
        "certificate": shown,
        "opened": opened,
        "key": request.GET.get("key", "") if opened else "",
        "at": clock.now(),
    }
    return private(render(request, "licensing/verification.html", context))


def certificate_pdf(request, number):
    """Hand the PDF over, as an attachment."""
    shown = _certificate(number)
    if not _opened(request, shown) or not shown.storage_key:
        raise Http404
    return private(accel_response(shown.storage_key, file_name=f"{shown.number}.pdf", media_type="application/pdf"))


def _certificate(number: str) -> Certificate:
    rows = Certificate.objects.select_related("adhesion__organisation", "adhesion__referent")
    return get_object_or_404(rows, number=number)


def _opened(request, shown: Certificate) -> bool:
    """The QR code's secret opens it, and so does seeing the adhesion."""
    if hmac.compare_digest(request.GET.get("key", "").encode(), shown.secret.encode()):
        return True
    return bool(request.user.is_authenticated and request.user.has_perm("licensing.view_adhesion", shown.adhesion))
