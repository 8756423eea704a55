# SPDX-License-Identifier: AGPL-3.0-or-later
"""The référent's rules: which affiliation, said by the institution's provider of identity, makes a member."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.enums import Affiliation, RuleEffect
from dinamis.accounts.models import AffiliationRule, Organisation
from dinamis.accounts.selectors.identity import configured_providers, scopes_of
from dinamis.accounts.selectors.membership import organisations_led_by
from dinamis.accounts.services.identity import switch_off_rule, switch_on_rule
from licensing.web.support import act, attempt


class AffiliationRuleForm(forms.Form):
    """One rule."""

    scope = forms.CharField(
        label=gettext_lazy("Scope"), max_length=253, help_text=gettext_lazy("A domain, such as univ-example.fr.")
    )
    affiliation = forms.ChoiceField(label=gettext_lazy("Affiliation"), choices=Affiliation.choices)
    effect = forms.ChoiceField(label=gettext_lazy("Effect"), choices=RuleEffect.choices, widget=forms.RadioSelect)


@login_required
def affiliations(request, pk):
    """Show the rules of an organisation and switch another one on."""
    organisation = get_object_or_404(organisations_led_by(request.user), pk=pk)
    known = sorted(scopes_of(request.user))
    first = {"scope": known[0] if known else "", "effect": RuleEffect.PROPOSE}
    form = AffiliationRuleForm(request.POST or None, initial=first)

    def switch_on():
        switch_on_rule(organisation=organisation, actor=request.user, **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and attempt(form, switch_on):
        messages.success(request, _("The rule is switched on: it applies from the next sign-in on."))
        return redirect("accounts:affiliations", pk)
    context = {
        "organisation": organisation,
        "form": form,
        "rules": organisation.affiliation_rules.filter(ended_at=None).select_related("created_by"),
        "offered": configured_providers(),
        "known": known,
    }
    return render(request, "accounts/affiliations.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def affiliation_end(request, pk):
    """Switch a rule off."""
    led: list[Organisation] = list(organisations_led_by(request.user))
    rule = get_object_or_404(AffiliationRule.objects.filter(organisation__in=led), pk=pk)
    return act(
        request,
        lambda: switch_off_rule(rule=rule, actor=request.user),
        done=_("The rule is switched off."),
        to=reverse("accounts:affiliations", args=[rule.organisation_id]),
    )
