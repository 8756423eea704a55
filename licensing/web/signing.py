# SPDX-License-Identifier: AGPL-3.0-or-later
"""The legal representative's pages, without an account. A GET changes nothing, however often it is made."""

from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid, StaleVersion
from dinamis.core.handover import private
from dinamis.core.http import client_ip
from dinamis.core.refusals import tell
from licensing.models import SigningLink
from licensing.selectors.adhesion import find_link, is_signed, texts_due
from licensing.services.acceptance import TextAccepted
from licensing.services.adhesion import decline_signature, request_signing_code, sign_adhesion
from licensing.services.names import NAME_DIFFERS, check_typed_name
from licensing.services.signature import check_signature
from licensing.services.signing_link import check_open
from licensing.web.forms import CodeForm, DeclineForm, SignatureForm
from licensing.web.support import attempt, user_agent


def with_link(view):
    """Resolve the token, speak the reader's language, and answer a link that is not open with a clear page."""

    @wraps(view)
    def wrapper(request, token, *args, **kwargs):
        link = find_link(token)
        with translation.override(_language(request, link)):
            if link is None:
                error = IllegalTransition(_("This link is not one of ours, or it was copied incompletely."))
                return private(_closed(request, error, None, status=404))
            try:
                check_open(link)
            except IllegalTransition as error:
                return private(_closed(request, error, link, status=410))
            request.session.set_expiry(3600)
            return private(view(request, link, token, *args, **kwargs))

    return wrapper


def _language(request, link: SigningLink | None) -> str:
    asked = request.GET.get("language") or request.POST.get("language") or ""
    chosen = asked or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    known = dict(settings.LANGUAGES)
    return chosen if chosen in known else (link.language if link else translation.get_language())


def _closed(request, error, link, *, status) -> HttpResponse:
    context = {"error": error, "link": link, "signed": link is not None and is_signed(link)}
    return render(request, "licensing/signing_closed.html", context, status=status)


def _session_key(link: SigningLink) -> str:
    return f"signing:{link.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def signing(request, link, token):
    """Show every text in full; keep what was ticked and typed, mail a code, and lead to the page that asks for it."""
    versions = texts_due(link.matter)
    language = translation.get_language()[:2]
    form = SignatureForm(
        request.POST or None,
        versions=versions,
        language=language,
        confirm_name="name_confirmed" in request.POST or _differs(request, link),
    )
    if request.method == "POST" and form.is_valid() and _keep(request, form, link):
        return redirect("licensing:signing_code", token)
    context = {
        "form": form,
        "rows": form.rows(),
        "link": link,
        "matter": link.matter,
        "language": language,
        "token": token,
        "decline_form": DeclineForm(),
        "steps": steps("read"),
    }
    return render(request, "licensing/signing.html", context, status=422 if form.errors else 200)


def _differs(request, link) -> bool:
    if request.method != "POST":
        return False
    try:
        check_typed_name(request.POST.get("typed_name", ""), link.matter.legal_representative_name, confirmed=False)
    except Invalid as error:
        return error.code == NAME_DIFFERS
    return False


def _keep(request, form, link) -> bool:
    """Check what needs no code, mail the code, keep the rest for the next page."""
    data = form.cleaned_data
    confirmed = data.get("name_confirmed", False)
    kept = {"typed_name": data["typed_name"], "name_confirmed": confirmed, "texts": form.accepted()}

    def check():
        check_before_code(link, kept)
        request_signing_code(link=link)

    if attempt(form, check):
        request.session[_session_key(link)] = kept
        return True
    return False


def check_before_code(link, kept):
    """Refuse what the signature would refuse, before a code is mailed."""
    check_signature(
        link.matter,
        typed_name=kept["typed_name"],
        acceptances=[TextAccepted(**text) for text in kept["texts"]],
        name_confirmed=kept["name_confirmed"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def signing_code(request, link, token):
    """Ask for the mailed code; the right one signs."""
    kept = request.session.get(_session_key(link))
    if not kept:
        return redirect("licensing:signing", token)
    if "resend" in request.POST:
        form = CodeForm()
        sent = _resend(request, link)
        return redirect("licensing:signing_code", token) if sent else _code_page(request, link, token, form, kept)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if attempt(form, lambda: _sign(request, link, kept, form.cleaned_data["code"])):
                return _signed(request, link)
        except StaleVersion as error:
            del request.session[_session_key(link)]
            messages.error(request, str(error))
            return redirect("licensing:signing", token)
    return _code_page(request, link, token, form, kept)


def _signed(request, link):
    del request.session[_session_key(link)]
    request.session["signed"] = link.pk
    request.session.pop("declined", None)
    return redirect("licensing:signing_done")


def _resend(request, link) -> bool:
    try:
        request_signing_code(link=link)
    except DomainError as error:
        tell(request, error)
        return False
    messages.success(request, _("A new code was mailed."))
    return True


def _sign(request, link, kept, code):
    sign_adhesion(
        link=link,
        code=code,
        typed_name=kept["typed_name"],
        acceptances=[TextAccepted(**text) for text in kept["texts"]],
        ip=client_ip(request),
        user_agent=user_agent(request),
        name_confirmed=kept["name_confirmed"],
    )


def _code_page(request, link, token, form, kept):
    ticked = {text["version_id"] for text in kept["texts"]}
    versions = [version for version in texts_due(link.matter) if version.pk in ticked]
    context = {
        "form": form,
        "link": link,
        "matter": link.matter,
        "token": token,
        "versions": versions,
        "typed_name": kept["typed_name"],
        "minutes": settings.DINAMIS["SIGNING_CODE_MINUTES"],
        "steps": steps("code"),
    }
    return render(request, "licensing/signing_code.html", context, status=422 if form.errors else 200)


@require_POST
@with_link
def signing_decline(request, link, token):
    """Refuse to sign, with a reason the référent reads."""
    form = DeclineForm(request.POST)
    if form.is_valid() and attempt(form, lambda: decline_signature(link=link, reason=form.cleaned_data["reason"])):
        request.session["declined"] = link.pk
        request.session.pop("signed", None)
        return redirect("licensing:signing_done")
    return render(request, "licensing/signing_decline.html", {"form": form, "link": link, "token": token}, status=422)


def signing_done(request):
    """Say what happened after the last act of this browser."""
    pk = request.session.get("signed") or request.session.get("declined")
    link = SigningLink.objects.filter(pk=pk).first()
    if link is None:
        return redirect("home")
    context = {"link": link, "signed": "signed" in request.session, "steps": steps("done")}
    with translation.override(_language(request, link)):
        return private(render(request, "licensing/signing_done.html", context))


def steps(current: str) -> list[dict[str, str]]:
    """Return the stepper: read and accept, code, done."""
    names = (("read", _("Read and accept")), ("code", _("Confirm with the code")), ("done", _("Done")))
    order = [name for name, _label in names]
    position = order.index(current)
    return [
        {"label": label, "state": "done" if i < position else "now" if i == position else "next"}
        for i, (name, label) in enumerate(names)
    ]
