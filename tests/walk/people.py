# SPDX-License-Identifier: AGPL-3.0-or-later
"""Memberships, signatures, licences, projects."""

from collections.abc import Callable
from typing import Any

from dinamis.accounts.models import Membership
from dinamis.accounts.services.membership import request_membership
from dinamis.core.actors import SYSTEM
from licensing.selectors.rights import current_version
from licensing.services.licence import create_version
from licensing.services.shown_text import mark_shown
from licensing.web.licence_forms import SettingsForm
from tests.factories.accounts import UserFactory, siret
from tests.factories.licensing import person_signs
from tests.walk.world import Case, World


def membership(state: str, cell: str) -> Callable[[World], Case]:
    """Somebody's membership: a request that waits, or Alice's own (Charlie's elsewhere)."""

    def prepared(w: World) -> Case:
        home = w.organisation(cell)
        if state == "active":
            row = Membership.objects.get(user=w.member(cell), organisation=home)
        else:
            row = request_membership(user=UserFactory(), organisation=home, motivation="essai")
        return Case((row.pk,), {"words": "pour l’essai"})

    return prepared


def joining(w: World) -> Case:
    """A request to belong to the company."""
    return Case((), {"organisation": w.cast.company.pk, "motivation": "essai"}, query="q=associ%C3%A9s")


def opening_adhesion(w: World) -> Case:
    """The adhesion of an organisation nobody knows yet."""
    data = {"eligibility_class": "french_institutional", "name": "Parc naturel", "country": "FR", "siret": siret(777)}
    return Case((), data)


def personal_signature(w: World) -> Case:
    """One's own signature on SPOT or Pléiades Neo, typed under another name and confirmed."""
    licence = w.cast.licences["pleiades-neo-uia"]
    version = current_version(licence)
    assert version is not None
    return Case(
        (licence.pk,),
        {"typed_name": "Autre Nom", "name_confirmed": "on", "accept": "on", "language": "fr"},
        personal=lambda person: {"mark": mark_shown(person=person, version=version, language="fr")},
    )


def given_signature(w: World) -> Case:
    """Alice's own signature, to take back."""
    version = current_version(w.cast.licences["pleiades-uia"])
    assert version is not None
    return Case((person_signs(w.cast.alice, version).pk,))


def office_licence(w: World, **data: Any) -> Case:
    """A page of the office on one licence."""
    return Case((w.cast.licences["pleiades-uia"].pk,), data)


def changed_licence(w: World) -> Case:
    """What a licence allows, changed with a reason."""
    values = SettingsForm.values_of(w.cast.licences["pleiades-uia"]) | {"embargo_days": 9, "words": "essai"}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    return office_licence(w, **sent)


def licence_draft(w: World, **data: Any) -> Case:
    """A draft of the next version."""
    licence = w.cast.licences["pleiades-uia"]
    return Case((create_version(licence=licence, text_fr="a", text_en="b", actor=SYSTEM).pk,), data)


TEXTS = {"text_fr": "c", "text_en": "d", "material": "on", "grace_days": "9", "version": "0"}


def new_project(w: World) -> Case:
    """A project of the institute."""
    return Case((), {"organisation": w.cast.institute.pk, "title": "Lagunes", "purpose": "public_service"})


def project_by_program(cell: str) -> Callable[[World], Case]:
    """A project of an organisation, as a program describes it."""
    return lambda w: Case((), {"organisation": w.organisation(cell).pk, "title": "Lagunes"}, json=True)


def on_project_by_program(cell: str, *, colleague: bool = False, **data: str) -> Callable[[World], Case]:
    """What a program does to Alice's own project (Charlie's elsewhere), on the revision it read."""

    def prepared(w: World) -> Case:
        row = w.projects[cell]
        named = {"email": w.referent(cell).email} if colleague else {}
        return Case((row.pk,), {**data, **named, "revision": row.revision}, json=True)

    return prepared


def own_project(cell: str) -> Callable[[World], Case]:
    """Alice's own project (Charlie's elsewhere), to read, change or end."""

    def prepared(w: World) -> Case:
        row = w.projects[cell]
        data = {"title": "Autre titre", "purpose": "public_service", "words": "pour l’essai", "revision": row.revision}
        return Case((row.pk,), data)

    return prepared
