# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adhesions, each brought to a state of its life; the link of the legal representative."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dinamis.accounts.services.membership import end_membership
from dinamis.core import clock
from dinamis.core.actors import Reason
from licensing.enums import EligibilityClass, Purpose
from licensing.models import Adhesion, EvidenceFile, SigningLink
from licensing.selectors.adhesion import texts_to_sign
from licensing.services import adhesion as verbs
from licensing.services.representative import entity_of
from licensing.services.tokens import code_of, token_of
from tests.cast import declare_representative, sign
from tests.walk.world import ELSEWHERE, HOME, PDF, WHY, Case, World


def in_force(w: World, cell: str) -> Adhesion:
    """The approved adhesion of the cast."""
    return w.organisation(cell).adhesions.get(state="approved")


def draft_of(w: World, cell: str) -> Adhesion:
    """A second adhesion of the same organisation, of another class: a draft."""
    return verbs.open_adhesion(
        referent=w.referent(cell),
        organisation=w.organisation(cell),
        eligibility_class=EligibilityClass.PRIVATE,
        legal_representative=verbs.LegalRepresentative("Hélène Martin", "direction@example.org", "Directrice"),
        mission="Digues.",
        answers={
            "project_title": "Digues",
            "project_purpose": Purpose.PUBLIC_ORDER.value,
            "contract": "2026-AO-1",
            "partner": "Agence des digues",
            "project_ends_on": "2099-12-31",
        },
    )


def awaiting(w: World, cell: str) -> Adhesion:
    """Sent to the legal representative."""
    return verbs.send_for_signature(adhesion=draft_of(w, cell), actor=w.referent(cell))


def submitted(w: World, cell: str) -> Adhesion:
    """Signed: on the desk."""
    adhesion = awaiting(w, cell)
    sign(adhesion)
    return Adhesion.objects.get(pk=adhesion.pk)


def in_review(w: World, cell: str) -> Adhesion:
    """Claimed by Dora."""
    return verbs.claim_adhesion(adhesion=submitted(w, cell), actor=w.dora)


def sent_back(w: World, cell: str) -> Adhesion:
    """Dora asked for changes."""
    held = in_review(w, cell)
    return verbs.request_changes(
        adhesion=held, actor=w.dora, reason=Reason("other", "pour l’essai"), expected_version=held.version
    )


def suspended(w: World, cell: str) -> Adhesion:
    """Suspended by Dora."""
    held = in_force(w, cell)
    return verbs.suspend_adhesion(adhesion=held, actor=w.dora, reason=WHY, expected_version=held.version)


def ending(w: World, cell: str) -> Adhesion:
    """The adhesion in force, thirty days before its end."""
    adhesion = in_force(w, cell)
    Adhesion.objects.filter(pk=adhesion.pk).update(period=(adhesion.period.lower, clock.now() + timedelta(days=30)))
    return adhesion


def corrected(link: SigningLink) -> dict[str, Any]:
    """What the legal representative sends to correct their function and nothing else."""
    return {**entity_of(link.adhesion), "legal_representative_title": "Présidente"}


def declared(w: World, cell: str, *, signed: bool = False, **data: Any) -> Case:
    """A new legal representative declared by the référent; `signed`: it is the office's turn, on the version read."""
    change = declare_representative(w.organisation(cell), w.referent(cell))
    if signed:
        sign(change)
        change.refresh_from_db()
        data["version"] = change.version
    return Case((change.pk,), data)


def declaring(w: World, cell: str, *, alone: bool = False) -> Case:
    """A new legal representative is declared; `alone`: the only référent is gone."""
    if alone:
        led = w.referent(cell).memberships.get(organisation=w.organisation(cell))
        end_membership(membership=led, actor=w.dora, words="essai")
    data = {"name": "Awa Ndiaye", "email": "awa@example.org", "language": "fr", "reason": "departure"}
    file = SimpleUploadedFile("arrete.pdf", PDF, "application/pdf")
    return Case((w.organisation(cell).pk,), {**data, "effective_on": clock.today().isoformat(), "file": file})


def on_representative(case: Callable[..., Case], **options: Any) -> dict[str, Callable[[World], Case]]:
    """Both ownership cells of a page about who binds an organisation."""
    return {cell: lambda w, cell=cell: case(w, cell, **options) for cell in (HOME, ELSEWHERE)}


def on_adhesion(prepare: Callable[[World, str], Adhesion], **data: Any) -> dict[str, Callable[[World], Case]]:
    """Both ownership cells of a page of an adhesion that `prepare` brings to its state."""

    def case(cell: str) -> Callable[[World], Case]:
        return lambda w: Case((prepare(w, cell).pk,), dict(data))

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def verdict(prepare: Callable[[World, str], Adhesion], code: str) -> dict[str, Callable[[World], Case]]:
    """Both cells of a decision, taken on the version that was read."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            adhesion = prepare(w, cell)
            return Case((adhesion.pk,), {"code": code, "words": "pour l’essai", "version": adhesion.version})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def evidence(cell: str, **data: Any) -> Callable[[World], Case]:
    """A clean document of a draft."""

    def prepared(w: World) -> Case:
        row = EvidenceFile.objects.create(
            adhesion=sent_back(w, cell),
            title="Statuts",
            file_name="statuts.pdf",
            storage_key="private/evidence/of-a-test",
            media_type="application/pdf",
            size=len(PDF),
            sha256="0" * 64,
            scan=EvidenceFile.Scan.CLEAN,
            uploaded_by=w.referent(cell),
        )
        return Case((row.pk,), data)

    return prepared


def upload(cell: str) -> Callable[[World], Case]:
    """A document that is sent."""
    return lambda w: Case(
        (draft_of(w, cell).pk,), {"title": "Statuts", "file": SimpleUploadedFile("statuts.pdf", PDF, "application/pdf")}
    )


def ticked(link: SigningLink) -> dict[str, Any]:
    """The form of the signing page, everything accepted."""
    form: dict[str, Any] = {"typed_name": link.adhesion.legal_representative_name, "language": "fr"}
    for version in texts_to_sign(link.adhesion.eligibility_class):
        form |= {f"text-{version.pk}": "on", f"sha256-{version.pk}": version.sha256_fr}
    return form


def by_link(data: Callable[[SigningLink], dict[str, Any]], *, read: bool = False) -> dict[str, Callable[[World], Case]]:
    """The cells of a page behind the one-time link: who holds the link is the legal representative, whoever asks."""

    def holding(w: World) -> Case:
        link = awaiting(w, HOME).signing_links.get()
        token = token_of(link.pk)

        def reading(client: Client) -> dict[str, Any]:
            client.post(f"/signature/{token}/", ticked(link))
            return {"code": code_of(SigningLink.objects.get(pk=link.pk))}

        return Case((token,), data(link), opening=reading if read else None)

    return {"with the link": holding, "wrong link": lambda w: Case(("not-a-token",), {})}
