# SPDX-License-Identifier: AGPL-3.0-or-later
"""What providers of identity said of people, and the rules by which a référent lets it count."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import Affiliation, IdentityOccasion, RuleEffect
from dinamis.accounts.models.organisation import Organisation
from dinamis.accounts.validators import validate_scope
from dinamis.core import clock
from dinamis.core.triggers import ERASED, AppendOnly, RecordEvents


class AffiliationEvidence(models.Model):
    """Who said what of a person, when, as it was said. Append-only; by itself it gives no right."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="affiliation_evidence")
    occasion = models.CharField(_("occasion"), max_length=20, choices=IdentityOccasion.choices)
    provider = models.CharField(_("provider"), max_length=50)
    issuer = models.CharField(_("issuer"), max_length=300)
    subject = models.CharField(_("identifier at the provider"), max_length=300)
    claims = models.TextField(_("what was said"), help_text=_("JSON, keys sorted"))
    observed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("affiliation evidence")
        verbose_name_plural = _("affiliation evidence")
        ordering = ("observed_at", "id")
        triggers = (
            AppendOnly(erasable=("subject", "claims")),
            RecordEvents(digest=("subject", "claims")),
        )

    def __str__(self) -> str:
        return f"{self.issuer} · {self.user}"

    @property
    def said(self) -> dict[str, Any]:
        """The claims as a mapping; empty once they were erased."""
        return {} if self.claims == ERASED else dict(json.loads(self.claims))


class AffiliationRule(models.Model):
    """A référent's word that an affiliation makes a member. Off when `ended_at` is set; no row = off."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="affiliation_rules")
    scope = models.CharField(_("scope"), max_length=253, validators=[validate_scope])
    affiliation = models.CharField(_("affiliation"), max_length=20, choices=Affiliation.choices)
    effect = models.CharField(_("effect"), max_length=20, choices=RuleEffect.choices, default=RuleEffect.PROPOSE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("affiliation rule")
        verbose_name_plural = _("affiliation rules")
        ordering = ("scope", "affiliation", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "scope", "affiliation"],
                condition=Q(ended_at__isnull=True),
                name="accounts_affiliation_rule_one_on",
                violation_error_message=_("This rule is switched on already."),
            ),
        )
        triggers = (RecordEvents(),)

    def __str__(self) -> str:
        return f"{self.affiliation}@{self.scope}"
