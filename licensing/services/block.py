# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on blocks: keep a person, an organisation or what rests on a document out, for a time; and lift it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation, User
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_after, day_start
from dinamis.core.validation import checked
from licensing import block_mails
from licensing.enums import BlockSubject
from licensing.models import Block, EvidenceFile, Licence
from licensing.selectors.block import people_reached
from licensing.selectors.impact import BlockImpact, access_of, compare_access

T = TypeVar("T")


@dataclass(frozen=True)
class BlockWanted:
    """A block to come: on what, under which licence (None = every one), from which Paris day to which, and why.

    `kind` is a BlockSubject and `subject` what names it: an e-mail address; a SIRET, ROR or exact name; a SHA-256.
    Without a first day it begins at once, without a last day it lasts until it is lifted.
    """

    kind: str
    subject: str
    words: str
    licence: Licence | None = None
    first_day: date | None = None
    last_day: date | None = None


def create_block(*, wanted: BlockWanted, actor: User, key: UUID) -> Block:
    """Keep somebody out; downloads stop at the next request. The same `key` again changes nothing.

    Raises NotPermitted (oneself, one's own organisation, a member or a document of it), Invalid (nobody of that name,
    days that cannot be, no words).
    """
    _check_words(wanted.words)
    with transaction.atomic(), acting(Actor.person(actor), action="licensing.block.create"):
        known = Block.objects.filter(key=key).first()
        if known is not None:
            return known
        block = _written(wanted, actor, key)
        block_mails.block_begun(block)
    return block


def lift_block(*, block: Block, words: str, actor: User) -> Block:
    """End a block before its time, with the reason. Raises NotPermitted, Invalid, IllegalTransition (lifted, over)."""
    _check_words(words)
    with transaction.atomic(), acting(Actor.person(actor), action="licensing.block.lift"):
        held = Block.objects.select_for_update(of=("self",)).get(pk=block.pk)
        _check_actor(held, actor)
        now = clock.now()
        if held.lifted_at is not None:
            raise IllegalTransition(_("This block has been lifted already."))
        if held.period.upper is not None and held.period.upper <= now:
            raise IllegalTransition(_("This block is over."))
        held.lifted_at, held.lifted_by, held.lifted_words = now, actor, words.strip()
        held.save(update_fields=["lifted_at", "lifted_by", "lifted_words"])
        block_mails.block_lifted(held)
    return held


def impact_of_block(*, wanted: BlockWanted, actor: User) -> BlockImpact:
    """Say whom a block would keep out of what when it begins: it is made, asked, and rolled back (docs/adr/0013).

    Raises as `create_block` does.
    """
    _check_words(wanted.words)
    with transaction.atomic():
        block = _written(wanted, actor, None)
        people = people_reached(block)
        at = block.period.lower + timedelta(seconds=1)
        after = access_of(people, at)
        transaction.set_rollback(True)
    return compare_access(access_of(people, at), after, at)


def _written(wanted: BlockWanted, actor: User, key: UUID | None) -> Block:
    block = Block(
        licence=wanted.licence,
        words=wanted.words.strip(),
        period=_period(wanted),
        created_by=actor,
        created_at=clock.now(),
        **_subject(wanted),
    )
    _check_actor(block, actor)
    if key is not None:
        block.key = key
    checked(block, exclude=("key", "lifted_at", "lifted_by"))
    block.save()
    return block


def _period(wanted: BlockWanted) -> tuple[object, object]:
    today = clock.today()
    first = wanted.first_day or today
    if first < today:
        raise Invalid(_("This day has passed."), pointer="first_day", repair=_("Choose a day to come."))
    if wanted.last_day is not None and wanted.last_day < first:
        raise Invalid(_("The block ends before it begins."), pointer="last_day")
    # What was allowed earlier today stays so.
    begin = clock.now() if first == today else day_start(first)
    return begin, day_after(wanted.last_day) if wanted.last_day else None


def _subject(wanted: BlockWanted) -> dict[str, object]:
    named = " ".join(wanted.subject.split())
    if wanted.kind == BlockSubject.PERSON:
        return {"person": _found(User.objects.filter(email__iexact=named).first())}
    if wanted.kind == BlockSubject.ORGANISATION:
        return {"organisation": _found(_organisation(named))}
    sha256 = named.lower()
    _found(EvidenceFile.objects.filter(sha256=sha256).first() if sha256 else None)
    return {"document_sha256": sha256}


def _organisation(named: str) -> Organisation | None:
    """Return the only organisation of this number or name. Raises Invalid when several have the name."""
    if not named:
        return None
    compact = named.replace(" ", "")
    for numbered in ({"siret": compact}, {"ror": compact}):
        if found := Organisation.objects.filter(**numbered).first():
            return found
    same = list(Organisation.objects.filter(name__iexact=named)[:2])
    if len(same) > 1:
        raise Invalid(_("Several organisations have this name: give the SIRET or ROR."), pointer="subject")
    return same[0] if same else None


def _found(one: T | None) -> T:
    if one is None:
        raise Invalid(
            _("Nothing is known under this name."),
            pointer="subject",
            repair=_("Check it letter by letter: a block must reach whom it is meant for."),
            code="unknown_subject",
        )
    return one


def _check_words(words: str) -> None:
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("Whoever is kept out reads it."))


def _check_actor(block: Block, actor: User) -> None:
    if not actor.has_perm("licensing.block", block):
        raise NotPermitted(_("Only a moderator who has no part in what is blocked may do this."))
