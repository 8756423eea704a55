# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about adhesions, signatures and rights: both sides of every act are told, with its reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import MembershipState, OfficeRole
from dinamis.accounts.models import Organisation, User
from dinamis.accounts.selectors.membership import referents
from dinamis.core import outbox
from dinamis.core.mail import queue_mail
from dinamis.core.periods import last_day
from dinamis.core.templatetags.ui import date_words
from licensing.models import (
    Acceptance,
    Adhesion,
    Certificate,
    Decision,
    EntityCorrection,
    EvidenceFile,
    LicenceVersion,
    Message,
    Opinion,
    Revocation,
    SigningLink,
    Suspension,
    Withdrawal,
)
from licensing.reasons import label_of
from licensing.selectors.representative import signatory_language

REMINDER_TOPIC = "licensing.remind_signatory"


def _absolute(name: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def _signed_lines(acceptances: Sequence[Acceptance]) -> list[dict[str, Any]]:
    return [text_line(one.licence_version, one.language, one.sha256) for one in acceptances]


def text_line(version: LicenceVersion, language: str, sha256: str) -> dict[str, Any]:
    """Return what `licensing/mail/texts.txt` says of one text that was signed."""
    return {
        "name_fr": version.licence.name_fr,
        "name_en": version.licence.name_en,
        "number": version.number,
        "language": language,
        "sha256": sha256,
        "url": _absolute("licensing:text", version.pk),
    }


def adhesion_signed(adhesion: Adhesion, link: SigningLink, acceptances: Sequence[Acceptance]) -> None:
    """Send both parties a copy of what was signed (entitlement facts, 6.3 point 5)."""
    context = {
        "organisation": adhesion.organisation.name,
        "signatory": acceptances[0].typed_name,
        "texts": _signed_lines(acceptances),
        "in_force": adhesion.state == "approved",
        "url": _absolute("licensing:adhesion", adhesion.pk),
    }
    key = f"adhesion_signed:{link.pk}"
    _to_referent("licensing/mail/adhesion_signed_referent", adhesion, context, key)
    queue_mail(
        "licensing/mail/adhesion_signed", to=link.email, language=link.language, context=context, key=f"{key}:signatory"
    )


def signature_declined(adhesion: Adhesion, link: SigningLink, words: str) -> None:
    """Tell the référent that the legal representative declined, and why."""
    _to_referent(
        "licensing/mail/signature_declined",
        adhesion,
        {
            "organisation": adhesion.organisation.name,
            "signatory": adhesion.legal_representative_name,
            "words": words,
            "url": _absolute("licensing:adhesion", adhesion.pk),
        },
        f"signature_declined:{link.pk}",
    )


def adhesion_decided(decision: Decision) -> None:
    """Tell the référent and, when the decision binds the organisation, the legal representative."""
    adhesion = decision.adhesion
    context = {
        "organisation": adhesion.organisation.name,
        "verdict": decision.verdict,
        "words": decision.words,
        **in_both(lambda: label_of(decision.verdict, decision.reason_code), "reason"),
        "recourse": decision.recourse,
        "url": _absolute("licensing:adhesion", adhesion.pk),
        "certificate_url": _certificate_url(adhesion),
    }
    key = f"adhesion_decided:{decision.pk}"
    _to_referent("licensing/mail/adhesion_decided", adhesion, context, key)
    if decision.verdict != Decision.Verdict.REQUEST_CHANGES:
        queue_mail(
            "licensing/mail/adhesion_decided",
            to=adhesion.legal_representative_email,
            language=signatory_language(adhesion),
            context={**context, "url": ""},
            key=f"{key}:signatory",
        )


def in_both(words: Callable[[], str], name: str) -> dict[str, str]:
    """Return a translated text in both languages, as `<name>_fr` and `<name>_en`: mails are rendered later."""
    said = {}
    for language in ("fr", "en"):
        with translation.override(language):
            said[f"{name}_{language}"] = words()
    return said


def _certificate_url(adhesion: Adhesion) -> str:
    certificate = Certificate.objects.filter(adhesion=adhesion).first()
    return certificate_url(certificate) if certificate else ""


def certificate_url(certificate: Certificate) -> str:
    """Return the address of the verification page with the secret that opens the full certificate."""
    return f"{_absolute('licensing:certificate', certificate.number)}?key={certificate.secret}"


def signed_for_self(acceptance: Acceptance) -> None:
    """Send a person a copy of what they signed."""
    person = acceptance.person
    assert person is not None
    queue_mail(
        "licensing/mail/signed_for_self",
        to=person.email,
        language=person.language,
        context={"person": str(person), "texts": _signed_lines([acceptance])},
        key=f"signed_for_self:{acceptance.pk}",
    )


def signature_withdrawn(withdrawal: Withdrawal) -> None:
    """Confirm to a person that their signature was taken back, and what follows."""
    person = withdrawal.withdrawn_by
    licence = withdrawal.acceptance.licence_version.licence
    queue_mail(
        "licensing/mail/signature_withdrawn",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "name_fr": licence.name_fr,
            "name_en": licence.name_en,
            "number": withdrawal.acceptance.licence_version.number,
            "end_duty": licence.end_duty,
            "url": _absolute("licensing:signatures"),
        },
        key=f"signature_withdrawn:{withdrawal.pk}",
    )


def new_version(version: LicenceVersion, person: User, ends_at: datetime) -> None:
    """Tell somebody who signed before that a new text asks for a signature, and until when the old one counts."""
    queue_mail(
        "licensing/mail/new_version",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "name_fr": version.licence.name_fr,
            "name_en": version.licence.name_en,
            "number": version.number,
            "ends_fr": _day(ends_at, "fr"),
            "ends_en": _day(ends_at, "en"),
            "text_url": _absolute("licensing:text", version.pk),
            "url": _absolute("licensing:sign", version.licence_id),
        },
        key=f"new_version:{version.pk}:{person.pk}",
    )


def _day(moment: datetime, language: str) -> str:
    with translation.override(language):
        return date_words(moment)


def right_suspended(suspension: Suspension) -> None:
    """Tell the référents that a right rests, and why."""
    _to_referents(suspension, "licensing/mail/right_suspended", suspension.words, f"right_suspended:{suspension.pk}")


def right_restored(suspension: Suspension) -> None:
    """Tell the référents that a cause was lifted."""
    _to_referents(
        suspension, "licensing/mail/right_restored", suspension.lifted_words, f"right_restored:{suspension.pk}"
    )


def entity_corrected(correction: EntityCorrection) -> None:
    """Tell the référent what the legal representative corrected, before and after."""
    adhesion = correction.adhesion
    lines = [
        {
            "label": str(_label(name)),
            "before": correction.before[name],
            "after": correction.after[name],
        }
        for name in correction.after
    ]
    _to_referent(
        "licensing/mail/entity_corrected",
        adhesion,
        {
            "organisation": adhesion.organisation.name,
            "email": correction.link.email,
            "lines": lines,
            "url": _absolute("licensing:adhesion", adhesion.pk),
        },
        f"entity_corrected:{correction.pk}",
    )


def _label(name: str) -> Any:
    """Return the translated name of a field of the entity or of the adhesion."""
    model = Adhesion if name.startswith("legal") else Organisation
    return next(field.verbose_name for field in model._meta.fields if field.name == name)


def other_person_named(adhesion: Adhesion, link: SigningLink, *, named: str, words: str) -> None:
    """Tell the référent that the link reached the wrong person, and who was named instead."""
    _to_referent(
        "licensing/mail/other_person_named",
        adhesion,
        {
            "organisation": adhesion.organisation.name,
            "email": link.email,
            "named": named,
            "words": words,
            "url": _absolute("licensing:adhesion_edit", adhesion.pk),
        },
        f"other_person_named:{link.pk}",
    )


def adhesion_ends(adhesion: Adhesion, *, stage: int, days: int) -> None:
    """Recall that an adhesion ends `days` Paris days from now; once per stage, to each référent and the signatory."""
    day = last_day(adhesion.period.upper)
    context = {
        "organisation": adhesion.organisation.name,
        "day": day.isoformat(),
        "days": days,
        "url": _absolute("licensing:adhesion", adhesion.pk),
    }
    key = f"adhesion_ends:{adhesion.pk}:{day}:{stage}"
    template = "licensing/mail/adhesion_ends"
    for person in _answering(adhesion):
        queue_mail(template, to=person.email, language=person.language, context=context, key=f"{key}:{person.pk}")
    queue_mail(
        template,
        to=adhesion.legal_representative_email,
        language=signatory_language(adhesion),
        context={**context, "url": ""},
        key=f"{key}:signatory",
    )


def _answering(adhesion: Adhesion) -> list[User]:
    """Return who answers for the organisation now: its active référents or, before it has any, who filed."""
    return list(referents(adhesion.organisation)) or [adhesion.referent]


def organisation_restricted(organisation: Organisation, *, since: datetime, until: datetime) -> None:
    """Tell the moderators who have no part in it that an organisation has no référent, and when its rights rest."""
    own = organisation.memberships.exclude(state=MembershipState.ENDED).values("user")
    for reader in User.objects.filter(is_active=True, office_role=OfficeRole.MODERATOR).exclude(pk__in=own):
        queue_mail(
            "licensing/mail/organisation_restricted",
            to=reader.email,
            language=reader.language,
            context={
                "person": str(reader),
                "organisation": organisation.name,
                **in_both(lambda: date_words(until), "day"),
                "url": _absolute("licensing:office_referents", organisation.pk),
            },
            key=f"organisation_restricted:{organisation.pk}:{since.isoformat()}:{reader.pk}",
        )


def signature_due(link: SigningLink) -> None:
    """Have the link mailed once more before it expires."""
    outbox.put(REMINDER_TOPIC, {"link_id": link.pk}, key=f"{REMINDER_TOPIC}:{link.pk}")


def link_expired(link: SigningLink, adhesion: Adhesion) -> None:
    """Tell the référent that nobody signed in time."""
    _to_referent(
        "licensing/mail/link_expired",
        adhesion,
        {
            "organisation": adhesion.organisation.name,
            "signatory": adhesion.legal_representative_name,
            "email": link.email,
            "url": _absolute("licensing:adhesion", adhesion.pk),
        },
        f"link_expired:{link.pk}",
    )


def evidence_infected(evidence: EvidenceFile, signature: str) -> None:
    """Tell who sent a document that the scan found something in it."""
    person = evidence.uploaded_by
    queue_mail(
        "licensing/mail/evidence_infected",
        to=person.email,
        language=person.language,
        context={
            "title": evidence.title,
            "file_name": evidence.file_name,
            "signature": signature,
            "organisation": evidence.adhesion.organisation.name,
            "url": _absolute("licensing:adhesion", evidence.adhesion_id),
        },
        key=f"evidence_infected:{evidence.pk}",
    )


def _to_referents(suspension: Suspension, template: str, words: str, key: str) -> None:
    entitlement = suspension.entitlement
    context = {
        "organisation": entitlement.organisation.name,
        "name_fr": entitlement.licence.name_fr,
        "name_en": entitlement.licence.name_en,
        "words": words,
        **in_both(lambda: str(suspension.get_cause_display()), "reason"),
        "recourse": settings.DINAMIS["RECOURSE"],
        "url": _absolute("licensing:rights"),
    }
    for person in referents(entitlement.organisation):
        queue_mail(template, to=person.email, language=person.language, context=context, key=f"{key}:{person.pk}")


def revocation_noticed(notice: Revocation) -> None:
    """Tell the référent and the legal representative what is reproached, and until when they may answer."""
    adhesion = notice.adhesion
    context = {
        "organisation": adhesion.organisation.name,
        "words": notice.words,
        **in_both(lambda: label_of("revoke", notice.reason_code), "reason"),
        **in_both(lambda: date_words(notice.due_at - timedelta(seconds=1)), "due"),
        "url": _absolute("licensing:adhesion", adhesion.pk),
        "recourse": settings.DINAMIS["RECOURSE"],
    }
    key = f"revocation_noticed:{notice.pk}"
    _to_referent("licensing/mail/revocation_noticed", adhesion, context, key)
    queue_mail(
        "licensing/mail/revocation_noticed",
        to=adhesion.legal_representative_email,
        language=signatory_language(adhesion),
        context={**context, "url": ""},
        key=f"{key}:signatory",
    )


def revocation_answered(notice: Revocation) -> None:
    """Tell the moderator who gave the notice that the organisation has answered."""
    moderator = notice.noticed_by
    queue_mail(
        "licensing/mail/revocation_answered",
        to=moderator.email,
        language=moderator.language,
        context={
            "organisation": notice.adhesion.organisation.name,
            "words": notice.answer,
            "url": _absolute("licensing:review", notice.adhesion_id),
        },
        key=f"revocation_answered:{notice.pk}",
    )


def revocation_dropped(notice: Revocation, words: str) -> None:
    """Tell the référent that nothing is revoked, and why."""
    context = {
        "organisation": notice.adhesion.organisation.name,
        "words": words,
        "url": _absolute("licensing:adhesion", notice.adhesion_id),
    }
    _to_referent("licensing/mail/revocation_dropped", notice.adhesion, context, f"revocation_dropped:{notice.pk}")


def message_sent(message: Message) -> None:
    """Mail a message to the other side: to the référent, or to the moderator who has the file or wrote last."""
    adhesion = message.adhesion
    page = "licensing:adhesion" if message.from_office else "licensing:review"
    context = {
        "organisation": adhesion.organisation.name,
        "author": "" if message.from_office else str(message.author),
        "from_office": message.from_office,
        "words": message.words,
        "url": _absolute(page, adhesion.pk) + "#messages",
    }
    key = f"message:{message.pk}"
    if message.from_office:
        _to_referent("licensing/mail/message", adhesion, context, key)
    elif reader := _moderator_of(adhesion):
        queue_mail("licensing/mail/message", to=reader.email, language=reader.language, context=context, key=key)


def _moderator_of(adhesion: Adhesion) -> User | None:
    """Return who has the file in hand, else who wrote to the organisation last, else who decided last."""
    if adhesion.claimed_by is not None:
        return adhesion.claimed_by
    if last := adhesion.messages.filter(from_office=True).select_related("author").last():
        return last.author
    decision = adhesion.decisions.select_related("decided_by").last()
    return decision.decided_by if decision else None


def opinion_asked(opinion: Opinion) -> None:
    """Tell everybody who speaks for the body that an opinion is asked."""
    _to_body(opinion, "licensing/mail/opinion_asked", f"opinion_asked:{opinion.pk}")


def opinion_reminder(opinion: Opinion, *, days: int) -> None:
    """Remind the body, once for each step of the setting."""
    _to_body(opinion, "licensing/mail/opinion_reminder", f"opinion_reminder:{opinion.pk}:{days}")


def _to_body(opinion: Opinion, template: str, key: str) -> None:
    context = {
        "organisation": opinion.adhesion.organisation.name,
        "name_fr": opinion.licence.name_fr,
        "name_en": opinion.licence.name_en,
        **in_both(lambda: date_words(opinion.due_at - timedelta(seconds=1)), "due"),
        "url": _absolute("licensing:opinion", opinion.pk),
    }
    for person in User.objects.filter(is_active=True, office_role=f"opinion_{opinion.body}"):
        queue_mail(template, to=person.email, language=person.language, context=context, key=f"{key}:{person.pk}")


def opinion_given(opinion: Opinion) -> None:
    """Tell the moderator who has the file that an opinion was given; what it says is on the page."""
    reader = _moderator_of(opinion.adhesion)
    if reader is None:
        return
    queue_mail(
        "licensing/mail/opinion_given",
        to=reader.email,
        language=reader.language,
        context={
            "organisation": opinion.adhesion.organisation.name,
            "body": opinion.get_body_display(),
            "url": _absolute("licensing:review", opinion.adhesion_id) + "#opinions",
        },
        key=f"opinion_given:{opinion.pk}",
    )


def _to_referent(template: str, adhesion: Adhesion, context: Mapping[str, Any], key: str) -> None:
    """Write to who answers for the organisation now, which may not be who filed any more."""
    for person in _answering(adhesion):
        queue_mail(
            template, to=person.email, language=person.language, context=context, key=f"{key}:referent:{person.pk}"
        )
