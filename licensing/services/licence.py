# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on licence texts, and the signature of a person for themselves."""

import hashlib

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing import notifications
from licensing.enums import Acceptors, Capacity, LicenceVersionState
from licensing.models import Acceptance, AcceptanceTrace, Licence, LicenceVersion, Project, Withdrawal
from licensing.services.names import check_typed_name

BY_SIGNED_IN_PERSON = "signed-in account"
USER_AGENT_LENGTH = 400
TELL_TOPIC = "licensing.tell_new_version"


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
    _check_texts(text_fr, text_en)
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


def edit_draft(
    *,
    version: LicenceVersion,
    text_fr: str,
    text_en: str,
    material: bool,
    grace_days: int,
    actor: Actor,
    expected_version: int,
) -> LicenceVersion:
    """Rewrite a draft. `expected_version` is the counter the person saw.

    Raises NotPermitted, Invalid (empty text), IllegalTransition (not a draft any more), StaleVersion (somebody saved
    meanwhile).
    """
    _check_publisher(actor)
    _check_texts(text_fr, text_en)
    with transaction.atomic():
        held = lock(version)
        _check_draft(held, expected_version)
        held.text_fr, held.text_en = text_fr, text_en
        held.sha256_fr, held.sha256_en = sha256_of(text_fr), sha256_of(text_en)
        held.material, held.grace_days = material, grace_days
        held.version += 1
        held.save()
    return held


def _check_texts(text_fr: str, text_en: str) -> None:
    for pointer, text in (("text_fr", text_fr), ("text_en", text_en)):
        if not text.strip():
            raise Invalid(_("The text is missing in one of the languages."), pointer=pointer)


def _check_draft(version: LicenceVersion, expected_version: int) -> None:
    if version.state != LicenceVersionState.DRAFT:
        raise IllegalTransition(_("This version is published: a published text never changes."), state=version.state)
    if version.version != expected_version:
        raise StaleVersion(_("Somebody saved this draft since you opened it. Read it again before you save."))


def publish_version(*, version: LicenceVersion, actor: Actor, expected_version: int | None = None) -> LicenceVersion:
    """Put a draft in force; the version before it is superseded, and whoever must sign it is told.

    `expected_version` is the counter the person saw. Raises NotPermitted, StaleVersion, IllegalTransition: not a
    draft, or a later version was published already.
    """
    with transaction.atomic():
        Licence.objects.select_for_update().get(pk=version.licence_id)
        _check_publisher(actor)
        _check_latest(version)
        former = LicenceVersion.objects.filter(licence_id=version.licence_id, state=LicenceVersionState.PUBLISHED)
        replaced = [apply_transition(old, "supersede", actor=SYSTEM) for old in former.exclude(pk=version.pk)]
        published = apply_transition(
            version, "publish", actor=actor, expected_version=expected_version, published_at=clock.now()
        )
        if published.material and (replaced or actor.user is not None):
            outbox.put(TELL_TOPIC, {"version_id": published.pk}, key=f"{TELL_TOPIC}:{published.pk}")
        return published


def _check_latest(version: LicenceVersion) -> None:
    """Signatures count by the number of the text: one published out of order could be signed and would open nothing."""
    if version.licence.versions.filter(number__gt=version.number, published_at__isnull=False).exists():
        raise IllegalTransition(
            _("A later version of this licence was published already: write a new one."), state=version.state
        )


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
    project: Project | None = None,
) -> Acceptance:
    """Write a person's own signature on the text they were shown (`sha256`). Signing twice returns the first.

    `project` is the one signed for where a licence asks a signature for each. Raises NotPermitted (a project of
    others), StaleVersion (another text is in force), Invalid (no signature is asked, or the typed name is wrong).
    """
    _check_due(version, person, project)
    check_typed_name(typed_name, person.name, confirmed=name_confirmed)
    with transaction.atomic():
        check_in_force(lock(version), language, sha256)
        mine = _own_signatures(version, person, project)
        if standing := mine.filter(withdrawal=None).first():
            return standing
        acceptance = Acceptance.objects.create(
            licence_version=version,
            person=person,
            capacity=Capacity.SELF,
            project=project,
            ordinal=mine.count() + 1,
            email=person.email,
            language=language,
            sha256=sha256,
            typed_name=" ".join(typed_name.split()),
            authenticated_by=BY_SIGNED_IN_PERSON,
            accepted_at=clock.now(),
        )
        AcceptanceTrace.objects.create(acceptance=acceptance, ip=ip, user_agent=user_agent[:USER_AGENT_LENGTH])
        notifications.signed_for_self(acceptance)
    return acceptance


def _own_signatures(version: LicenceVersion, person: User, project: Project | None) -> QuerySet[Acceptance]:
    return Acceptance.objects.filter(licence_version=version, person=person, capacity=Capacity.SELF, project=project)


def _check_due(version: LicenceVersion, person: User, project: Project | None) -> None:
    if version.licence.acceptors not in {Acceptors.PERSON, Acceptors.BOTH}:
        raise Invalid(_("This licence does not ask for your own signature."), code="no_signature_due")
    if project is not None and not Project.objects.visible_to(person).filter(pk=project.pk).exists():
        raise NotPermitted(_("This project belongs to another organisation."))


def withdraw_signature(*, acceptance: Acceptance, person: User, words: str = "") -> Withdrawal:
    """Take one's own signature back: the right ends at the next request, the signature stays proof of the past.

    Raises NotPermitted (not one's own), IllegalTransition (taken back already).
    """
    if acceptance.person_id != person.pk or acceptance.capacity != Capacity.SELF:
        raise NotPermitted(_("Only the person who signed takes the signature back."))
    with transaction.atomic():
        Acceptance.objects.select_for_update().get(pk=acceptance.pk)
        if Withdrawal.objects.filter(acceptance=acceptance).exists():
            raise IllegalTransition(_("This signature was taken back already."))
        withdrawal = Withdrawal.objects.create(
            acceptance=acceptance, withdrawn_by=person, withdrawn_at=clock.now(), words=words.strip()
        )
        notifications.signature_withdrawn(withdrawal)
    return withdrawal


def check_in_force(version: LicenceVersion, language: str, sha256: str) -> None:
    """Refuse a signature on anything but the published text in a language it exists in (I3). Raises StaleVersion."""
    version.refresh_from_db(fields=["state"])
    same = language in {"fr", "en"} and sha256 == version.sha256_in(language)
    if version.state != LicenceVersionState.PUBLISHED or not same:
        raise StaleVersion(_("The text has changed since it was shown. Read it again before you sign."))
