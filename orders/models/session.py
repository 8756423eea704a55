# SPDX-License-Identifier: AGPL-3.0-or-later
"""A session of the committee: who sits, the agenda, and the minutes that are kept of it (docs/adr/0040)."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Deferrable, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.models import StatefulModel
from dinamis.core.statemachine import StateMachine
from dinamis.core.triggers import AppendOnly, FrozenOnce, StateTrigger
from orders.enums import AgendaOutcome, Attendance, SessionState
from orders.models.absence import Absence
from orders.models.order import Order
from orders.models.review import Review
from orders.transitions import SESSION
from orders.triggers import NoInterest, WhileNotOver

DECIDED = ("outcome", "review_id", "reason_code", "words", "decided_by_id", "decided_for_id", "decided_at",
           "votes_for", "votes_against", "abstentions", "order_id", "position")  # fmt: skip


class SessionQuerySet(models.QuerySet["CommitteeSession"]):
    """Reads of sessions."""

    def visible_to(self, user: Any) -> "SessionQuerySet":
        """All for the office; for others those they sit in, or may sit in for somebody who is away then."""
        if user.has_perm("orders.moderate"):
            return self
        seats = SessionMember.objects.filter(session=OuterRef("pk"))
        away = Absence.objects.standing().filter(
            delegate=user, person=OuterRef("person"), period__contains=OuterRef("session__starts_at")
        )
        return self.filter(Exists(seats.filter(Q(person=user) | Q(stand_in=user) | Exists(away))))


class CommitteeSession(StatefulModel):
    """A meeting of the committee: planned, open while it decides, closed with its minutes; or called off."""

    machine: ClassVar[StateMachine] = SESSION

    # "S-2026-0003": given when it is planned, never reused.
    reference = models.CharField(max_length=20, unique=True)
    starts_at = models.DateTimeField(_("begins"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    link = models.URLField(_("link of the video conference"), max_length=300, blank=True)
    convened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    convened_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # SEQUENCE of its entry in the calendars (RFC 5546, 2.1.4): one more whenever members who were called must note
    # another time or place, or that it does not take place.
    sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(_("state"), max_length=20, choices=SessionState.choices, default=SessionState.PLANNED)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-starts_at", "-id")
        constraints = (models.CheckConstraint(condition=~Q(place="", link=""), name="orders_session_somewhere"),)
        indexes = (models.Index(fields=["state", "starts_at"], name="orders_session_coming"),)
        triggers = (
            StateTrigger(machine=SESSION),
            FrozenOnce(
                name="frozen_when_over",
                columns=("reference", "starts_at", "place", "link", "convened_by_id", "convened_at", "sequence"),
                once="OLD.state IN ('closed', 'called_off')",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def over(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.state in {SessionState.CLOSED, SessionState.CALLED_OFF}


class SessionMember(models.Model):
    """A person who sits in a session; `stand_in` is the delegate who is there for them."""

    session = models.ForeignKey(CommitteeSession, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    attendance = models.CharField(max_length=20, choices=Attendance.choices, default=Attendance.AWAITED)
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("member of a session")
        verbose_name_plural = _("members of sessions")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["session", "person"], name="orders_session_member"),
            models.CheckConstraint(
                condition=Q(attendance=Attendance.REPRESENTED, stand_in__isnull=False)
                | (~Q(attendance=Attendance.REPRESENTED) & Q(stand_in__isnull=True)),
                name="orders_session_represented",
            ),
            models.CheckConstraint(condition=~Q(stand_in=F("person")), name="orders_session_stand_in"),
        )
        triggers = (WhileNotOver(),)

    def __str__(self) -> str:
        return f"{self.session} · {self.person}"


class AgendaRow(models.Model):
    """An order on the agenda. What was decided is the review's, which `review` names; a vote, where there was one, its.

    An order waits on one agenda at most; it stays on the agenda when it is withdrawn before.
    """

    session = models.ForeignKey(CommitteeSession, on_delete=models.CASCADE, related_name="rows")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="agenda_rows")
    position = models.PositiveIntegerField()
    # After the members were convened.
    late = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, choices=AgendaOutcome.choices, blank=True)
    review = models.OneToOneField(Review, null=True, blank=True, on_delete=models.PROTECT, related_name="agenda_row")
    reason_code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    votes_for = models.PositiveSmallIntegerField(null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField(null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("order on an agenda")
        verbose_name_plural = _("orders on agendas")
        ordering = ("session", "position")
        constraints = (
            models.UniqueConstraint(fields=["session", "order"], name="orders_agenda_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(outcome=""), name="orders_agenda_one_waits"),
            models.UniqueConstraint(
                fields=["session", "position"], deferrable=Deferrable.DEFERRED, name="orders_agenda_position"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="orders_agenda_decided",
            ),
            models.CheckConstraint(
                condition=Q(votes_for__isnull=True, votes_against__isnull=True, abstentions__isnull=True)
                | Q(votes_for__isnull=False, votes_against__isnull=False, abstentions__isnull=False),
                name="orders_agenda_votes",
            ),
        )
        triggers = (
            WhileNotOver(),
            NoInterest(people=("decided_by_id", "decided_for_id")),
            FrozenOnce(name="decided_once", columns=DECIDED, once="OLD.outcome <> ''"),
        )

    def __str__(self) -> str:
        return f"{self.session} · {self.position}"


class Minutes(models.Model):
    """The minutes as they were made when the session closed: facts, and their text in each language. Never changed."""

    session = models.OneToOneField(CommitteeSession, on_delete=models.PROTECT, related_name="minutes")
    # "PV-2026-0003": the number of the minutes, without a gap in a year.
    number = models.CharField(max_length=20, unique=True)
    facts = models.JSONField()
    # Language: text.
    texts = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("minutes")
        verbose_name_plural = _("minutes")
        ordering = ("made_at", "id")
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return self.number


class MinutesNote(models.Model):
    """A correction of minutes: it stands beside them."""

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = models.TextField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("note on minutes")
        verbose_name_plural = _("notes on minutes")
        ordering = ("at", "id")
        constraints = (models.CheckConstraint(condition=~Q(words=""), name="orders_note_says"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.minutes} · {self.at:%Y-%m-%d}"
