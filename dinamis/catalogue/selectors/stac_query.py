# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a STAC search asks, and a page of it as one SQL statement: the page, the exact number of all, the documents.

Two ways lead to a page. To *gather* is to collect all that matches, to count it and to sort it: right for an area, of
which the index gives everything anyway. To *walk* is to follow the index of dates from where the page begins until
the page is full: right where much matches. PostgreSQL cannot be left to choose between them: it takes matches to be
spread evenly over time, and where they are not, one page in twenty costs a hundred times the others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from math import sqrt

from django.db import DEFAULT_DB_ALIAS, connection
from psycopg.sql import Literal
from shapely import box
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.cql2.fragments import Kind, Sql, condition, joined
from dinamis.catalogue.cql2.geometry import GEOMETRY, as_sql
from dinamis.catalogue.cql2.moments import Interval
from dinamis.catalogue.models import Item
from dinamis.catalogue.models.month import month_of
from dinamis.catalogue.selectors.filters import SLACK
from dinamis.catalogue.selectors.outlines import rough_bounds
from dinamis.catalogue.selectors.shelves import STAMP, Shelves
from dinamis.catalogue.selectors.stac_changes import WRITTEN
from dinamis.catalogue.selectors.stac_order import ID, RECENT_FIRST, Place, SortKey, following, ordering, sort_columns
from dinamis.catalogue.selectors.turns import Turn, turns_of
from dinamis.catalogue.selectors.viewer import Viewer, with_state
from licensing.selectors.decision import Permitted

SHOWN_SINCE = "greatest(catalogue_item.created_at, catalogue_item.embargo_until, catalogue_item.hold_back_until)"
# A walk must be cheaper than gathering by this factor: its estimate is the worse one.
DOUBT = 4.0
# In degrees: a part of the Earth so wide may hold nearly all there is, for images are where their readers are.
THICKEST = 10.0
# Of a longer share of all time the months are not told.
MOST_MONTHS = 0.5
# The months of a turn of `_picked`.
OF_TURN = (
    Sql("catalogue_item.month >= turn.earliest", Kind.BOOLEAN),
    Sql("catalogue_item.month <= turn.latest", Kind.BOOLEAN),
)
# Of an area of so many parts each is looked for by its own box.
MOST_BOXES = 8


@dataclass(frozen=True, kw_only=True)
class ItemSearch:
    """What a search asks for; None is no condition, an empty tuple is one that nothing meets.

    `area` is in EPSG:4326, `interval` has both ends included; `fingerprint` tells one search from another, so that a
    token is good for the search it was given for.
    """

    ids: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    area: BaseGeometry | None = None
    interval: Interval | None = None
    condition: Sql | None = None
    terms: tuple[str, ...] = ()
    sort: tuple[SortKey, ...] = RECENT_FIRST
    limit: int = 10
    token: str = ""
    fingerprint: str = ""
    counted: bool = True


# --- who reads ---


@dataclass(frozen=True)
class _Reader:
    """What a reader is told of, as a condition on `catalogue_item` alone, and the SQL of `state` (ItemState)."""

    told: Sql
    state: Sql


# Stands for the moment of the search in what is compiled once; centuries away from every real one.
_MARK = datetime.fromisoformat("0500-01-01T00:00:00+00:00")


def _reader(viewer: Viewer, shelves: Shelves) -> _Reader:
    """The reader's rights in the words of `with_state`; those of nobody are compiled once."""
    if viewer != Viewer(Permitted(viewer.at)):
        return _compiled(viewer, shelves)
    nobody = _nobody(shelves)
    return _Reader(_at(nobody.told, viewer.at), _at(nobody.state, viewer.at))


@lru_cache(4)
def _nobody(shelves: Shelves) -> _Reader:
    nobody = _compiled(Viewer(Permitted(_MARK)), shelves)
    return _Reader(_written_in(nobody.told), _written_in(nobody.state))


def _written_in(part: Sql) -> Sql:
    """The same with all but the moment as constants: PostgreSQL reckons with them once and not for each row."""
    told = tuple("%s" if value == _MARK else Literal(value).as_string() for value in part.params)
    return replace(part, text=part.text % told, params=tuple(value for value in part.params if value == _MARK))


def _at(part: Sql, moment: datetime) -> Sql:
    return replace(part, params=tuple(moment if value == _MARK else value for value in part.params))


def _compiled(viewer: Viewer, shelves: Shelves) -> _Reader:
    query = with_state(Item.objects.all(), viewer).filter(shown=True).query
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.setup_query()
    where, where_params = compiler.compile(query.where)
    state, state_params = compiler.compile(query.annotations["state"])
    told, shown = Sql(where, Kind.BOOLEAN, tuple(where_params)), Sql(state, Kind.TEXT, tuple(state_params))
    return _Reader(_of_item_alone(told, shelves), _of_item_alone(shown, shelves))


def _of_item_alone(part: Sql, shelves: Shelves) -> Sql:
    """The same without a join: what a collection and its licence say is written in as numbers."""
    text = part.text.replace('"catalogue_collection"."licence_id"', shelves.sql(lambda shelf: shelf.licence_id))
    text = text.replace('"licensing_licence"."embargo_days"', shelves.sql(lambda shelf: shelf.embargo_days))
    return replace(part, text=text)


# --- conditions ---


def _conditions(search: ItemSearch, shelves: Shelves, months: Sequence[Sql], *, by_area: bool) -> list[Sql]:
    """All that is asked but whether the area itself is touched, and not only its box."""
    # Where dates are followed through much that matches an area, an index of anything else leads astray.
    asked = _asked(search) if by_area else map(_not_indexed, _asked(search))
    return [*_roughly(search, shelves, months, by_area=by_area), *asked, *_lasting(search)]


def _asked(search: ItemSearch) -> list[Sql]:
    """What is asked besides where and when."""
    found = []
    if search.ids is not None:
        found.append(Sql("catalogue_item.stac_id = ANY(%s)", Kind.BOOLEAN, (list(search.ids),)))
    if search.terms:
        found.append(joined("OR", [_word(word) for word in search.terms]))
    if search.condition is not None:
        found.append(search.condition)
    return found


def _roughly(search: ItemSearch, shelves: Shelves, months: Sequence[Sql], *, by_area: bool = True) -> list[Sql]:
    """Where and when, as far as indexes tell; the area, unless `by_area`, so written that none does."""
    found = []
    if search.collections is not None:
        found.append(_among(shelves.ids(search.collections), by_area=search.area is not None))
    if search.area is not None:
        near = _near(search.area, months)
        found.append(_by_page(near) if by_area else _not_indexed(near))
    first, last = _around_interval(search, shelves)
    if first is not None:
        found.append(Sql("catalogue_item.datetime >= %s", Kind.BOOLEAN, (first,)))
    if last is not None:
        found.append(Sql("catalogue_item.datetime <= %s", Kind.BOOLEAN, (last,)))
    return found


def _around_interval(search: ItemSearch, shelves: Shelves) -> Interval:
    """Between which moments the `datetime` of what answers lies: what lasts does so for up to the margins around it."""
    first, last = search.interval or (None, None)
    return first and _moved(first, -shelves.after), last and _moved(last, shelves.before)


def _months(search: ItemSearch, shelves: Shelves) -> list[Sql]:
    """The months of the interval, for the index that parts them; of most there are it would read more than it saves."""
    if search.interval is None or shelves.share_of(search.interval) > MOST_MONTHS:
        return []
    first, last = _around_interval(search, shelves)
    ends = ((">=", first), ("<=", last))
    return [
        Sql(f"catalogue_item.month {than} %s", Kind.BOOLEAN, (month_of(end),)) for than, end in ends if end is not None
    ]


def _exactly(search: ItemSearch) -> list[Sql]:
    """Where, as each row tells: the costly part."""
    return [_not_indexed(_touching(search.area))] if search.area is not None else []


def _lasting(search: ItemSearch) -> list[Sql]:
    """When, as each row tells: an item that lasts is found by any moment of it (OGC API Features 1.0, 7.15.3)."""
    found = []
    first, last = search.interval or (None, None)
    if first is not None:
        sql = "coalesce(catalogue_item.end_datetime, catalogue_item.datetime) >= %s"
        found.append(Sql(sql, Kind.BOOLEAN, (first,)))
    if last is not None:
        sql = "coalesce(catalogue_item.start_datetime, catalogue_item.datetime) <= %s"
        found.append(Sql(sql, Kind.BOOLEAN, (last,)))
    return found


def _near(area: BaseGeometry, months: Sequence[Sql]) -> Sql:
    """What touches the box of an area in some months, or of its parts: one around the antimeridian is too wide."""
    parts = getattr(area, "geoms", ())
    if 1 < len(parts) <= MOST_BOXES:
        return joined("OR", [_near(part, months) for part in parts])
    return joined("AND", [condition("catalogue_item.footprint && {}", as_sql(area.envelope)), *months])


def _touching(area: BaseGeometry) -> Sql:
    """What touches an area. Of a box, what lies inside it by its own box is not looked at more closely."""
    if area.geom_type == "GeometryCollection":
        return joined("OR", [_touching(part) for part in getattr(area, "geoms", ())])
    touches = condition("ST_Intersects(catalogue_item.footprint, {})", as_sql(area))
    if rough := rough_bounds(area):
        inner, outer = (condition("ST_Intersects(catalogue_item.footprint, {})", as_sql(one)) for one in rough)
        return joined("OR", [inner, joined("AND", [outer, touches])])
    if not area.equals(area.envelope) or min(_sides(area)) <= 2 * SLACK:
        return touches
    inner = box(*(bound + SLACK * sign for bound, sign in zip(area.bounds, (1, 1, -1, -1), strict=True)))
    inside = condition("catalogue_item.footprint @ {}", as_sql(inner))
    return joined("OR", [inside, touches])


def _by_page(part: Sql) -> Sql:
    """The same with an alternative that never holds: for two ways PostgreSQL makes a bitmap.

    It then reads each page of the table once, which neighbours share, and not once for each of them.
    """
    return replace(part, text=f"({part.text} OR {ID} = -1)")


def _not_indexed(part: Sql) -> Sql:
    """The same, so written that no index answers it: one answers an operator, not the question whether it is true."""
    return replace(part, text=f"({part.text}) IS TRUE")


def _sides(area: BaseGeometry) -> tuple[float, float]:
    west, south, east, north = area.bounds
    return east - west, north - south


def _word(word: str) -> Sql:
    """One of the words is enough (STAC API free-text extension 1.0.0-rc.1, basic)."""
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    columns = ("title", "stac_id", "platform")
    text = " OR ".join(f"catalogue_item.{column} ILIKE %s" for column in columns)
    return Sql(f"({text})", Kind.BOOLEAN, (f"%{plain}%",) * len(columns))


def _among(collections: list[int], *, by_area: bool) -> Sql:
    if len(collections) == 1:
        return Sql("catalogue_item.collection_id = %s", Kind.BOOLEAN, (collections[0],))
    if collections and by_area:
        # The area leads to them: one statement for any of them, which a connection plans once.
        return Sql("catalogue_item.collection_id = ANY(%s)", Kind.BOOLEAN, (collections,))
    # One by one, so that the planner sees what each of them holds.
    numbers = ", ".join(str(pk) for pk in collections)
    return Sql(f"catalogue_item.collection_id IN ({numbers})" if numbers else "FALSE", Kind.BOOLEAN)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


# --- a page ---


def page_sql(search: ItemSearch, viewer: Viewer, shelves: Shelves, place: Place | None, *, counted: bool) -> Sql:
    """Return the statement of a page: one item more than `search.limit`, so that the caller sees whether more follow.

    Columns: the stamp of the shelves, the number of all (null unless `counted`), what `stac_changes` notes beside it
    (two), pk, STAC id, datetime, collection pk, state, frame of the body, since when it is shown but for the embargo of
    its licence, the pk of its first version, and the value of each sort key. Moments come as text, which is read in a
    tenth of the time. There is one row at least; its pk is null when the page is empty.
    """
    reader = _reader(viewer, shelves)
    gathers = _gathers(search, shelves, counted=counted)
    months = _months(search, shelves) if gathers else []
    turns = _turns(search, shelves, place) if months and not counted else []
    asked = _conditions(search, shelves, OF_TURN if turns else months, by_area=gathers or search.area is None)
    near = joined("AND", [reader.told, *asked])
    if gathers and not counted:
        way = _picked(search, near, place, turns)
    else:
        where = joined("AND", [near, *_exactly(search)])
        way = _gathered(search, where, place) if gathers else _walked(search, where, place, counted=counted)
    return _around(search, reader, way, place, counted=counted)


def _turns(search: ItemSearch, shelves: Shelves, place: Place | None) -> list[Turn]:
    """The months of a search in the order of its page, from where that begins; none when it is not in order of time."""
    if search.sort[0].name != "datetime" or shelves.first is None or shelves.last is None:
        return []
    newest_first = search.sort[0].descending != (place is not None and place.backwards)
    first, last = _around_interval(search, shelves)
    if place is not None and newest_first:
        last = place.values[0]
    elif place is not None:
        first = place.values[0]
    ends = month_of(shelves.first), month_of(shelves.last)
    return turns_of(first and month_of(first), last and month_of(last), ends, newest_first=newest_first)


def _gathers(search: ItemSearch, shelves: Shelves, *, counted: bool) -> bool:
    if search.area is None:
        return False
    if counted or search.sort[0].name != "datetime":
        return True
    few = DOUBT * sqrt(search.limit * max(shelves.items, 1.0))
    # Of a table that was just loaded for the first time PostgreSQL has not noted how many there are: it looks now.
    if shelves.items and _expected(search, shelves) <= few:
        return True
    return _estimate([*_roughly(search, shelves, _months(search, shelves)), *_asked(search)]) <= few


def _expected(search: ItemSearch, shelves: Shelves) -> float:
    """About how many items answer at most, as far as time alone and the size of the area tell: asking costs more."""
    share = shelves.share_of(search.interval) if search.interval is not None else 1.0
    if search.area is not None:
        share *= min(1.0, max(_sides(search.area)) / THICKEST)
    return share * shelves.items


def _estimate(conditions: list[Sql]) -> float:
    """How many items PostgreSQL thinks answer."""
    where = joined("AND", conditions)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM catalogue_item WHERE {_seen(where).text}", where.params)  # noqa: S608
        plan = cursor.fetchone()[0]
    return float((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _seen(part: Sql) -> Sql:
    """The same with geometries as constants: of one that is looked up PostgreSQL makes no estimate."""
    return replace(part, text=part.text.replace(f"(SELECT {GEOMETRY})", GEOMETRY))


def _gathered(search: ItemSearch, where: Sql, place: Place | None) -> Sql:
    beyond = following(search.sort, place, [f"hit.sort_{number}" for number in range(len(search.sort))], "hit.id")
    names = ", ".join(f"sort_{number}" for number in range(len(search.sort)))
    text = f"""
        WITH hit AS MATERIALIZED (
            SELECT {ID} AS id, {sort_columns(search.sort)} FROM catalogue_item WHERE {where.text}
        ), page AS (
            SELECT id, {names} FROM hit WHERE {beyond.text} ORDER BY {ordering(search.sort, place, "")} LIMIT %s
        ), matched AS (SELECT count(*) AS n FROM hit)"""  # noqa: S608  (parameters only)
    return Sql(text, Kind.ANY, (*where.params, *beyond.params, search.limit + 1))


def _picked(search: ItemSearch, near: Sql, place: Place | None, turns: Sequence[Turn]) -> Sql:
    """What lies near is put in order first, and looked at closely only until the page is full.

    Nobody asks how many there are, and a closer look costs more than all the rest of an item. Of several turns the
    later ones are read only when those before them have not filled the page.
    """
    numbers = range(len(search.sort))
    beyond = following(search.sort, place, [f"hit.sort_{number}" for number in numbers], "hit.id")
    names = ", ".join(f"hit.sort_{number}" for number in numbers)
    order, touching = ordering(search.sort, place, "hit."), joined("AND", _exactly(search))
    ends = [list(side) for side in zip(*turns, strict=True)] or [[None], [None]]
    text = f"""
        WITH page AS (
            SELECT hit.id, {names} FROM (
                SELECT hit.*, turn.number
                FROM unnest(%s::date[], %s::date[]) WITH ORDINALITY turn (earliest, latest, number)
                CROSS JOIN LATERAL (
                    SELECT {ID} AS id, {sort_columns(search.sort)} FROM catalogue_item WHERE {near.text} OFFSET 0
                ) hit
                WHERE {beyond.text} ORDER BY turn.number, {order} OFFSET 0
            ) hit
            CROSS JOIN LATERAL (
                SELECT 1 FROM catalogue_item WHERE {ID} = hit.id AND {touching.text} OFFSET 0
            ) touching
            ORDER BY hit.number, {order} LIMIT %s
        )"""  # noqa: S608  (parameters only)
    return Sql(text, Kind.ANY, (*ends, *near.params, *beyond.params, *touching.params, search.limit + 1))


def _walked(search: ItemSearch, where: Sql, place: Place | None, *, counted: bool) -> Sql:
    beyond = following(search.sort, place, [key.sql for key in search.sort], ID)
    columns = [key.sql for key in search.sort]
    text = f"""
        WITH page AS (
            SELECT {ID} AS id, {sort_columns(search.sort)} FROM catalogue_item
            WHERE {where.text} AND {beyond.text}
            ORDER BY {ordering(search.sort, place, columns)} LIMIT %s
        )"""  # noqa: S608  (parameters only)
    params = (*where.params, *beyond.params, search.limit + 1)
    if counted:
        text += f", matched AS (SELECT count(*) AS n FROM catalogue_item WHERE {where.text})"  # noqa: S608
        params += where.params
    return Sql(text, Kind.ANY, params)


def _around(search: ItemSearch, reader: _Reader, ways: Sql, place: Place | None, *, counted: bool) -> Sql:
    """The page with its documents; the number comes even where the page is empty."""
    names = "".join(f", page.sort_{number}" for number in range(len(search.sort)))
    values = "".join(
        f", found.sort_{number}{'::text' if key.kind is Kind.MOMENT else ''}" for number, key in enumerate(search.sort)
    )
    number = "(SELECT n FROM matched)" if counted else "NULL::bigint"
    written = WRITTEN if counted else "NULL::bigint, NULL::bigint"
    text = f"""{ways.text}
        SELECT told.*, found.id, found.stac_id, found.datetime::text, found.collection_id, found.state, found.body,
               found.shown::text, found.version_of_id{values}
        FROM (SELECT {STAMP}, {number} AS n, {written}) told LEFT JOIN (
            SELECT {ID}, catalogue_item.stac_id, catalogue_item.datetime, catalogue_item.collection_id,
                   {reader.state.text} AS state, d.body, {SHOWN_SINCE} AS shown, catalogue_item.version_of_id{names}
            FROM page
            -- Each by itself: beside a costly page the planner takes every way to its rows for equally cheap.
            CROSS JOIN LATERAL (SELECT * FROM catalogue_item WHERE id = page.id OFFSET 0) catalogue_item
            LEFT JOIN LATERAL (SELECT body FROM catalogue_itemdocument WHERE item_id = page.id OFFSET 0) d ON TRUE
        ) found ON TRUE
        ORDER BY {ordering(search.sort, place, "found.")}"""  # noqa: S608  (parameters only)
    return Sql(text, Kind.ANY, (*ways.params, *reader.state.params))
