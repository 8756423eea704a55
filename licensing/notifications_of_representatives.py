# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about the change of a legal representative: to the référents, the new one, and the former one."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail
from licensing.enums import RepresentativeChangeState, RepresentativeReason
from licensing.models import Adhesion, LicenceVersion, RepresentativeChange
from licensing.notifications import in_both, text_line
from licensing.reasons import label_of
from licensing.selectors.representative import signatory_language

TEMPLATE = "licensing/mail/representative_change"


def declared(change: RepresentativeChange) -> None:
    """Tell the référents who was named and by whom: each of them sees what another did."""
    _to_referents(change, "declared")


def signed(change: RepresentativeChange) -> None:
    """Send the référents and the new representative a copy of what was signed."""
    languages = {text["version_id"]: text for text in change.signed}
    versions = LicenceVersion.objects.filter(pk__in=languages).select_related("licence").order_by("licence__position")
    texts = [text_line(one, languages[one.pk]["language"], languages[one.pk]["sha256"]) for one in versions]
    _to_referents(change, "signed", texts=texts)
    _to_new(change, "signed", texts=texts)


def declined(change: RepresentativeChange, words: str) -> None:
    """Tell the référents that the person named declined, and why."""
    _to_referents(change, "declined", words=words)


def other_person_named(change: RepresentativeChange, words: str) -> None:
    """Tell the référents that the link reached somebody else, and who was named instead."""
    _to_referents(change, "other_person", words=words)


def over(change: RepresentativeChange) -> None:
    """Tell that nothing comes of it: withdrawn, or not signed in time."""
    _to_referents(change, change.state)
    if change.state == RepresentativeChangeState.WITHDRAWN:
        _to_new(change, change.state)


def decided(change: RepresentativeChange) -> None:
    """Tell the référents and the person named what the office decided, why, and how to contest a refusal."""
    decision = change.decision
    assert decision is not None
    context = {
        "words": decision.words,
        **in_both(lambda: label_of(decision.verdict, decision.reason_code), "reason"),
        "recourse": decision.recourse,
    }
    _to_referents(change, change.state, **context)
    _to_new(change, change.state, **context)


def in_effect(change: RepresentativeChange, former: Iterable[Adhesion]) -> None:
    """Tell the référents and the new representative that it has taken effect; and, while they live, the former one.

    `former` are the adhesions as they were before: they name who loses the capacity.
    """
    _to_referents(change, "in_effect")
    _to_new(change, "in_effect")
    if change.reason == RepresentativeReason.DEATH:
        return
    for address, adhesion in {one.legal_representative_email: one for one in former}.items():
        if address != change.legal_representative_email:
            _send(change, "in_effect", address, signatory_language(adhesion, before=change.in_effect_at), url="")


def _to_referents(change: RepresentativeChange, stage: str, **more: Any) -> None:
    """Write to who answers for the organisation, and to who of the office declared the change in their place."""
    pages = dict.fromkeys(referents(change.organisation), "accounts:representative")
    if change.declared_by.has_perm("licensing.moderate"):
        pages.setdefault(change.declared_by, "licensing:office_representative")
    for reader, page in pages.items():
        url = settings.SITE_URL + reverse(page, args=[change.organisation_id])
        _send(change, stage, reader.email, reader.language, url=url, **more)


def _to_new(change: RepresentativeChange, stage: str, **more: Any) -> None:
    _send(change, stage, change.legal_representative_email, change.language, url="", **more)


def _send(change: RepresentativeChange, stage: str, to: str, language: str, **more: Any) -> None:
    queue_mail(
        TEMPLATE,
        to=to,
        language=language,
        context={
            "organisation": change.organisation.name,
            "name": change.legal_representative_name,
            "former": change.former_name,
            "declared_by": str(change.declared_by),
            "stage": stage,
            "day": change.effective_on.isoformat(),
            **more,
        },
        key=f"representative_change:{change.pk}:{stage}:{to}",
    )
