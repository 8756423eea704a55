# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a licence allows, changed by the office with a reason; and what a change would close, tried and undone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from dinamis.core.validation import checked
from licensing.enums import LicenceKind
from licensing.models import Licence, LicenceChange, LicenceVersion
from licensing.selectors.impact import Impact, access_under, compare
from licensing.services.licence import publish_version

SETTINGS = (
    "name_fr",
    "name_en",
    "family",
    "acceptors",
    "signed_per_project",
    "classes",
    "countries_allowed",
    "countries_denied",
    "nationality_classes",
    "actions",
    "purposes",
    "contractors",
    "sharing",
    "derived",
    "publication",
    "retention_days",
    "embargo_days",
    "end_duty",
    "credit_line",
    "provisional",
    "sources",
)


def settings_of(licence: Licence) -> dict[str, Any]:
    """Return everything the office may set of a licence."""
    return {name: getattr(licence, name) for name in SETTINGS}


def change_licence(
    *, licence: Licence, values: Mapping[str, Any], words: str, actor: User, expected_revision: int
) -> LicenceChange:
    """Change what a licence allows, from the next request on; what was before is kept with the reason.

    `values` maps names of SETTINGS. Raises NotPermitted, StaleVersion (somebody changed it meanwhile), Invalid (a
    value that cannot be, nothing changed, no reason).
    """
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("It is kept with the change."))
    with transaction.atomic():
        held = _written(licence, values, actor, expected_revision)
        before, after = settings_of(licence), settings_of(held)
        changed = [name for name in SETTINGS if before[name] != after[name]]
        if not changed:
            raise Invalid(_("Nothing was changed."), code="unchanged")
        return LicenceChange.objects.create(
            licence=held,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            words=words.strip(),
            changed_by=actor,
            changed_at=clock.now(),
        )


def _written(licence: Licence, values: Mapping[str, Any], actor: User, expected_revision: int) -> Licence:
    if not actor.has_perm("licensing.publish"):
        raise NotPermitted(_("Only the office publishes licences."))
    held = Licence.objects.select_for_update().get(pk=licence.pk)
    if held.revision != expected_revision:
        raise StaleVersion(_("Somebody changed this licence since you opened the page. Read it again."))
    if unknown := set(values) - set(SETTINGS):
        raise Invalid(_("This cannot be set."), pointer=min(unknown))
    for name in SETTINGS:
        setattr(licence, name, getattr(held, name))
    for name, value in values.items():
        setattr(held, name, value)
    held.revision += 1
    checked(held).save()
    return held


def impact_of_change(
    *, licence: Licence, values: Mapping[str, Any], actor: User, expected_revision: int, at: datetime
) -> Impact:
    """Say whom `change_licence` would close out at `at`: the change is made, asked, and rolled back.

    Raises as `change_licence` does.
    """
    with transaction.atomic():
        before = access_under(licence, at)
        _written(licence, values, actor, expected_revision)
        after = access_under(licence, at)
        transaction.set_rollback(True)
    return compare(before, after, at)


def impact_of_version(*, version: LicenceVersion, actor: Actor) -> Impact:
    """Say who would lose access at the end of the grace if nobody signed the draft: published, asked, rolled back.

    Raises NotPermitted, IllegalTransition.
    """
    # A minute more: the draft would be published after this moment was read.
    at = clock.now() + timedelta(days=version.grace_days, minutes=1)
    trial = LicenceVersion.objects.select_related("licence").get(pk=version.pk)
    if trial.licence.kind != LicenceKind.PRODUCT:
        return Impact(at, 0, 0, 0)
    with transaction.atomic():
        before = access_under(trial.licence, at)
        publish_version(version=trial, actor=actor)
        after = access_under(trial.licence, at)
        transaction.set_rollback(True)
    return compare(before, after, at)
