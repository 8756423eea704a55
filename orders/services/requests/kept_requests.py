# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping what is typed before it is sent, and templates of requests."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted, NotVisible, StaleVersion
from dinamis.core.keys import refuse_keys
from orders.models import KeptRequest, Order

# What one form may hold; a longer area stays on the page, and in the file it came from.
LONGEST = 400_000
NAME_LENGTH = 120


@transaction.atomic
def keep_typed(*, owner: Any, order: Order | None, fields: Mapping[str, Any], seen: int) -> KeptRequest:
    """Keep what is typed for a new request (`order` None) or a draft, over the version that the page has `seen`.

    0 = the page has seen nothing kept. Raises StaleVersion when something newer is kept: both stay as they are; Invalid
    when it is too long.
    """
    refuse_keys()
    _check_length(fields)
    row, created = KeptRequest.objects.get_or_create(
        owner=owner, order=order, name="", defaults={"fields": dict(fields)}
    )
    if created:
        return row
    row = KeptRequest.objects.select_for_update().get(pk=row.pk)
    if row.version != seen:
        raise StaleVersion(_("Something else of this request is kept already, typed in another window or earlier."))
    row.fields, row.saved_at = dict(fields), clock.now()
    row.version += 1
    row.save(update_fields=["fields", "saved_at", "version"])
    return row


def forget_typed(*, owner: Any, order: Order | None) -> None:
    """Forget what was typed and not sent."""
    KeptRequest.objects.filter(owner=owner, order=order, name="").delete()


def typed(owner: Any, order: Order | None) -> KeptRequest | None:
    """Return what the person typed and did not send, if anything is kept."""
    return KeptRequest.objects.filter(owner=owner, order=order, name="").first()


def templates_of(person: Any) -> QuerySet[KeptRequest]:
    """Templates a person may start from: their own, and those shared with an organisation they belong to."""
    shared = Q(organisation__memberships__user=person, organisation__memberships__state="active")
    found = KeptRequest.objects.filter(Q(owner=person) | shared).exclude(name="")
    return found.select_related("organisation", "owner").distinct().order_by("name", "pk")


@transaction.atomic
def save_template(
    *, owner: Any, name: str, fields: Mapping[str, Any], organisation: Organisation | None = None
) -> KeptRequest:
    """Save a template under a name; the same name again replaces it. `organisation`: whom it is shared with.

    Raises Invalid (name, length), NotPermitted unless the person is an active member of the organisation.
    """
    refuse_keys()
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_LENGTH:
        raise Invalid(
            _("Give the template a name of at most %(n)d characters.") % {"n": NAME_LENGTH}, pointer="template_name"
        )
    _check_length(fields)
    if organisation is not None and not owner.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("Only a member of the organisation shares a template with it."))
    values = {"fields": dict(fields), "organisation": organisation, "saved_at": clock.now()}
    row, _created = KeptRequest.objects.update_or_create(owner=owner, name=clean, defaults=values)
    return row


def delete_template(*, owner: Any, pk: int) -> None:
    """Delete a template of one's own. Raises NotVisible when there is none."""
    refuse_keys()
    deleted, _rows = KeptRequest.objects.filter(owner=owner, pk=pk).exclude(name="").delete()
    if not deleted:
        raise NotVisible(_("There is no such template of yours."))


def _check_length(fields: Mapping[str, Any]) -> None:
    if len(json.dumps(dict(fields))) > LONGEST:
        raise Invalid(
            _("The area is too long to be kept while you type."),
            pointer="aoi",
            repair=_("Save the draft: it takes areas of any size."),
            code="too_long",
        )
