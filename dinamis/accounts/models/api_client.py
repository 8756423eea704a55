# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import PARTNER_SCOPES, ApiClientState, ApiScope, MembershipState
from dinamis.accounts.models.organisation import Organisation
from dinamis.accounts.transitions import API_CLIENT
from dinamis.accounts.validators import validate_network
from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import FrozenOnce, RecordEvents, StateTrigger


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """Reads of API clients."""

    def visible_to(self, user: Any) -> "ApiClientQuerySet":
        """One's own keys, those of organisations one is an active référent of; every organisation's for the office."""
        if user.has_perm("accounts.grant_partner_scope"):
            return self.filter(Q(person=user) | Q(organisation__isnull=False))
        led = user.memberships.filter(role="referent", state=MembershipState.ACTIVE)
        return self.filter(Q(person=user) | Q(organisation__in=led.values("organisation")))


class ApiClient(StatefulModel):
    """A key for programs. It acts as one person, or for an organisation within its scopes; only a hash is kept."""

    machine: ClassVar[StateMachine] = API_CLIENT

    name = models.CharField(_("name"), max_length=80)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="api_clients"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="api_clients"
    )
    scopes = ArrayField(models.CharField(max_length=30, choices=ApiScope.choices), verbose_name=_("scopes"))
    networks = ArrayField(
        models.CharField(max_length=43, validators=[validate_network]),
        verbose_name=_("networks"),
        default=list,
        blank=True,
    )
    access_key = models.CharField(_("access key"), max_length=40, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=20, choices=ApiClientState.choices, default=ApiClientState.ACTIVE)
    # Who answers for the key of an organisation: it stops when they leave.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(_("expires on"))
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
                name="accounts_api_client_one_owner",
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="accounts_api_client_scoped"),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | ~Q(scopes__overlap=[*PARTNER_SCOPES]),
                name="accounts_api_client_partner_is_organisation",
            ),
            models.UniqueConstraint(
                fields=["person", "organisation", "name"],
                condition=Q(state=ApiClientState.ACTIVE),
                nulls_distinct=False,
                name="accounts_api_client_name",
                violation_error_message=_("There is a key of this name already."),
            ),
        )
        triggers = (
            StateTrigger(machine=API_CLIENT),
            FrozenOnce(
                name="frozen_grant",
                columns=("person_id", "organisation_id", "scopes", "networks", "access_key", "created_by_id"),
                once="TRUE",
            ),
            RecordEvents(digest=("name",), never=("secret_sha256", "last_used_at")),
        )

    def __str__(self) -> str:
        return self.name

    def is_usable(self, at: datetime) -> bool:
        """Tell whether the key itself is in force at `at`; what its owner may do is asked elsewhere."""
        return self.state == ApiClientState.ACTIVE and at < self.expires_at
