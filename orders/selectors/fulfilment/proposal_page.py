# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the page of a proposed image shows: the reader's own areas on the picture, clouds over each, who has answered.

The areas of other people's orders are private: they are counted, not drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from dinamis.core import clock, geo
from orders.enums import ProposalState, VoteChoice
from orders.models import Order, Proposal, ProposalVote
from orders.selectors.fulfilment.proposals import Share, default_choice, shares

WIDTH = 1000
Point = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One area: what the image shows of it, what its requester said, and whether the reader may say it."""

    share: Share
    vote: ProposalVote | None
    may_vote: bool
    by_default: VoteChoice


@dataclass(frozen=True)
class Picture:
    """SVG paths over the quicklook, in its own frame: `WIDTH` wide, `height` high."""

    height: int
    areas: tuple[str, ...]
    clouds: str


@dataclass(frozen=True)
class Page:
    """All of it; `others` and `others_answered` count the areas the reader may not see."""

    rows: tuple[Row, ...]
    others: int
    others_answered: int
    is_open: bool
    picture: Picture
    shapes: dict[str, Any]
    aoi: dict[str, Any] | None

    @property
    def may_vote(self) -> bool:
        """Whether the page asks the reader for anything."""
        return any(row.may_vote for row in self.rows)


def proposal_page(proposal: Proposal, reader: Any) -> Page:
    """Return what the reader sees of a proposal they may read."""
    found = shares(proposal, every=proposal.state != ProposalState.PROPOSED)
    votes = {vote.line_id: vote for vote in proposal.votes.select_related("person")}
    readable = set(
        Order.objects.visible_to(reader).filter(items__in=[one.line.pk for one in found]).values_list("pk", flat=True)
    )
    seen = [share for share in found if share.line.order_id in readable]
    others = [share for share in found if share.line.order_id not in readable]
    is_open = proposal.state == ProposalState.PROPOSED and clock.now() < proposal.deadline
    areas = [geo.to_shapely(share.line.aoi) for share in seen]
    return Page(
        rows=tuple(
            Row(
                share,
                votes.get(share.line.pk),
                is_open and reader.has_perm("orders.vote", share.line),
                default_choice(proposal, share),
            )
            for share in seen
        ),
        others=len(others),
        others_answered=sum(share.line.pk in votes for share in others),
        is_open=is_open,
        picture=_picture(proposal, areas),
        shapes=_shapes(proposal),
        aoi=geo.to_geojson(_together(areas)) if areas else None,
    )


def _together(areas: Iterable[BaseGeometry]) -> MultiPolygon:
    return MultiPolygon([part for area in areas for part in getattr(area, "geoms", [area])])


def _shapes(proposal: Proposal) -> dict[str, Any]:
    outline = geo.to_geojson(geo.to_shapely(proposal.footprint))
    feature = {"type": "Feature", "geometry": outline, "properties": {"state": "order"}}
    return {"type": "FeatureCollection", "features": [feature]}


def _picture(proposal: Proposal, areas: Sequence[BaseGeometry]) -> Picture:
    """The quicklook has the image's own frame: its corners are those of the outline (OneAtlas, quicklooks)."""
    frame = _Frame(_corners(geo.to_shapely(proposal.footprint)))
    clouds = frame.path(geo.to_shapely(proposal.cloud_mask)) if proposal.cloud_mask else ""
    return Picture(frame.height, tuple(frame.path(area) for area in areas), clouds)


def _corners(outline: BaseGeometry) -> list[Point]:
    """Top-left, top-right, bottom-right, bottom-left of an outline; of its bounds when it has not four corners."""
    largest = max(getattr(outline, "geoms", [outline]), key=lambda part: part.area)
    points = [(float(x), float(y)) for x, y in largest.exterior.coords[:-1]]
    if len(points) != 4:
        west, south, east, north = outline.bounds
        return [(west, north), (east, north), (east, south), (west, south)]
    by_height = sorted(points, key=lambda point: -point[1])
    top, bottom = sorted(by_height[:2]), sorted(by_height[2:])
    return [top[0], top[1], bottom[1], bottom[0]]


class _Frame:
    """From longitude and latitude to the picture: along its upper and its left side."""

    def __init__(self, corners: Sequence[Point]) -> None:
        (self.x0, self.y0), right, _, down = corners
        self.across = (right[0] - self.x0, right[1] - self.y0)
        self.down = (down[0] - self.x0, down[1] - self.y0)
        squeeze = cos(radians((self.y0 + down[1]) / 2))
        width, height = (hypot(side[0] * squeeze, side[1]) for side in (self.across, self.down))
        self.height = round(WIDTH * height / width)
        self.scale = self.across[0] * self.down[1] - self.across[1] * self.down[0]

    def path(self, area: BaseGeometry) -> str:
        """The outlines of polygons as SVG path data; holes stay holes under the even-odd rule."""
        polygons = [part for part in getattr(area, "geoms", [area]) if isinstance(part, Polygon)]
        rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
        return " ".join(f"M{' L'.join(self._place(x, y) for x, y in ring.coords[:-1])}Z" for ring in rings)

    def _place(self, x: float, y: float) -> str:
        dx, dy = x - self.x0, y - self.y0
        u = (dx * self.down[1] - dy * self.down[0]) / self.scale
        v = (dy * self.across[0] - dx * self.across[1]) / self.scale
        return f"{u * WIDTH:.1f} {v * self.height:.1f}"
