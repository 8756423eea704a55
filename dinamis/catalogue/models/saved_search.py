# SPDX-License-Identifier: AGPL-3.0-or-later

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models.arrival import ArrivalMark
from dinamis.core import clock

ONE_NAME = "catalogue_saved_search_name"


class SavedSearch(models.Model):
    """A search of the catalogue that a person keeps, by the address that holds it; new images are told by mail.

    `mark` is how far the mails have told: what arrived after it is new.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_searches")
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField()
    alert = models.CharField(_("alert by mail"), max_length=10, choices=Alert.choices, default=Alert.OFF)
    mark = models.ForeignKey(ArrivalMark, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = (Lower("name"), "id")
        constraints = (
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                name=ONE_NAME,
                violation_error_message=_("You have saved a search of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(alert=Alert.OFF, mark__isnull=True) | (~Q(alert=Alert.OFF) & Q(mark__isnull=False)),
                name="catalogue_saved_search_told",
            ),
        )

    def __str__(self) -> str:
        return self.name
