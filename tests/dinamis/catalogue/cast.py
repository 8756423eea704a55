# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of people before the same images: what each may do differs, and nothing else does."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from licensing.models import Suspension
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.catalogue import CollectionFactory, ItemFactory
from tests.factories.licensing import (
    LicenceFactory,
    approved_adhesion,
    grant,
    organisation_signs,
    person_signs,
    published_version,
)


@dataclass
class World:
    """People by kind, images by kind."""

    people: dict[str, Any]
    items: dict[str, Any]
    signed: Any


def member(adhesion):
    """An active member of the adhesion's organisation."""
    person = UserFactory()
    active_membership(person, adhesion.organisation, active_from=clock.now() - timedelta(days=1))
    return person


def entitled_adhesion(licence, version):
    """An adhesion with the right, signed by the legal representative."""
    adhesion = approved_adhesion(organisation=OrganisationFactory(), since=clock.now() - timedelta(days=10))
    right = grant(adhesion, licence)
    organisation_signs(adhesion.organisation, version)
    return adhesion, right


def build_world():
    """One licence, six kinds of people, seven kinds of images."""
    licence = LicenceFactory()
    version = published_version(licence)
    adhesion, _right = entitled_adhesion(licence, version)
    entitled, unsigned = member(adhesion), member(adhesion)
    person_signs(entitled, version)
    resting, right = entitled_adhesion(licence, version)
    suspended = member(resting)
    person_signs(suspended, version)
    Suspension.objects.create(
        entitlement=right, cause="inquiry", words="enquête", began_at=clock.now() - timedelta(hours=1)
    )
    no_right = member(approved_adhesion(since=clock.now() - timedelta(days=10)))
    people = {
        "anonymous": AnonymousUser(),
        "stranger": UserFactory(),
        "entitled": entitled,
        "unsigned": unsigned,
        "suspended": suspended,
        "no_right": no_right,
    }
    return World(people, _items(CollectionFactory(licence=licence), adhesion.organisation), SYSTEM)


def _items(collection, organisation):
    soon = clock.now() + timedelta(days=30)
    past = clock.now() - timedelta(days=30)
    other = OrganisationFactory()

    def item(name, **fields):
        return ItemFactory(collection=collection, stac_id=name, **fields)

    return {
        "held": item("held"),
        "scene": item("scene", held=False, source_id="DS_SCENE"),
        "embargo": item("embargo", embargo_until=soon),
        "embargo_over": item("embargo_over", embargo_until=past),
        "reserved_ours": item("reserved_ours", hold_back_until=soon, hold_back_organisation=organisation),
        "reserved_theirs": item("reserved_theirs", hold_back_until=soon, hold_back_organisation=other),
        "withdrawn": item("withdrawn", withdrawn_at=past),
    }
