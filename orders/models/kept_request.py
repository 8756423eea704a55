# SPDX-License-Identifier: AGPL-3.0-or-later
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from orders.models.order import Order


class KeptRequest(models.Model):
    """What a person typed in the form of a request, field by field and unchecked.

    Without a name: the last state of a page that was not sent, one for a new request and one for each draft. With a
    name: a template, which the members of `organisation` may start from too.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="kept_requests")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=120, blank=True)
    fields = models.JSONField(default=dict)
    # Counts what was kept: a page that shows an older state does not replace a newer one.
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("kept request")
        verbose_name_plural = _("kept requests")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "order"], condition=Q(name=""), nulls_distinct=False, name="orders_kept_request_once"
            ),
            models.UniqueConstraint(fields=["owner", "name"], condition=~Q(name=""), name="orders_kept_request_name"),
            models.CheckConstraint(
                condition=Q(name="", organisation__isnull=True) | (~Q(name="") & Q(order__isnull=True)),
                name="orders_kept_request_kind",
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.order or self.pk)
