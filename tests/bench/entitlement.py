# SPDX-License-Identifier: AGPL-3.0-or-later
"""The decision at the size of a nation: 1,000 organisations, 20,000 persons, 100,000 rights, every constraint on.

Rows are written by a few statements of SQL into a database of their own, and vacuumed: rows of an open transaction
cost a reader more than those of a site. The database's share of a decision is measured apart from Python's; queries are
counted.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from dinamis.accounts.models import User
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Item
from dinamis.core import clock
from licensing.enums import Action
from licensing.models import Certificate, Licence
from licensing.selectors.decision import ResourceFacts, decide, decide_many, permitted
from licensing.services.certificate_pdf import render_certificate_pdf
from tests.bench.database import own_database
from tests.bench.measure import Figure, alone, compare
from tests.cast import gather
from tests.factories.catalogue import CollectionFactory
from tests.factories.licensing import LicenceFactory, person_signs, published_version

ORGANISATIONS, PERSONS, LICENCES, PROJECTS, ITEMS = 1_000, 20_000, 10, 9, 20_000
STEPS = ("awaiting_signature", "submitted", "in_review", "approved")
WRITES = (
    "SET LOCAL statement_timeout = 0",
    """INSERT INTO accounts_organisation (name, acronym, country, siret, ror, uai, sector, city, created_at)
       SELECT 'bench ' || n, '', 'FR', '', '', '', 'x', 'x', now() FROM generate_series(1, {organisations}) n""",
    """INSERT INTO accounts_user (password, is_superuser, email, name, language, office_role, is_staff, is_active,
                                  date_joined)
       SELECT '', FALSE, 'p' || n || '@bench.example', 'P ' || n, 'fr', 'none', FALSE, TRUE, now()
       FROM generate_series(1, {persons}) n""",
    """INSERT INTO accounts_membership (version, user_id, organisation_id, role, state, motivation, ending, created_at)
       SELECT 0, u.id, o.id, 'member', 'requested', 'x', '', now()
       FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM accounts_user WHERE email LIKE '%%@bench.example') u
       JOIN (SELECT id, row_number() OVER (ORDER BY id) n FROM accounts_organisation WHERE name LIKE 'bench %%') o
         ON o.n = 1 + u.n %% {organisations}""",
    """UPDATE accounts_membership SET state = 'active', active_from = now() - interval '1 day'
       WHERE state = 'requested'""",
    """INSERT INTO licensing_adhesion (version, organisation_id, eligibility_class, referent_id,
         legal_representative_name, legal_representative_title, legal_representative_email, mission, answers,
         form_revision_id, state, created_at)
       SELECT 0, m.organisation_id, 'french_institutional', min(m.user_id), 'x', '', 'x@example.org', '', '{{}}',
         (SELECT id FROM licensing_formrevision WHERE eligibility_class = 'french_institutional' LIMIT 1),
         'draft', now()
       FROM accounts_membership m JOIN accounts_organisation o ON o.id = m.organisation_id
       WHERE o.name LIKE 'bench %%' GROUP BY m.organisation_id""",
    *(
        f"""UPDATE licensing_adhesion SET state = '{state}', period = tstzrange(now() - interval '1 day',
              now() + interval '3 years') WHERE state = '{before}'"""
        for before, state in zip(("draft", *STEPS), STEPS, strict=False)
    ),
    """INSERT INTO licensing_decision (adhesion_id, verdict, reason_code, words, decided_by_id,
         decided_at, version_seen, recourse)
       SELECT a.id, 'approve', '', 'x', (SELECT id FROM accounts_user WHERE office_role = 'moderator' LIMIT 1), now(),
              0, '{{}}'
       FROM licensing_adhesion a JOIN accounts_organisation o ON o.id = a.organisation_id
       WHERE o.name LIKE 'bench %%'""",
    """INSERT INTO licensing_project (organisation_id, owner_id, title, purpose, theme, description, partners, sponsor,
         contract, awarding_body, ended_words, revision, created_at)
       SELECT a.organisation_id, a.referent_id, 'P ' || n, 'public_service', '', '', '', '', '', '', '', 0, now()
       FROM licensing_adhesion a JOIN accounts_organisation o ON o.id = a.organisation_id,
            generate_series(1, {projects}) n WHERE o.name LIKE 'bench %%'""",
    """INSERT INTO licensing_entitlement (version, organisation_id, licence_id, purpose, project_id, eligibility_class,
         actions, period, adhesion_id, decision_id, state, created_at, basis)
       SELECT 0, a.organisation_id, l.id, 'public_service', p.id, a.eligibility_class, l.actions, a.period, a.id, d.id,
              'granted', now(),
              jsonb_build_object('adhesion', jsonb_build_object('id', a.id), 'decision', jsonb_build_object('id', d.id),
                                 'form', jsonb_build_object('sha256', repeat('0', 64)))
       FROM licensing_adhesion a JOIN licensing_decision d ON d.adhesion_id = a.id
       JOIN accounts_organisation o ON o.id = a.organisation_id
       JOIN licensing_licence l ON l.code LIKE 'licence-%%'
       JOIN (SELECT id, organisation_id FROM licensing_project UNION ALL
             SELECT NULL, id FROM accounts_organisation) p ON p.organisation_id = a.organisation_id
       WHERE o.name LIKE 'bench %%'""",
    """INSERT INTO licensing_acceptance (licence_version_id, capacity, organisation_id, email, language, sha256,
         typed_name, authenticated_by, accepted_at, ordinal)
       SELECT v.id, 'legal_representative', o.id, 'x@example.org', 'fr', v.sha256_fr, 'x', 'bench', now(), 1
       FROM accounts_organisation o, licensing_licenceversion v JOIN licensing_licence l ON l.id = v.licence_id
       WHERE o.name LIKE 'bench %%' AND l.code LIKE 'licence-%%'""",
    """INSERT INTO catalogue_item (collection_id, stac_id, source_id, job_id, title, footprint, datetime, platform,
         instruments, processing_level, spectral, properties, held, quicklook_url, created_at)
       SELECT c.id, 'bench-' || n, '', '', '', ST_MakeEnvelope(3, 43, 4, 44, 4326), now() - n * interval '1 hour', 'x',
              '{{}}', '', '', '{{}}', TRUE, '', now()
       FROM generate_series(1, {items}) n
       JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 k FROM catalogue_collection) c ON c.k = n %% {licences}""",
)


def write_world() -> User:
    """Write everything; return one person who has signed every licence."""
    gather()
    versions = []
    for _ in range(LICENCES):
        versions.append(published_version(LicenceFactory()))
        CollectionFactory(licence=versions[-1].licence)
    sizes = {
        "organisations": ORGANISATIONS,
        "persons": PERSONS,
        "projects": PROJECTS,
        "items": ITEMS,
        "licences": LICENCES,
    }
    with connection.cursor() as cursor:
        for statement in WRITES:
            cursor.execute(statement.format(**sizes).replace("%%", "%"))
    person = User.objects.get(email=f"p{PERSONS // 2}@bench.example")
    for version in versions:
        person_signs(person, version)
    return person


def database_time(name: str, call: Callable[[], Any], *, runs: int) -> Figure:
    """Time the statements of a call only; the name tells how many there were."""
    spent: list[tuple[float, int]] = []

    def timed(execute: Any, *args: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(*args)
        finally:
            seconds, queries = spent[-1]
            spent[-1] = (seconds + time.perf_counter() - begin, queries + 1)

    with connection.execute_wrapper(timed):
        for _ in range(runs + 1):
            spent.append((0.0, 0))
            call()
    times = sorted(seconds * 1000 for seconds, _queries in spent[1:])
    queries = max(queries for _seconds, queries in spent)
    label = f"{name}: SQL, {queries} queries"
    return Figure(label, runs, round(times[runs // 2], 3), round(times[int(runs * 0.95)], 3))


def run() -> list[Figure]:
    """Return the figures."""
    with own_database("entitlement"):
        with transaction.atomic():
            person = write_world()
            # Nobody is there to run what the services would have told a worker.
            connection.run_on_commit.clear()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        at = clock.now()
        licences = list(Licence.objects.filter(code__startswith="licence-").values_list("pk", flat=True))
        one = ResourceFacts(licences[0], acquired_at=at)
        many = [
            replace(one, licence_id=licences[n % LICENCES], acquired_at=at - timedelta(hours=n)) for n in range(1_000)
        ]

        def asking() -> bool:
            return bool(decide(person, Action.DOWNLOAD, one, project=None, at=at))

        def page_with_rights() -> list[Any]:
            rights = permitted(person, Action.DOWNLOAD, project=None, at=at)
            return list(Item.objects.allowed(rights).order_by("-datetime", "-pk")[:20])

        nobody, signed_in = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
        signed_in.force_login(person)

        assert asking()
        assert len(page_with_rights()) == 20
        certificate = Certificate.objects.select_related("adhesion__organisation").earliest("pk")
        return [
            database_time("decide(), one asset", asking, runs=300),
            alone("decide(), one asset", asking, runs=300),
            alone(
                "decide_many(), 1,000 assets",
                lambda: decide_many(person, Action.DOWNLOAD, many, project=None, at=at),
                runs=50,
            ),
            *compare(
                "page of the catalogue, what is allowed",
                lambda: signed_in.get(reverse("catalogue:search"), {"state": ItemState.HELD.value}),
                "the same page, nobody signed in",
                lambda: nobody.get(reverse("catalogue:search")),
                runs=50,
            ),
            *compare(
                "its query alone, with the rights",
                page_with_rights,
                "its query alone, published images",
                lambda: list(Item.objects.published().order_by("-datetime", "-pk")[:20]),
                runs=100,
            ),
            alone("certificate PDF", lambda: render_certificate_pdf(certificate), runs=10),
        ]
