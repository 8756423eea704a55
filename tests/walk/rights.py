# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rights, and what takes them away; opinions, decisions, certificates."""

from collections.abc import Callable
from uuid import uuid4

from dinamis.core.actors import Reason
from licensing.models import DecisionLetter, Entitlement, Suspension
from licensing.services import adhesion as verbs
from licensing.services.block import BlockWanted, create_block
from licensing.services.entitlement import suspend_entitlement
from tests.cast import foreign_adhesion
from tests.factories.accounts import UserFactory
from tests.walk.adhesions import in_force, in_review
from tests.walk.world import Case, World


def right(cell: str) -> Callable[[World], Case]:
    """A right of that organisation, to make rest."""

    def prepared(w: World) -> Case:
        row = Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("id")
        return Case((row.pk,), {"cause": "inquiry", "words": "pour l’essai"})

    return prepared


def cause(cell: str) -> Callable[[World], Case]:
    """A cause that makes a right of that organisation rest, to lift."""

    def prepared(w: World) -> Case:
        row = Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("id")
        rest: Suspension = suspend_entitlement(entitlement=row, cause="inquiry", words="essai", actor=w.dora)
        return Case((rest.pk,), {"words": "pour l’essai"})

    return prepared


def new_block(cell: str) -> Callable[[World], Case]:
    """A block of that organisation."""

    def prepared(w: World) -> Case:
        data = {"kind": "organisation", "subject": w.organisation(cell).siret, "words": "essai", "key": str(uuid4())}
        return Case((), data)

    return prepared


def blocked(cell: str) -> Callable[[World], Case]:
    """A block by Dora of that organisation, to lift."""

    def prepared(w: World) -> Case:
        wanted = BlockWanted("organisation", w.organisation(cell).siret, "essai")
        return Case((create_block(wanted=wanted, actor=w.dora, key=uuid4()).pk,), {"words": "pour l’essai"})

    return prepared


def noticed(cell: str, *, answered: bool = False) -> Callable[[World], Case]:
    """A notice of revocation given by Dora, to answer or, once answered, to decide on."""

    def prepared(w: World) -> Case:
        adhesion = in_force(w, cell)
        reason = Reason("breach", "pour l’essai")
        row = verbs.give_notice(adhesion=adhesion, actor=w.dora, reason=reason, expected_version=adhesion.version)
        if answered:
            verbs.answer_notice(revocation=row, actor=w.referent(cell), words="essai")
        adhesion.refresh_from_db()
        return Case((row.pk,), {"code": "breach", "words": "pour l’essai", "version": adhesion.version})

    return prepared


def refused(cell: str) -> Callable[[World], Case]:
    """A refusal by Dora, and its letter."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        reason = Reason("not_eligible", "pour l’essai")
        verbs.refuse_adhesion(adhesion=held, actor=w.dora, reason=reason, expected_version=held.version)
        row = held.decisions.get()
        DecisionLetter.objects.create(decision=row, storage_key="private/decisions/of-a-test.pdf", sha256="0" * 64)
        return Case((row.pk,))

    return prepared


def change_asked(cell: str) -> Callable[[World], Case]:
    """A change that Dora asks of one field."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        reason = Reason("other", "pour l’essai")
        verbs.request_changes(
            adhesion=held, actor=w.dora, reason=reason, expected_version=held.version, changes={"mission": "essai"}
        )
        return Case((held.decisions.get().change_requests.get().pk,), {"words": "pour l’essai"})

    return prepared


def question(cell: str) -> Callable[[World], Case]:
    """An opinion that advises, on an adhesion in review."""

    def prepared(w: World) -> Case:
        held = in_review(w, cell)
        data = {"body": "cnes", "licence_code": "pleiades-uia", "words": "essai", "version": held.version}
        return Case((held.pk,), data)

    return prepared


def asked(body: str) -> Callable[[World], Case]:
    """The opinion of a body on a foreign institute of nobody here."""

    def prepared(w: World) -> Case:
        held = verbs.claim_adhesion(adhesion=foreign_adhesion(UserFactory()), actor=w.dora)
        return Case((held.opinions.get(body=body).pk,), {"verdict": "yes", "words": "pour l’essai"})

    return prepared


def certificate(cell: str, *, key: bool = False) -> Callable[[World], Case]:
    """The certificate of that organisation; its secret opens it to anybody."""

    def prepared(w: World) -> Case:
        row = in_force(w, cell).certificate
        row.storage_key = "private/certificates/of-a-test.pdf"
        row.save(update_fields=["storage_key"])
        return Case((row.number,), query=f"key={row.secret}" if key else "")

    return prepared
