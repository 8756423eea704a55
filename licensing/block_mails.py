# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about blocks: whoever is kept out is told, with the reason and the way to contest it (I14)."""

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.models import Organisation, User
from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail
from dinamis.core.periods import last_day
from dinamis.core.templatetags.ui import date_words
from licensing.models import Block
from licensing.selectors.block import adhesions_on, recourse


def block_begun(block: Block) -> None:
    """Tell whoever is kept out: since when, until when, under which licence, why."""
    _tell(block, "blocked", block.words)


def block_lifted(block: Block) -> None:
    """Tell the same people that it is lifted, and why."""
    _tell(block, "block_lifted", block.lifted_words)


def _tell(block: Block, template: str, words: str) -> None:
    for person, organisation in _concerned(block):
        with translation.override(person.language):
            context = {
                "organisation": organisation.name if organisation else "",
                "licence": block.licence.name if block.licence else "",
                "begins": date_words(block.period.lower),
                "ends": date_words(last_day(block.period.upper)) if block.period.upper else "",
                "document": block.document_sha256[:12],
                "words": words,
                "recourse": recourse(),
                "url": settings.SITE_URL + reverse("licensing:rights"),
            }
        key = f"{template}:{block.pk}:{person.pk}:{organisation.pk if organisation else 0}"
        queue_mail(f"licensing/mail/{template}", to=person.email, language=person.language, context=context, key=key)


def _concerned(block: Block) -> Iterator[tuple[User, Organisation | None]]:
    """Yield who is told: the person, or those who answer for each organisation concerned."""
    if block.person is not None:
        yield block.person, None
    elif block.organisation is not None:
        for person in referents(block.organisation):
            yield person, block.organisation
    else:
        for adhesion in adhesions_on(block.document_sha256):
            for person in referents(adhesion.organisation) or [adhesion.referent]:
                yield person, adhesion.organisation
