# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue's formula, changed by two people; what it needs of the past and of others, counted from time to time."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import SavedSearch
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.filters import area_of
from dinamis.catalogue.services.saved_searches import read_search
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from orders.domain.fair_share import FACTORS, Formula
from orders.enums import ItemState
from orders.models import QueueRule
from orders.models.queue import MOST_POINTS
from orders.selectors.holdings.running import RUNNING_ORDERS
from orders.selectors.reviewing.queue import WAITING, formula_at

GIVEN = (ItemState.PLACED, ItemState.IN_PROGRESS, ItemState.PROPOSED, ItemState.PRODUCING, ItemState.DELIVERED)
MOST = {"age_days": 3650, "half_life_days": 3650, "reuse_full": 100}

# What is under way counts in full, what was delivered less and less: ground, whatever was billed. Of what is bought
# with others a line has what only it asked for and its equal part of the rest; an activation of CIEST² is the nation's,
# paid by its own envelope, and nobody's use. An order that waits makes its organisation take part, so that the average
# is over all who share.
USE_SQL = """
INSERT INTO orders_organisationuse (organisation_id, used_m2, counted_at)
SELECT organisation_id, sum(m2)::bigint, %(at)s FROM (
    SELECT o.organisation_id, COALESCE(m.own_m2 + m.shared_m2, l.area_m2) * power(0.5::float8, LEAST(1000, GREATEST(0,
               EXTRACT(EPOCH FROM %(at)s - CASE WHEN l.state = 'delivered'
                   THEN COALESCE(done.at, o.submitted_at, o.created_at) ELSE %(at)s END)::float8
               / (86400 * %(half_life_days)s)))) AS m2
    FROM orders_orderitem l
    JOIN orders_order o ON o.id = l.order_id
    LEFT JOIN orders_poolmember m ON m.line_id = l.id AND m.left_at IS NULL
    LEFT JOIN LATERAL (
        SELECT max(c.at) AS at FROM core_statechange c
        WHERE c.aggregate = 'orders.orderitem' AND c.object_id = l.id AND c.transition = 'deliver') done ON TRUE
    WHERE l.state = ANY(%(given)s) AND NOT EXISTS (SELECT FROM orders_activation v WHERE v.order_id = o.id)
    UNION ALL
    SELECT organisation_id, 0 FROM orders_order WHERE state = ANY(%(waiting)s)) happened
GROUP BY organisation_id ORDER BY organisation_id
ON CONFLICT (organisation_id) DO UPDATE SET used_m2 = excluded.used_m2, counted_at = excluded.counted_at
"""
# Who needs the place beside the organisation itself, each once however often it says so: running orders of the same
# product over some of the ground, wishes to join, followers, people who are told of images of the place. Who belongs to
# several organisations speaks for one, and for none where the order's own is among them. An order that was sent back
# and sent again waits since the first time.
DEMAND_SQL = """
WITH waiting AS (
    SELECT o.id, o.organisation_id, o.family, o.aoi, COALESCE(sent.at, o.submitted_at, o.created_at) AS sent_at
    FROM orders_order o
    LEFT JOIN LATERAL (
        SELECT max(c.at) AS at FROM core_statechange c
        WHERE c.aggregate = 'orders.order' AND c.object_id = o.id AND c.transition = 'submit') sent ON TRUE
    WHERE o.state = ANY(%(waiting)s)),
asking AS (
    SELECT w.id, x.organisation_id FROM waiting w
    JOIN orders_order x ON x.family = w.family AND x.organisation_id <> w.organisation_id
        AND x.state = ANY(%(running)s) AND ST_Intersects(x.aoi, w.aoi) AND NOT ST_Touches(x.aoi, w.aoi)
    UNION
    SELECT w.id, j.organisation_id FROM waiting w
    JOIN orders_joinrequest j ON j.order_id = w.id AND j.state IN ('asked', 'accepted')
        AND j.organisation_id <> w.organisation_id
    UNION
    SELECT told.id, member.organisation_id FROM (
        SELECT w.id, w.organisation_id, m.person_id FROM waiting w
        JOIN orders_ordermark m ON m.order_id = w.id AND m.following
        UNION
        SELECT w.id, w.organisation_id, s.owner FROM waiting w
        JOIN unnest(%(owners)s::bigint[], %(families)s::text[], %(areas)s::text[]) AS s (owner, family, area)
            ON s.family IN ('', w.family) AND ST_Intersects(s.area::geometry, w.aoi)) told
    CROSS JOIN LATERAL (
        SELECT min(s.organisation_id) AS organisation_id FROM accounts_membership s
        WHERE s.user_id = told.person_id AND s.state = 'active'
        HAVING NOT bool_or(s.organisation_id = told.organisation_id)) member)
INSERT INTO orders_orderdemand (order_id, sent_at, organisations, counted_at)
SELECT w.id, w.sent_at, count(a.organisation_id), %(at)s
FROM waiting w LEFT JOIN asking a ON a.id = w.id
GROUP BY w.id, w.sent_at ORDER BY w.id
ON CONFLICT (order_id) DO UPDATE
SET sent_at = excluded.sent_at, organisations = excluded.organisations, counted_at = excluded.counted_at
"""
# What was not counted just now is over; a row that a later round wrote stays.
FORGET_SQL = (
    "DELETE FROM orders_orderdemand WHERE counted_at < %(at)s",
    "DELETE FROM orders_organisationuse WHERE counted_at < %(at)s",
)


@transaction.atomic
def count_queue(*, at: datetime) -> None:
    """Count what the formula needs of every order that waits and of every organisation. Twice = once."""
    params: dict[str, Any] = {
        "at": at,
        "half_life_days": formula_at(at).half_life_days,
        "given": [str(state) for state in GIVEN],
        "waiting": [str(state) for state in WAITING],
        "running": [str(state) for state in RUNNING_ORDERS],
        **_watched(),
    }
    with connection.cursor() as cursor:
        for statement in (USE_SQL, DEMAND_SQL, *FORGET_SQL):
            cursor.execute(statement, params)


def _watched() -> dict[str, list[Any]]:
    """The places of the saved searches whose owners are told of new images: a row for each product that is wanted.

    A search of no place, or of one so large that it names none, says nothing of an order.
    """
    rows: list[tuple[int, str, str]] = []
    collections = choices()
    for search in SavedSearch.objects.exclude(alert=Alert.OFF).filter(owner__is_active=True).select_related("owner"):
        try:
            filters = read_search(search.query, search.owner, collections=collections).filters
        except Invalid:
            continue
        area = area_of(filters)
        if area is not None and area.area <= settings.DINAMIS["QUEUE_WATCHED_DEGREES"]:
            rows += [(search.owner_id, family, area.hexewkb.decode()) for family in filters.sensors or ("",)]
    owners, families, areas = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return {"owners": owners, "families": families, "areas": areas}


@transaction.atomic
def propose_rule(*, actor: Any, formula: Formula, starts_at: datetime, reason: str) -> QueueRule:
    """Propose the numbers of the formula from `starts_at` (aware) on; nothing changes before somebody else confirms.

    Raises NotPermitted, Invalid: no reason, a start that is not to come, a number out of range, an emergency that
    other orders could go before.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office changes the formula of the queue."))
    if not reason.strip():
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Everybody reads it beside the weights."))
    if starts_at <= clock.now():
        raise Invalid(
            _("A formula cannot begin in the past."), pointer="starts_on", repair=_("Choose tomorrow, or a later day.")
        )
    _check(formula)
    return QueueRule.objects.create(
        **formula.weights,
        age_days=formula.age_days,
        half_life_days=formula.half_life_days,
        reuse_full=formula.reuse_full,
        starts_at=starts_at,
        reason=reason.strip(),
        proposed_by=actor,
        proposed_at=clock.now(),
    )


@transaction.atomic
def confirm_rule(*, rule: QueueRule, actor: Any) -> QueueRule:
    """Let a formula that somebody else proposed begin on its day.

    Raises NotPermitted (not the office, or who proposed it), IllegalTransition: confirmed already, its day has come,
    another one begins at that moment.
    """
    refuse_keys()
    locked = QueueRule.objects.select_for_update().get(pk=rule.pk)
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office changes the formula of the queue."))
    if locked.proposed_by_id == actor.pk:
        raise NotPermitted(_("Somebody else confirms what you proposed."))
    if locked.confirmed_at is not None:
        raise IllegalTransition(_("This formula is confirmed already."), state="confirmed")
    if locked.starts_at <= clock.now():
        raise IllegalTransition(_("The day on which it was to begin has come: propose it again."), state="lapsed")
    locked.confirmed_by, locked.confirmed_at = actor, clock.now()
    try:
        with transaction.atomic():
            locked.save(update_fields=["confirmed_by", "confirmed_at"])
    except IntegrityError as error:
        raise IllegalTransition(_("Another formula begins on that day."), state="taken") from error
    return locked


def _check(formula: Formula) -> None:
    for name in FACTORS:
        _within(name, formula.weights[name], 0, MOST_POINTS)
    for name, most in MOST.items():
        _within(name, getattr(formula, name), 1, most)
    others = sum(weight for name, weight in formula.weights.items() if name != "emergency")
    if formula.weights["emergency"] <= others:
        raise Invalid(
            _("An emergency would not go before all others."),
            pointer="emergency",
            repair=_("Give it more than %(n)d points, the sum of the others.") % {"n": others},
        )


def _within(pointer: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(
            _("This number is out of range."),
            pointer=pointer,
            repair=_("Give a whole number from %(least)d to %(most)d.") % {"least": least, "most": most},
        )
