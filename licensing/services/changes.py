# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers the changes of rights, one writer at a time (docs/adr/0013).

Rows of other tables get their numbers before they are visible: number 11 may appear after a reader saw number 12 and
never looks back. Here the number is given by whoever asks for the feed, under a lock, to what is committed by then.
What is committed later gets a later number, so that a reader who kept the last number has missed nothing.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from dinamis.core.exceptions import Busy
from dinamis.core.transitions import LOCK_NOT_AVAILABLE

# Any number: it names the lock of the one writer.
FEED_LOCK = 7_301_946
# The end of a right is a fact of its period: it is noted when due, by nobody's act.
NOTE_SQL = """
INSERT INTO licensing_entitlementchange (entitlement_id, kind, cause, occurred_at, source)
SELECT fact.entitlement_id, fact.kind, fact.cause, fact.occurred_at, fact.source FROM (
    SELECT e.id AS entitlement_id, 'granted' AS kind, '' AS cause, e.created_at AS occurred_at,
           'granted:' || e.id AS source
      FROM licensing_entitlement e
    UNION ALL
    SELECT e.id, 'started', '', lower(e.period), 'started:' || e.id
      FROM licensing_entitlement e
     WHERE e.state = 'granted' AND lower(e.period) > e.created_at AND lower(e.period) <= %(at)s
    UNION ALL
    SELECT e.id, 'expired', '', upper(e.period), 'expired:' || e.id
      FROM licensing_entitlement e
     WHERE e.state = 'granted' AND upper(e.period) <= %(at)s
    UNION ALL
    SELECT c.object_id, c.to_state, c.reason_code, c.at, 'state:' || c.id
      FROM core_statechange c
     WHERE c.aggregate = 'licensing.entitlement' AND c.to_state IN ('superseded', 'revoked')
    UNION ALL
    SELECT s.entitlement_id, 'suspended', s.cause, s.began_at, 'suspended:' || s.id
      FROM licensing_suspension s
    UNION ALL
    SELECT s.entitlement_id, 'restored', s.cause, s.lifted_at, 'restored:' || s.id
      FROM licensing_suspension s WHERE s.lifted_at IS NOT NULL
    UNION ALL
    SELECT e.id, CASE c.transition WHEN 'suspend' THEN 'suspended' ELSE 'restored' END, 'adhesion', c.at,
           'adhesion:' || c.id || ':' || e.id
      FROM core_statechange c JOIN licensing_entitlement e ON e.adhesion_id = c.object_id AND e.created_at <= c.at
     WHERE c.aggregate = 'licensing.adhesion' AND c.transition IN ('suspend', 'resume')
       AND e.state = 'granted' AND c.at < upper(e.period)
) fact
WHERE NOT EXISTS (SELECT FROM licensing_entitlementchange known WHERE known.source = fact.source)
ORDER BY fact.occurred_at, fact.source
"""


def note_changes(*, at: datetime) -> int:
    """Give numbers to every change of a right that is committed and due at `at`; returns how many were new.

    Raises Busy when another caller numbers for longer than the lock timeout.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [settings.DINAMIS["LOCK_TIMEOUT"]])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
            cursor.execute(NOTE_SQL, {"at": at})
            return int(cursor.rowcount)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise Busy(_("Somebody is changing this at the same moment. Try again in a few seconds.")) from error
        raise
