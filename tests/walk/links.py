# SPDX-License-Identifier: AGPL-3.0-or-later
"""Links to files, keys, copies of data; what programs read and decide of rights and adhesions."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from dinamis.accounts.models import DataExport
from dinamis.accounts.services.erasure import ask_erasure
from dinamis.core import clock
from licensing.models import Adhesion, Entitlement
from licensing.services.entitlement import suspend_entitlement
from orders.services.downloads.ticket import issue_ticket
from tests.factories.api import key_of
from tests.walk.world import Case, World


def ticket(w: World) -> Case:
    """A link of Alice: whoever holds it has what she has."""
    _ticket, token, _paths = issue_ticket(person=w.cast.alice, assets=[w.asset], project=None, at=clock.now())
    return Case((token, w.asset.file_name))


def stale_ticket(w: World) -> Case:
    """A link of Alice after her right was suspended."""
    case = ticket(w)
    held = Entitlement.objects.get(organisation=w.cast.institute, licence=w.cast.licences["pleiades-uia"])
    suspend_entitlement(entitlement=held, cause="inquiry", words="essai", actor=w.dora)
    return case


def api_key(owner: str) -> Callable[[World], Case]:
    """A key: Alice's own, or the institute's, which its référents look after."""

    def prepared(w: World) -> Case:
        mine = (
            {"actor": w.cast.alice} if owner == "person" else {"actor": w.cast.remi, "organisation": w.cast.institute}
        )
        client, _credentials = key_of(**mine)
        return Case((client.pk,), {"version": client.version})

    return prepared


def new_key(w: World) -> Case:
    """A key of one's own that ends tonight."""
    return Case((), {"name": "QGIS", "scopes": ["rights:read"], "expires_on": clock.today().isoformat()})


def copy_of_data(w: World) -> Case:
    """The copy of Alice's data, ready."""
    ready = {"ready_at": clock.now(), "expires_at": clock.now() + timedelta(days=7)}
    key = {"storage_key": "private/exports/a.zip", "sha256": "0" * 64}
    return Case((DataExport.objects.create(person=w.cast.alice, **ready, **key).pk,))


def asked_erasure(w: World) -> Case:
    """The erasure that Alice asked for."""
    return Case((ask_erasure(person=w.cast.alice).pk,))


def other_account(w: World) -> Case:
    """What an administrator may write of an account: here, that Bob's is closed."""
    bob = w.cast.bob
    return Case((bob.pk,), {"name": bob.name, "language": "fr", "office_role": "none"})


def of_organisation(cell: str, find: Callable[[World, str], int]) -> Callable[[World], Case]:
    """Something of an organisation that the API shows."""
    return lambda w: Case((find(w, cell),))


def right_number(w: World, cell: str) -> int:
    """A right of the organisation."""
    return Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("pk").pk


def project_number(w: World, cell: str) -> int:
    """A project of the organisation."""
    return w.projects[cell].pk


def spoken(cells: Mapping[str, Callable[[World], Case]], code: str = "") -> dict[str, Callable[[World], Case]]:
    """The same adhesions, decided on by a program: reason, words and the version in JSON."""

    def prepared(prepare: Callable[[World], Case]) -> Callable[[World], Case]:
        def case(w: World) -> Case:
            args = prepare(w).args
            version = Adhesion.objects.get(pk=args[0]).version
            return Case(args, {"reason_code": code, "words": "Dossier complet.", "version": version}, json=True)

        return case

    return {cell: prepared(prepare) for cell, prepare in cells.items()}
