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
# A block concerns the rights of an organisation, those that rest on a document, or, by cause `person`, what one member
# may do with the rights of theirs. Its lines begin with `kept_out`, after `granted` where both are of one instant.
NOTE_SQL = """
WITH block AS (
    SELECT b.*, lower(b.period) AS begins, least(b.lifted_at, upper(b.period)) AS ends
      FROM licensing_block b WHERE lower(b.period) <= %(at)s
), reached AS (
    SELECT b.id AS block_id, b.begins, b.ends, 'organisation' AS cause, e.id AS entitlement_id
      FROM block b JOIN licensing_entitlement e ON e.organisation_id = b.organisation_id
     WHERE b.licence_id IS NULL OR b.licence_id = e.licence_id
    UNION
    SELECT b.id, b.begins, b.ends, 'document', e.id
      FROM block b JOIN licensing_evidencefile f ON f.sha256 = b.document_sha256
      JOIN licensing_entitlement e ON e.adhesion_id = f.adhesion_id
     WHERE b.document_sha256 <> '' AND (b.licence_id IS NULL OR b.licence_id = e.licence_id)
    UNION
    SELECT b.id, b.begins, b.ends, 'person', e.id
      FROM block b JOIN accounts_membership m ON m.user_id = b.person_id AND m.active_from <= %(at)s
           AND (b.ends IS NULL OR m.active_from < b.ends) AND (m.ended_at IS NULL OR b.begins < m.ended_at)
      JOIN licensing_entitlement e ON e.organisation_id = m.organisation_id
     WHERE b.licence_id IS NULL OR b.licence_id = e.licence_id
), kept_out AS (
    SELECT r.entitlement_id, r.cause, r.ends, greatest(r.begins, e.created_at) AS begins,
           r.block_id || ':' || e.id AS source
      FROM reached r JOIN licensing_entitlement e ON e.id = r.entitlement_id
     WHERE e.state = 'granted' AND (r.ends IS NULL OR r.ends > greatest(r.begins, e.created_at))
       AND greatest(r.begins, e.created_at) < upper(e.period)
)
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
    UNION ALL
    SELECT k.entitlement_id, 'blocked', k.cause, k.begins, 'kept_out:' || k.source FROM kept_out k
    UNION ALL
    SELECT k.entitlement_id, 'unblocked', k.cause, k.ends, 'let_in:' || k.source
      FROM kept_out k WHERE k.ends <= %(at)s
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
