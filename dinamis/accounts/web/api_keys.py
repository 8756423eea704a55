# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of API keys: a list, a form, and the secret shown once in the answer to the form (docs/adr/0011)."""

from datetime import datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dinamis.accounts.enums import PARTNER_SCOPES, ApiScope
from dinamis.accounts.models import ApiClient, Organisation
from dinamis.accounts.selectors.api_client import keys_of, organisations_to_speak_for, standing
from dinamis.accounts.services.api_client import create_api_client, revoke_api_client, rotate_api_client
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, Invalid
from dinamis.core.http import whole_number
from dinamis.core.refusals import tell
from dinamis.core.widgets import DayInput

TONES = {"active": "ok", "expired": "over", "revoked": "over"}


class ApiKeyForm(forms.Form):
    """What a new key is for, on whose behalf, until when, from where."""

    name = forms.CharField(
        label=gettext_lazy("Name of the key"), max_length=80, help_text=gettext_lazy("The program that will use it.")
    )
    organisation: "forms.ModelChoiceField[Organisation]" = forms.ModelChoiceField(
        label=gettext_lazy("Acts as"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=gettext_lazy("me, with my own rights"),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=ApiScope.choices, widget=forms.CheckboxSelectMultiple
    )
    expires_on = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput())
    networks = forms.CharField(
        label=gettext_lazy("Only from these networks"),
        required=False,
        help_text=gettext_lazy("One per line, as 192.0.2.0/24. Empty: from anywhere."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        organisation, scopes = self.fields["organisation"], self.fields["scopes"]
        assert isinstance(organisation, forms.ModelChoiceField)
        assert isinstance(scopes, forms.MultipleChoiceField)
        organisation.queryset = organisations_to_speak_for(user)
        if not user.has_perm("accounts.grant_partner_scope"):
            scopes.choices = [choice for choice in ApiScope.choices if choice[0] not in PARTNER_SCOPES]

    def clean_expires_on(self) -> datetime:
        """Return the end of the last day, in Paris."""
        return datetime.combine(self.cleaned_data["expires_on"] + timedelta(days=1), time.min, tzinfo=clock.PARIS)

    def clean_networks(self) -> list[str]:
        """Return one network per line."""
        return self.cleaned_data["networks"].split()


@login_required
@never_cache
def api_keys(request):
    """List the keys one looks after."""
    at = clock.now()
    rows = [_row(client, at) for client in keys_of(request.user)]
    may_grant = request.user.has_perm("accounts.grant_partner_scope")
    return render(request, "accounts/api_keys.html", {"rows": rows, "may_grant_publishing": may_grant})


def _row(client, at):
    now = standing(client, at)
    labels = {"active": client.get_state_display(), "expired": _("expired"), "revoked": client.get_state_display()}
    return {
        "client": client,
        "standing": now,
        "label": labels[now],
        "tone": TONES[now],
        "scopes": [str(ApiScope(scope).label) for scope in client.scopes],
    }


@login_required
@never_cache
def create(request):
    """Make a key; the answer shows its secret, which no page shows again."""
    form = ApiKeyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            client, credentials = create_api_client(
                actor=request.user,
                name=data["name"],
                scopes=data["scopes"],
                expires_at=data["expires_on"],
                organisation=data["organisation"],
                networks=data["networks"],
            )
        except DomainError as error:
            _explain(form, error)
        else:
            return _shown_once(request, client, credentials)
    return render(request, "accounts/api_key_new.html", {"form": form}, status=422 if form.errors else 200)


def _explain(form, error) -> None:
    field = error.pointer if isinstance(error, Invalid) and error.pointer in form.fields else None
    form.add_error(field, str(error))


def _shown_once(request, client, credentials):
    return render(request, "accounts/api_key_secret.html", {"client": client, "credentials": credentials})


@login_required
@never_cache
@require_POST
def rotate(request, pk):
    """Renew the secret of a key and show it, once."""
    client = _client(request, pk)
    try:
        credentials = rotate_api_client(client=client, actor=request.user, expected_version=_version(request))
    except DomainError as error:
        tell(request, error)
        return redirect("api_keys:list")
    return _shown_once(request, client, credentials)


@login_required
@require_POST
def revoke(request, pk):
    """End a key."""
    client = _client(request, pk)
    try:
        revoke_api_client(client=client, actor=request.user)
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, _("The key “%(name)s” does not work any more.") % {"name": client.name})
    return redirect("api_keys:list")


def _client(request, pk):
    return get_object_or_404(ApiClient.objects.visible_to(request.user), pk=pk)


def _version(request):
    return whole_number(request.POST.get("version"))
