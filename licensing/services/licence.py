# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on licence texts, and the signature of a person for themselves."""

import hashlib

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications
from licensing.enums import Acceptors, Capacity, LicenceVersionState
from licensing.models import Acceptance, AcceptanceTrace, Licence, LicenceVersion
from licensing.services.names import check_typed_name

BY_SIGNED_IN_PERSON = "signed-in account"
USER_AGENT_LENGTH = 400


def sha256_of(text: str) -> str:
    """Return the SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def create_version(
    *, licence: Licence, text_fr: str, text_en: str, actor: Actor, material: bool = True, grace_days: int = 30
) -> LicenceVersion:
    """Write the next version of a licence as a draft.

    `material` says that those who signed before must sign again within `grace_days`. Raises Invalid when a text is
    empty, NotPermitted.
    """
    _check_publisher(actor)
    if not text_fr.strip() or not text_en.strip():
        raise Invalid(_("The text is missing in one of the languages."), pointer="text_fr")
    with transaction.atomic():
        Licence.objects.select_for_update().get(pk=licence.pk)
        last = licence.versions.aggregate(last=Max("number"))["last"] or 0
        version = LicenceVersion.objects.create(
            licence=licence,
            number=last + 1,
            text_fr=text_fr,
            text_en=text_en,
            sha256_fr=sha256_of(text_fr),
            sha256_en=sha256_of(text_en),
            material=material,
            grace_days=grace_days,
        )
        record_creation(version, actor=actor)
    return version


def publish_version(*, version: LicenceVersion, actor: Actor) -> LicenceVersion:
    """Put a draft in force; the version before it is superseded. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        Licence.objects.select_for_update().get(pk=version.licence_id)
        _check_publisher(actor)
        former = LicenceVersion.objects.filter(licence_id=version.licence_id, state=LicenceVersionState.PUBLISHED)
        for old in former.exclude(pk=version.pk):
            apply_transition(old, "supersede", actor=SYSTEM)
        return apply_transition(version, "publish", actor=actor, published_at=clock.now())


def _check_publisher(actor: Actor) -> None:
    if actor.user is not None and not actor.user.has_perm("licensing.publish"):
        raise NotPermitted(_("Only the office publishes licences."))


def accept_for_self(
    *,
    person: User,
    version: LicenceVersion,
    typed_name: str,
    language: str,
    sha256: str,
    ip: str | None,
    user_agent: str,
    name_confirmed: bool = False,
) -> Acceptance:
    """Write a person's own signature on the text they were shown. Signing twice returns the first signature.

    `sha256` is the one of the text shown in `language`. Raises StaleVersion when the text in force is another one,
    Invalid when nobody's personal signature is asked or the typed name is missing or another one.
    """
    check_in_force(version, language, sha256)
    if version.licence.acceptors not in {Acceptors.PERSON, Acceptors.BOTH}:
        raise Invalid(_("This licence does not ask for your own signature."), code="no_signature_due")
    check_typed_name(typed_name, person.name, confirmed=name_confirmed)
    with transaction.atomic():
        lock(version)
        acceptance, created = Acceptance.objects.get_or_create(
            licence_version=version,
            person=person,
            capacity=Capacity.SELF,
            defaults={
                "email": person.email,
                "language": language,
                "sha256": sha256,
                "typed_name": " ".join(typed_name.split()),
                "authenticated_by": BY_SIGNED_IN_PERSON,
                "accepted_at": clock.now(),
            },
        )
        if created:
            AcceptanceTrace.objects.create(acceptance=acceptance, ip=ip, user_agent=user_agent[:USER_AGENT_LENGTH])
            notifications.signed_for_self(acceptance)
    return acceptance


def check_in_force(version: LicenceVersion, language: str, sha256: str) -> None:
    """Refuse a signature on anything but the published text in a language it exists in (I3). Raises StaleVersion."""
    version.refresh_from_db(fields=["state"])
    same = language in {"fr", "en"} and sha256 == version.sha256_in(language)
    if version.state != LicenceVersionState.PUBLISHED or not same:
        raise StaleVersion(_("The text has changed since it was shown. Read it again before you sign."))
