# SPDX-License-Identifier: AGPL-3.0-or-later
"""One decision, and its set form, among a nation's worth of organisations. Everything is rolled back."""

from datetime import timedelta

from django.db import connection, transaction

from dinamis.accounts.models import Membership, Organisation, User
from dinamis.core import clock
from licensing.enums import Action
from licensing.models import Licence
from licensing.selectors.decision import ResourceFacts, decide, permitted
from tests.bench.measure import Figure, compare

ORGANISATIONS = 1_000
PERSONS = 5_000
LICENCES = 10


def world() -> tuple[User, Licence]:
    """Write the organisations, persons and licences; return one person and one licence."""
    organisations = Organisation.objects.bulk_create(
        Organisation(name=f"Organisation {n}") for n in range(ORGANISATIONS)
    )
    persons = User.objects.bulk_create(User(email=f"p{n}@bench.example", name=f"P {n}") for n in range(PERSONS))
    Membership.objects.bulk_create(
        Membership(user=person, organisation=organisations[n % ORGANISATIONS], active_from=clock.now() - timedelta(1))
        for n, person in enumerate(persons)
    )
    licences = Licence.objects.bulk_create(
        Licence(code=f"bench-{n}", name_fr=f"Licence {n}", name_en=f"Licence {n}", actions=[Action.DOWNLOAD])
        for n in range(LICENCES)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user, accounts_membership, licensing_licence")
    return persons[PERSONS // 2], licences[0]


def run() -> list[Figure]:
    """Return the figures: the set form answers for every licence, the point form for one."""
    with transaction.atomic():
        person, licence = world()
        facts = ResourceFacts(licence_id=licence.pk)
        at = clock.now()
        figures = compare(
            f"permitted(): {LICENCES} licences",
            lambda: permitted(person, Action.DOWNLOAD, project=None, at=at),
            "decide(): one image",
            lambda: decide(person, Action.DOWNLOAD, facts, project=None, at=at),
            runs=200,
        )
        transaction.set_rollback(True)
    return figures
