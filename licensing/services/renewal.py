# SPDX-License-Identifier: AGPL-3.0-or-later
"""The period of an adhesion, and its renewal: a new adhesion, signed and decided anew, without gap or double."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_start, last_day
from dinamis.core.templatetags.ui import date_words
from dinamis.core.transitions import lock, record_creation
from licensing.enums import AdhesionState
from licensing.models import Adhesion
from licensing.selectors.form import revision_in_force
from licensing.sentences import RENEWAL
from licensing.services.filing import still_fits
from licensing.services.restriction import refuse_restricted


def opens_on(adhesion: Adhesion) -> date:
    """Return the first Paris day an adhesion may be renewed."""
    assert adhesion.period is not None
    return last_day(adhesion.period.upper) - timedelta(days=settings.DINAMIS["RENEWAL_OPENS_DAYS"])


def renewable(adhesion: Adhesion, at: datetime) -> bool:
    """Tell whether the référent may renew an adhesion at `at`: approved, near its end or past it, not renewed yet."""
    if adhesion.state != AdhesionState.APPROVED or adhesion.period is None or at < day_start(opens_on(adhesion)):
        return False
    return renewal_of(adhesion) is None


def renewal_of(adhesion: Adhesion) -> Adhesion | None:
    """Return the renewal of an adhesion that is under way or was approved."""
    given_up = (AdhesionState.REFUSED, AdhesionState.WITHDRAWN)
    return adhesion.renewals.exclude(state__in=given_up).first()


def renew_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Open the renewal of an adhesion: a draft filled with what the former says, on the form in force.

    Raises NotPermitted, IllegalTransition (not approved, or renewed already), Invalid when it is too early.
    """
    with transaction.atomic():
        held = lock(adhesion)
        if not actor.has_perm("licensing.file", held):
            raise NotPermitted(_("Only a référent of the organisation renews its adhesion."))
        refuse_restricted(held.organisation)
        if held.state != AdhesionState.APPROVED or renewal_of(held) is not None:
            raise IllegalTransition(_("This adhesion is not to be renewed, or it is being renewed."), state=held.state)
        if not renewable(held, clock.now()):
            raise Invalid(
                _("This adhesion can be renewed from %(day)s on.") % {"day": date_words(opens_on(held))},
                pointer="adhesion",
                code="too_early",
            )
        renewal = _prefilled(held, actor)
        record_creation(renewal, actor=Actor.person(actor), words=RENEWAL.keep())
    return renewal


def _prefilled(former: Adhesion, actor: User) -> Adhesion:
    revision = revision_in_force(former.eligibility_class, clock.now())
    answers = {name: value for name, value in former.answers.items() if still_fits(revision, name, value)}
    assert former.period is not None
    if answers.get("project_ends_on", "") <= last_day(former.period.upper).isoformat():
        answers.pop("project_ends_on", None)
    try:
        with transaction.atomic():
            return Adhesion.objects.create(
                organisation=former.organisation,
                eligibility_class=former.eligibility_class,
                referent=actor,
                legal_representative_name=former.legal_representative_name,
                legal_representative_title=former.legal_representative_title,
                legal_representative_email=former.legal_representative_email,
                mission=former.mission,
                answers=answers,
                form_revision=revision,
                renews=former,
            )
    except IntegrityError as error:
        raise IllegalTransition(_("This adhesion is not to be renewed, or it is being renewed.")) from error
