# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may activate CIEST²: named by the office, for a period, and revoked at once."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_after, day_start
from orders.models import EmergencyScientist


@transaction.atomic
def name_scientist(*, actor: Any, email: str, first: date, last: date, words: str) -> EmergencyScientist:
    """Let a person activate CIEST² from the first day to the last, both included.

    Raises NotPermitted (nobody of the office, oneself), Invalid: nobody of that address, a period that is over or
    reversed, no words, a person who is named for these days already.
    """
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office names the scientists of CIEST²."))
    person = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        raise Invalid(_("Nobody has an account of this address."), pointer="email", repair=_("Check the address."))
    if person.pk == actor.pk:
        raise NotPermitted(_("Nobody names themselves."))
    if last < first or last < clock.today():
        raise Invalid(
            _("The period is over, or ends before it begins."), pointer="last", repair=_("Choose days to come.")
        )
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("On whose word, for which observatory."))
    try:
        with transaction.atomic():
            return EmergencyScientist.objects.create(
                person=person,
                valid=DateTimeTZRange(day_start(first), day_after(last)),
                words=words.strip(),
                named_by=actor,
            )
    except IntegrityError as error:
        raise Invalid(
            _("%(name)s is named for these days already.") % {"name": person},
            pointer="email",
            repair=_("Revoke that first, or choose other days."),
            code="named_already",
        ) from error


@transaction.atomic
def revoke_scientist(*, grant: EmergencyScientist, actor: Any) -> EmergencyScientist:
    """End it at once: the next click is refused. What is under way goes on. Raises NotPermitted, IllegalTransition."""
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office names the scientists of CIEST²."))
    locked = EmergencyScientist.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if locked.revoked_at is not None:
        raise IllegalTransition(_("This has been revoked already."))
    locked.revoked_at, locked.revoked_by = clock.now(), actor
    locked.save(update_fields=["revoked_at", "revoked_by"])
    return locked
