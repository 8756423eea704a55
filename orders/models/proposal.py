# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import StateTrigger
from orders.enums import ProposalState, VoteChoice
from orders.models.fulfilment import ProviderOrder
from orders.models.order import OrderItem
from orders.transitions import PROPOSAL


class Proposal(StatefulModel):
    """An acquisition the provider made (a segment): taken without a word below the cloud limit, else to be voted on.

    Cloud in percent of the whole segment, incidence in degrees. `cloud_mask` says where the clouds are; None = nobody
    knows. `part` is what of the area was accepted; None = all of it.
    """

    machine: ClassVar[StateMachine] = PROPOSAL

    provider_order = models.ForeignKey(ProviderOrder, on_delete=models.PROTECT, related_name="proposals")
    segment_id = models.CharField(max_length=120)
    tasking_id = models.CharField(max_length=120)
    scene_id = models.CharField(max_length=120, blank=True)
    footprint = models.MultiPolygonField(srid=4326)
    acquired_at = models.DateTimeField(_("acquired"))
    incidence = models.FloatField(_("incidence"))
    cloud = models.FloatField(_("cloud"))
    cloud_mask = models.MultiPolygonField(srid=4326, null=True, blank=True)
    quicklook_url = models.CharField(max_length=500, blank=True)
    deadline = models.DateTimeField(_("answer due"))
    state = models.CharField(max_length=20, choices=ProposalState.choices, default=ProposalState.PROPOSED)
    part = models.MultiPolygonField(srid=4326, null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    # When the provider was told, and what it said if that was not our word.
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("proposed image")
        verbose_name_plural = _("proposed images")
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["provider_order", "segment_id"], name="orders_proposal_segment"),
            models.CheckConstraint(condition=Q(cloud__gte=0, cloud__lte=100), name="orders_proposal_cloud"),
        )
        indexes = (models.Index(fields=["deadline"], condition=Q(state="proposed"), name="orders_proposal_due"),)
        triggers = (StateTrigger(machine=PROPOSAL),)

    def __str__(self) -> str:
        return self.segment_id


class ProposalVote(models.Model):
    """The word of one line's requester on a proposed image; without a person, the default that took its place."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="votes")
    line = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="votes")
    choice = models.CharField(max_length=20, choices=VoteChoice.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # What was measured over the line's area when the vote was cast, in percent; None without a mask.
    cloud = models.FloatField(null=True, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("vote on a proposed image")
        verbose_name_plural = _("votes on proposed images")
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(fields=["proposal", "line"], name="orders_vote_once"),
            models.CheckConstraint(
                condition=~Q(choice=VoteChoice.REFUSE) | ~Q(reason_code=""), name="orders_vote_refusal_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.proposal} · {self.line} · {self.get_choice_display()}"
