# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's board with 50,000 orders: its pages, whole, as the server answers them. First page: at most 150 ms."""

from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client

from dinamis.core import clock
from licensing.models import Project
from orders.selectors.reviewing.board import BoardFilter, page
from tests.bench.desk import _sign_in
from tests.bench.measure import Figure, alone
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.licensing import ProjectFactory, approved_adhesion

MANY = 50_000
RUNS = 30
# The state triggers are off while the rows are written: how a state was reached is not what is measured.
FILL = """
INSERT INTO accounts_organisation (name, acronym, country, siret, uai, ror, sector, city, created_at)
SELECT 'Organisme ' || n, '', 'FR', '', '', '', 'recherche', 'Brest', now() FROM generate_series(1, 2000) n;
INSERT INTO orders_order (reference, kind, family, title, requester_id, organisation_id, project_id, aoi, area_m2,
    justification, options, state, version, created_at, submitted_at)
SELECT 'B-2026-' || n, 'archive', (ARRAY['pleiades', 'spot-6-7', 'pleiades-neo'])[1 + n %% 3],
    'Suivi de la zone ' || n, %(requester)s, g.ids[1 + n %% 2000], %(project)s,
    ST_Multi(ST_MakeEnvelope(-4 + (n %% 900) * 0.01, 43 + (n %% 700) * 0.01, -3.9 + (n %% 900) * 0.01,
                             43.1 + (n %% 700) * 0.01, 4326)), 80000000, '', '{}',
    (ARRAY['submitted', 'in_review', 'in_review', 'changes_requested', 'approved', 'placed', 'in_progress',
           'partly_delivered', 'delivered', 'closed', 'refused', 'cancelled'])[1 + n %% 12],
    1, %(at)s::timestamptz - make_interval(mins => n), %(at)s::timestamptz - make_interval(mins => n)
FROM generate_series(1, %(many)s) n, (SELECT array_agg(id) AS ids FROM accounts_organisation
                                      WHERE name LIKE 'Organisme %%') g;
INSERT INTO orders_review (order_id, stage, state, version, opened_at, due_at, verdict, reason_code, words,
    claimed_by_id, claimed_until)
SELECT o.id, (ARRAY['secretariat', 'committee', 'cnes', 'airbus', 'final'])[1 + o.id %% 5], 'open', 1, o.submitted_at,
    o.submitted_at + interval '10 days', '', '', '',
    CASE WHEN o.id %% 7 = 0 THEN %(holder)s END,
    CASE WHEN o.id %% 7 = 0 THEN %(at)s::timestamptz + interval '1 hour' END
FROM orders_order o WHERE o.state IN ('submitted', 'in_review') AND o.reference LIKE 'B-%%';
"""


def run() -> list[Figure]:
    """Return the times of the first page of each view, of a next page and of filtered ones; nothing is kept."""
    with transaction.atomic():
        moderator = ModeratorFactory()
        project = ProjectFactory(organisation=approved_adhesion().organisation, owner=UserFactory())
        _fill(moderator, project)
        client = Client(HTTP_HOST="localhost")
        _sign_in(client, moderator)
        following = urlencode({"after": page(BoardFilter(), moderator, clock.now()).following})
        pages = {
            "board: columns, 50,000 orders": "",
            "board: table": "?view=table",
            "board: table, next page": f"?view=table&{following}",
            "board: table by place in the queue": "?view=table&sort=queue",
            "board: map": "?view=map",
            "board: late": "?late=on",
            "board: mine, table": "?view=table&mine=on",
            "board: a text that is rare": "?text=zone+49999",
            "board: a class": "?eligibility_class=french_institutional",
        }
        figures = [alone(name, _page(client, f"/office/orders/{query}"), runs=RUNS) for name, query in pages.items()]
        transaction.set_rollback(True)
    return figures


def _fill(holder, project: Project) -> None:
    parameters = {
        "many": MANY,
        "requester": project.owner_id,
        "project": project.pk,
        "holder": holder.pk,
        "at": clock.now(),
    }
    with connection.cursor() as cursor:
        for table in ("orders_order", "orders_review"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(FILL, parameters)
        cursor.execute("ANALYZE orders_order, orders_review, accounts_organisation")


def _page(client: Client, path: str):
    def get() -> None:
        answer = client.get(path)
        assert answer.status_code == 200

    return get
