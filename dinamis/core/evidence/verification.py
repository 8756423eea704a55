# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds what changed without an event: in the events, their chain, their seals, and in the rows they speak of.

Everything is read once, in order, through server-side cursors: time grows with the rows, memory does not.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from time import monotonic
from typing import Any

from django.apps import apps
from django.core.signing import BadSignature
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from dinamis.core import clock
from dinamis.core.evidence import head, timestamp
from dinamis.core.evidence.chain import GENESIS, digest, follow, seal_digest
from dinamis.core.evidence.tracked import Finding, extra_checks, tracked
from dinamis.core.models import DailySeal, Event, EventLink, EventSalt, StatefulModel
from dinamis.core.triggers import RecordEvents

EVENTS, LINKS = Event._meta.db_table, EventLink._meta.db_table
SEALS, SALTS = DailySeal._meta.db_table, EventSalt._meta.db_table
# The chain follows by the minute; an event that waits longer was kept from it.
LINKED_WITHIN = timedelta(minutes=15)
SEALED_WITHIN = timedelta(hours=6)
MOST_FINDINGS = 1000
SEALED = ("day", "first_position", "last_position", "count", "root", "previous")

_FACTS = sql.SQL("""
WITH last AS (
    SELECT DISTINCT ON (object_id) object_id, id, operation, after FROM core_event
    WHERE table_name = %s ORDER BY object_id, id DESC)
SELECT coalesce(t.id, last.object_id), last.id, last.operation, last.after,
       CASE WHEN t.id IS NOT NULL THEN dinamis_facts(to_jsonb(t), %s, %s, coalesce(s.salt, '')) END, s.salt
FROM last FULL JOIN {table} t ON t.id = last.object_id
LEFT JOIN core_eventsalt s ON s.table_name = %s AND s.object_id = coalesce(t.id, last.object_id)
""")
_STATES = sql.SQL("""
WITH last AS (
    SELECT DISTINCT ON (object_id) object_id, to_state FROM core_statechange
    WHERE aggregate = %s ORDER BY object_id, id DESC)
SELECT t.id, t.state, last.to_state FROM {table} t LEFT JOIN last ON last.object_id = t.id
WHERE coalesce(last.to_state, '') <> t.state AND NOT (last.to_state IS NULL AND t.state = ANY(%s))
""")


@dataclass
class Report:
    """What was read and what was found (the first MOST_FINDINGS)."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(self.counts.values())


def verify_evidence() -> Report:
    """Read everything and report. Changes nothing."""
    report, began = Report(), monotonic()
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            # One snapshot: what is written meanwhile is neither seen in the rows nor missed in the events.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY'")
        report.findings = list(islice(_all(report.counts), MOST_FINDINGS))
    report.seconds = monotonic() - began
    return report


def _all(counts: dict[str, int]) -> Iterator[Finding]:
    yield from _check_links(counts)
    yield from _check_unlinked(counts)
    yield from _check_seal_days(counts)
    for model, recorder in tracked():
        yield from _check_trigger(model, recorder)
        yield from _check_facts(model, recorder, counts)
    yield from _check_salts()
    for model in apps.get_models():
        if issubclass(model, StatefulModel):
            yield from _check_states(model)
    for check in extra_checks():
        yield from check()


def _rows(query: str | sql.Composed, *values: Any) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _check_links(counts: dict[str, int]) -> Iterator[Finding]:
    """The chain: no place empty, every hash follows from the one before, every event is the one that was linked."""
    seals = {seal.last_position: seal for seal in DailySeal.objects.filter(count__gt=0).order_by("-day")}
    known = _read_head()
    if isinstance(known, Finding):
        yield known
        known = None
    expected, chain = 1, GENESIS
    for position, event_id, sha256, link_chain, stored, text in _rows(
        "SELECT l.position, l.event_id, l.sha256, l.chain, e.sha256, dinamis_event_text(e)"
        " FROM core_eventlink l LEFT JOIN core_event e ON e.id = l.event_id ORDER BY l.position"
    ):
        if position != expected:
            yield Finding(LINKS, expected, f"missing: the next one is {position}")
            chain = ""
        if chain and follow(chain, sha256) != link_chain:
            yield Finding(LINKS, position, f"the chain does not follow from position {position - 1}")
        yield from _check_event(event_id, sha256, stored, text)
        seal = seals.pop(position, None)
        if seal is not None and seal.root != link_chain:
            yield Finding(LINKS, position, f"the chain is not the one sealed on {seal.day}")
        if known and position == known.position and known.chain != link_chain:
            yield Finding(LINKS, position, "the chain is not the one noted outside the database")
        expected, chain = position + 1, link_chain
    counts["links"] = expected - 1
    for position in sorted({*seals, *([known.position] if known else [])}):
        if position >= expected:
            yield Finding(LINKS, expected, f"missing at the end: the chain had come to position {position}")


def _check_event(event_id: int, linked: str, stored: str | None, text: str | None) -> Iterator[Finding]:
    if stored is None or text is None:
        yield Finding(EVENTS, event_id, "missing: its place in the chain is empty")
    elif digest(text) != linked or stored != linked:
        yield Finding(EVENTS, event_id, "its content is not what was linked")


def _read_head() -> head.Head | Finding | None:
    try:
        return head.read()
    except (BadSignature, ValueError):
        return Finding(LINKS, None, f"{head.path()} was not written by this site")


def _check_unlinked(counts: dict[str, int]) -> Iterator[Finding]:
    """Events too young for the chain carry their own hash; those that are not young were kept from it."""
    old = clock.now() - LINKED_WITHIN
    waiting = 0
    for event_id, at, sha256, text in _rows(
        "SELECT e.id, e.at, e.sha256, dinamis_event_text(e) FROM core_event e"
        " WHERE NOT EXISTS (SELECT FROM core_eventlink l WHERE l.event_id = e.id) ORDER BY e.id"
    ):
        waiting += 1
        if digest(text) != sha256:
            yield Finding(EVENTS, event_id, "its content is not what was written")
        elif at < old:
            yield Finding(EVENTS, event_id, f"not in the chain since {at:%Y-%m-%d %H:%M} UTC")
    counts["events not linked yet"] = waiting


def _check_seal_days(counts: dict[str, int]) -> Iterator[Finding]:
    """Every day is sealed, each seal holds the one before, every token verifies."""
    last: DailySeal | None = None
    for seal in DailySeal.objects.order_by("day").iterator(2000):
        if last is not None and seal.day != last.day + timedelta(days=1):
            yield Finding(SEALS, None, f"the seal of {last.day + timedelta(days=1)} is missing")
        yield from _check_seal(seal, last)
        last = seal
        counts["seals"] = counts.get("seals", 0) + 1
    yield from _check_last_seal(last)


def _check_seal(seal: DailySeal, last: DailySeal | None) -> Iterator[Finding]:
    facts = {name: getattr(seal, name) for name in SEALED}
    if seal_digest(**facts) != seal.sha256:
        yield Finding(SEALS, seal.pk, f"the seal of {seal.day} is not what was sealed")
    if seal.previous != (last.sha256 if last else GENESIS):
        yield Finding(SEALS, seal.pk, f"the seal of {seal.day} does not follow from the one before")
    if seal.first_position != (last.last_position if last else 0) + 1:
        yield Finding(SEALS, seal.pk, f"the seal of {seal.day} does not begin where the one before ends")
    if seal.token is not None:
        try:
            timestamp.verify(bytes(seal.token), seal.sha256.encode())
        except timestamp.NoToken as error:
            yield Finding(SEALS, seal.pk, f"the time stamp of {seal.day} does not verify: {error}")


def _check_last_seal(last: DailySeal | None) -> Iterator[Finding]:
    due = (clock.now() - SEALED_WITHIN).astimezone(clock.PARIS).date() - timedelta(days=1)
    if last is None:
        first = EventLink.objects.order_by("position").first()
        if first is not None and first.linked_at.astimezone(clock.PARIS).date() <= due:
            yield Finding(SEALS, None, f"no day is sealed; the first was {first.linked_at:%Y-%m-%d}")
    elif last.day < due:
        yield Finding(SEALS, None, f"the seal of {last.day + timedelta(days=1)} is missing")


def _check_trigger(model: type[Model], recorder: RecordEvents) -> Iterator[Finding]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
            [table, recorder.get_pgid(model)],
        )
        found = cursor.fetchone()
    if found is None or found[0] != "O":
        yield Finding(table, None, "the trigger that records events is absent or disabled")


def _check_facts(model: type[Model], recorder: RecordEvents, counts: dict[str, int]) -> Iterator[Finding]:
    """Each row is what its last event says, and each last event has its row."""
    if model is EventSalt:
        return
    table, read = model._meta.db_table, 0
    columns = recorder.columns(model)
    for row in _rows(
        _FACTS.format(table=sql.Identifier(table)),
        table,
        columns,
        list(recorder.digest),
        table,
    ):
        read += 1
        yield from _check_fact(table, recorder, row)
    counts[table] = read


def _check_fact(table: str, recorder: RecordEvents, row: tuple[Any, ...]) -> Iterator[Finding]:
    object_id, event_id, operation, after, facts, salt = row
    if event_id is None:
        yield Finding(table, object_id, f"no event of {EVENTS} tells of this row")
    elif operation == "delete":
        if facts is not None:
            yield Finding(table, object_id, f"the row is there although event {event_id} tells of its end")
    elif facts is None:
        yield Finding(table, object_id, f"missing: the last event that tells of it is {event_id}")
    else:
        if recorder.digest and salt is None:
            yield Finding(table, object_id, f"its salt is missing from {SALTS}")
        differing = _differing(facts, after, set() if salt else set(recorder.digest))
        if differing:
            yield Finding(table, object_id, f"{', '.join(differing)} differ from the last event, {event_id}")


def _differing(facts: str, after: str, unreadable: set[str]) -> list[str]:
    """Name the columns that differ. A column younger than the event is not among them."""
    if facts == after:
        return []
    now, then = json.loads(facts), json.loads(after)
    return sorted(key for key in now if key in then and key not in unreadable and now[key] != then[key])


def _check_salts() -> Iterator[Finding]:
    """A salt goes only by the act that leaves an event."""
    for (salt_id,) in _rows(
        "SELECT s.id FROM core_eventsalt s WHERE s.salt = '' AND NOT EXISTS (SELECT FROM core_event e"
        " WHERE e.table_name = 'core_eventsalt' AND e.object_id = s.id AND e.after->>'erased_at' IS NOT NULL)"
    ):
        yield Finding(SALTS, salt_id, "emptied without an event")


def _check_states(model: type[StatefulModel]) -> Iterator[Finding]:
    """I9: the state of each row is where its last change of state led."""
    table = model._meta.db_table
    for object_id, state, led_to in _rows(
        _STATES.format(table=sql.Identifier(table)),
        model.machine.aggregate,
        list(model.machine.initial),
    ):
        yield Finding(table, object_id, f"state is “{state}”, the last change of state led to “{led_to}”")
