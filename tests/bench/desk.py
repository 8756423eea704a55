# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of the office with 10,000 adhesions: its first page, whole, as the server answers it."""

from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.signals import user_logged_in
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client

from dinamis.accounts.models import User
from dinamis.core import clock
from tests.bench.measure import Figure, alone
from tests.factories.accounts import ModeratorFactory, UserFactory

MANY = 10_000
RUNS = 30
# The state trigger is off while the rows are written: how a state was reached is not what is measured.
FILL = """
INSERT INTO accounts_organisation (name, acronym, country, siret, uai, ror, sector, city, created_at)
SELECT 'Organisme ' || n, '', 'FR', '', '', '', 'recherche', 'Brest', now() FROM generate_series(1, %(many)s) n;
INSERT INTO licensing_adhesion (organisation_id, eligibility_class, referent_id, legal_representative_name,
    legal_representative_title, legal_representative_email, mission, answers, form_revision_id, state, version,
    created_at, submitted_at, claimed_by_id, claimed_until)
SELECT o.id, (ARRAY['french_institutional', 'foreign_scientific', 'private'])[1 + o.id %% 3], %(referent)s, 'Awa',
    '', 'direction' || o.id || '@example.org', 'Mission', '{}', r.id,
    (ARRAY['submitted', 'in_review', 'changes_requested'])[1 + o.id %% 3], 1, now(),
    %(at)s::timestamptz - make_interval(hours => (o.id %% 2000)::int),
    CASE WHEN o.id %% 3 = 1 THEN %(holder)s END, CASE WHEN o.id %% 3 = 1 THEN %(at)s::timestamptz END
FROM accounts_organisation o
JOIN licensing_formrevision r ON r.number = 1
     AND r.eligibility_class = (ARRAY['french_institutional', 'foreign_scientific', 'private'])[1 + o.id %% 3]
WHERE o.name LIKE 'Organisme %%';
"""


def run() -> list[Figure]:
    """Return the times of the first page, of the last one, and of a filtered one; nothing is kept."""
    with transaction.atomic():
        moderator = ModeratorFactory()
        _fill(moderator, UserFactory())
        client = Client(HTTP_HOST="localhost")
        _sign_in(client, moderator)
        figures = [
            alone("desk: first page, 10,000 adhesions", _page(client, ""), runs=RUNS),
            alone("desk: last page", _page(client, "?page=last"), runs=RUNS),
            alone("desk: late, without evidence", _page(client, "?late=on&missing=evidence"), runs=RUNS),
        ]
        transaction.set_rollback(True)
    return figures


def _sign_in(client: Client, moderator: User) -> None:
    """Sign in with a second factor, as the desk wants it."""

    def passed(sender: type[User], request: HttpRequest, user: User, **kwargs: object) -> None:
        record_authentication(request, user, "mfa", type="totp")

    user_logged_in.connect(passed)
    client.force_login(moderator)
    user_logged_in.disconnect(passed)


def _fill(holder: User, referent: User) -> None:
    parameters = {
        "many": MANY,
        "referent": referent.pk,
        "holder": holder.pk,
        "at": clock.now() + timedelta(minutes=20),
    }
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE licensing_adhesion DISABLE TRIGGER USER")
        cursor.execute(FILL, parameters)
        cursor.execute("ANALYZE licensing_adhesion, accounts_organisation")


def _page(client: Client, query: str):
    def get() -> None:
        answer = client.get(f"/office/adhesions/{query}")
        assert answer.status_code == 200

    return get
