# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the views of licensing share: answers to refusals, where a request comes from, small shapes for components."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from dinamis.core.actors import who_words
from dinamis.core.exceptions import DomainError, Invalid, SeveralInvalid, StaleVersion
from dinamis.core.models import StateChange
from dinamis.core.refusals import tell
from dinamis.core.sentences import say
from licensing.web.happened import HAPPENED

ADHESION_TONES = {
    "draft": "neutral",
    "awaiting_signature": "wait",
    "submitted": "wait",
    "in_review": "progress",
    "changes_requested": "act",
    "approved": "ok",
    "refused": "bad",
    "withdrawn": "over",
    "suspended": "act",
    "revoked": "bad",
    "terminated": "over",
}


def attempt(form: forms.Form, call: Callable[[], Any]) -> bool:
    """Run a verb; a refusal becomes an error of the field it names, or of the form. Tells whether it went through.

    Raises StaleVersion: what was shown is old, so the same form must not be shown again.
    """
    try:
        call()
    except StaleVersion:
        raise
    except DomainError as error:
        for one in error.errors if isinstance(error, SeveralInvalid) else (error,):
            _add(form, one)
        return False
    return True


def _add(form: forms.Form, error: DomainError) -> None:
    """Put a refusal on the field it names: `options/dem` names `dem`, `areas/2` names `areas`; a form may say in
    `pointers` under which field of its own a name is shown."""
    text, field = str(error), None
    if isinstance(error, Invalid):
        text = f"{text} {error.repair}".strip()
        aliases = getattr(form, "pointers", {})
        names = (error.pointer, *reversed(error.pointer.split("/")))
        field = next((known for name in names if (known := aliases.get(name, name)) in form.fields), None)
    form.add_error(field, forms.ValidationError(text, code=error.code))


def act(request: HttpRequest, call: Callable[[], Any], *, done: str, to: str) -> HttpResponseRedirect:
    """Run a verb behind a button: say what was done, or why not, on the page it came from.

    Raises StaleVersion: what was decided on is old, and the answer (409) says who acted meanwhile and leads back.
    """
    try:
        call()
    except StaleVersion as error:
        error.extra["back"] = to
        raise
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, done)
    return redirect(to)


def moderators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 to everybody but the office: the page does not exist for them."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("licensing.moderate"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def etag_of(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def safe_next(request: HttpRequest) -> str:
    """Return the page of ours to go to afterwards that the form or the address names, or ""."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""


def user_agent(request: HttpRequest) -> str:
    """Return what the browser says it is."""
    return request.headers.get("User-Agent", "")


def timeline(
    changes: Iterable[StateChange], happened: Mapping[tuple[str, str], Any] = HAPPENED
) -> list[dict[str, Any]]:
    """Return the steps of components/timeline.html for a history; `happened` says each (aggregate, transition)."""
    return [
        {
            "title": str(happened[change.aggregate, change.transition]),
            "who": who_words(change.actor_label),
            "when": change.at,
            "text": say(change.words),
            "kind": "bad" if change.transition in {"refuse", "suspend", "revoke", "decline_signature"} else "done",
        }
        for change in changes
    ]
