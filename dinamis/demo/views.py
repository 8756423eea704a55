# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two pages of the demonstration: its people and its mailbox."""

from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dinamis.demo import guide
from dinamis.demo import mailbox as box
from dinamis.demo.models import SentMail
from dinamis.demo.people import PASSWORD

MAILS_PER_PAGE = 40


class HttpResponseRepeat(HttpResponseRedirect):
    """307: the browser sends the same form again to the new address (RFC 9110, 15.4.8)."""

    status_code = 307


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The people of the demo, what each may try, and the path in six steps."""
    sign_in = reverse("demo:switch" if request.user.is_authenticated else "account_login")
    context = {
        "people": guide.people_shown(),
        "password": PASSWORD,
        "sign_in_url": sign_in,
        "steps": guide.steps(),
        "links": guide.links(),
    }
    return render(request, "demo/people.html", context)


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Sign out, then let the browser send the same form to the ordinary sign-in page, which checks the password."""
    logout(request)
    return HttpResponseRepeat(reverse("account_login"))


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Mails newest first: a page, or with `format=json` all of them; `to` keeps one recipient."""
    address = request.GET.get("to", "").strip().lower()
    mails = box.mails_to(address)
    if request.GET.get("format") == "json":
        return JsonResponse(list(mails.values("to", "subject", "body", "sent_at")), safe=False)
    page = Paginator(mails, MAILS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "address": address, "recipients": box.recipients()}
    return render(request, "demo/mailbox.html", context)


@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as its reader would see it."""
    found = get_object_or_404(SentMail, pk=pk)
    return render(request, "demo/mail.html", {"mail": found, "body": box.linkified(found.body)})
