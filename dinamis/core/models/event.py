# SPDX-License-Identifier: AGPL-3.0-or-later
"""The log of every change to the facts that rights rest on, its chain and its daily seals (docs/adr, evidence)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core.triggers import AppendOnly, FrozenOnce, RecordEvents


class Event(models.Model):
    """One change of one row, written by the trigger `RecordEvents` and by nothing else.

    `before` and `after` hold facts; of personal or long columns only a salted digest, of secrets nothing. The numbers
    have gaps where a transaction was rolled back; `EventLink.position` has none.
    """

    at = models.DateTimeField()
    xact = models.BigIntegerField(help_text="the database transaction: changes made together share it")
    role = models.CharField(max_length=63, help_text="the database role of the session")
    actor_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=20, blank=True)
    on_behalf = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    operation = models.CharField(max_length=10)
    table_name = models.CharField(max_length=63)
    object_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("id",)
        indexes = (models.Index(fields=["table_name", "object_id", "id"], name="core_event_of_object"),)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.id}: {self.operation} {self.table_name} {self.object_id}"


class EventSalt(models.Model):
    """What the digests of one object's personal columns are salted with; emptied when the proof's time is over."""

    table_name = models.CharField(max_length=63)
    object_id = models.BigIntegerField()
    salt = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("salt of an object's digests")
        verbose_name_plural = _("salts of objects' digests")
        constraints = (
            models.UniqueConstraint(fields=["table_name", "object_id"], name="core_salt_of_object"),
            models.CheckConstraint(
                condition=models.Q(salt="", erased_at__isnull=False)
                | (~models.Q(salt="") & models.Q(erased_at__isnull=True)),
                name="core_salt_erased",
            ),
        )
        triggers = (RecordEvents(only=("table_name", "object_id", "erased_at"), on_update_only=True),)

    def __str__(self) -> str:
        return f"{self.table_name} {self.object_id}"


class EventLink(models.Model):
    """The place of an event in the chain: SHA-256 of the chain before it and of the event."""

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)
    linked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("link of an event")
        verbose_name_plural = _("links of events")
        ordering = ("position",)
        triggers = (AppendOnly(),)

    def __str__(self) -> str:
        return f"{self.position}: {self.event_id}"


class DailySeal(models.Model):
    """The seal of one Paris day over every link since the seal before; the token is the time-stamp authority's word."""

    day = models.DateField(unique=True)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    count = models.BigIntegerField()
    root = models.CharField(max_length=64, help_text="the chain at the last position")
    previous = models.CharField(max_length=64, help_text="the hash of the seal before")
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    token = models.BinaryField(null=True)
    token_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("daily seal")
        verbose_name_plural = _("daily seals")
        ordering = ("day",)
        triggers = (
            FrozenOnce(
                name="frozen_seal",
                columns=(
                    "day",
                    "first_position",
                    "last_position",
                    "count",
                    "root",
                    "previous",
                    "sha256",
                    "sealed_at",
                ),
                once="TRUE",
            ),
            FrozenOnce(name="frozen_token", columns=("token", "token_at"), once="OLD.token IS NOT NULL"),
        )

    def __str__(self) -> str:
        return f"{self.day}"
