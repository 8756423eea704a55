# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every image provider can be asked, whatever its own API looks like.

Plain Python: no Django, no database. The application stores what these verbs return; an adapter stores nothing.

Units, everywhere in this module: money in integer cents, areas in integer square metres, angles in degrees, cloud cover
in percent (0 = clear), instants as aware UTC ``datetime``, geometries as GeoJSON mappings in EPSG:4326 (lon, lat).
Status codes are those of STAPI (stapi-spec, "Order Status"), provider words are kept beside them.

To add a provider, see ``dinamis/providers/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

GeoJSON = Mapping[str, Any]
Payload = Mapping[str, Any]
Progress = Callable[[int, int | None], None]
"""Called while a file is fetched with (bytes on disk, expected bytes or None)."""

NO_PAYLOAD: Payload = {}


class StatusCode(StrEnum):
    """STAPI order status codes (core, optional and the user_cancelled/tasked extension)."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    SCHEDULED = "scheduled"
    HELD = "held"
    PROCESSING = "processing"
    RESERVED = "reserved"
    TASKED = "tasked"
    USER_CANCELLED = "user_cancelled"

    @property
    def is_final(self) -> bool:
        """True when the provider will not change this status any more."""
        return self in FINAL_STATUSES


FINAL_STATUSES = frozenset(
    {
        StatusCode.REJECTED,
        StatusCode.COMPLETED,
        StatusCode.CANCELLED,
        StatusCode.FAILED,
        StatusCode.EXPIRED,
        StatusCode.USER_CANCELLED,
    }
)


class SegmentStatus(StrEnum):
    """What became of an acquisition the provider proposes."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ProviderError(Exception):
    """A provider could not do what was asked.

    ``permanent`` says whether asking again is useless; it is not after a network failure, a 408, 425, 429 or 5xx.
    ``code`` is a stable word of ours (see ``ErrorCode``) or the provider's own code; ``retry_after`` is in seconds;
    ``payload`` is what the provider answered, kept for the record.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        code: str,
        retry_after: float | None = None,
        payload: Payload | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.code = code
        self.retry_after = retry_after
        self.payload: Payload = payload or NO_PAYLOAD


class TransientError(ProviderError):
    """Network, time-out, 408, 425, 429 or 5xx: the same question may be asked again later."""

    def __init__(
        self, message: str, *, code: str, retry_after: float | None = None, payload: Payload | None = None
    ) -> None:
        super().__init__(message, permanent=False, code=code, retry_after=retry_after, payload=payload)


class RequestRefused(ProviderError):
    """The provider understood and said no (4xx), or what came is not what was promised (checksum, size, shape)."""

    def __init__(self, message: str, *, code: str, payload: Payload | None = None) -> None:
        super().__init__(message, permanent=True, code=code, payload=payload)


class ErrorCode(StrEnum):
    """The codes adapters share; a provider's own code is used as it is when it sends one."""

    NETWORK = "network"
    TIMEOUT = "timeout"
    TOO_MANY_REQUESTS = "too_many_requests"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    INVALID_REQUEST = "invalid_request"
    CONFLICT = "conflict"
    UNREADABLE_ANSWER = "unreadable_answer"
    WRONG_SIZE = "wrong_size"
    WRONG_CHECKSUM = "wrong_checksum"
    TRUNCATED = "truncated"
    NOT_SUPPORTED = "not_supported"
    UNKNOWN_PROVIDER = "unknown_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An agreement orders are charged to."""

    id: str
    name: str
    currency: str = "EUR"
    kind: str = ""
    credit_cents: int | None = None
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductType:
    """Something a contract allows to order. ``source`` is ``archive`` or ``tasking``; ``min_area_m2`` is the billed
    minimum."""

    id: str
    label: str
    source: str
    mission: str
    min_area_m2: int = 0
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionValue:
    """One allowed value; ``conditions`` maps another option's name to the values under which this one is allowed."""

    id: str
    label: str
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A production option. ``kind`` is ``list`` or ``double`` (then ``minimum`` and ``maximum`` hold)."""

    name: str
    label: str
    mandatory: bool
    default: str | None
    values: tuple[OptionValue, ...] = ()
    kind: str = "list"
    minimum: float | None = None
    maximum: float | None = None
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """An interval of instants, both ends UTC and included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskingParameters:
    """What an acquisition request adds to an order. Cloud in percent, incidence in degrees, B/H without unit.

    ``min_bh``/``max_bh`` only with STEREO or TRISTEREO; ``notification_threshold`` >= ``max_cloud_cover``.
    ``classification`` and ``automation`` are copied from the feasibility answer.
    """

    period: Period
    acquisition_mode: str = "MONO"
    max_cloud_cover: int = 10
    notification_threshold: int | None = None
    max_incidence_angle: float = 30.0
    min_bh: float | None = None
    max_bh: float | None = None
    classification: str = "EASY"
    automation: str = "AUTOMATIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUser:
    """Who will use the product; ``country`` is an ISO 3166-1 alpha-2 code."""

    name: str
    country: str = "FR"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeasibilityRequest:
    """Can these missions and programmes acquire this area in this period?"""

    contract_id: str
    aoi: GeoJSON
    tasking: TaskingParameters
    mission: str = "PLEIADES"
    programmes: tuple[str, ...] = ("ONEPLAN",)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeasibilityAnswer:
    """One line per programme. ``automation`` MANUAL means a human study and a quotation."""

    mission: str
    programme: str
    available: bool
    classification: str
    automation: str
    expires: datetime | None = None
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A dated opportunity of access; ``key`` goes into an order to ask for exactly this one."""

    id: str
    mission: str
    start: datetime
    end: datetime
    incidence_angle: float
    order_deadline: datetime | None
    key: str
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRequest:
    """What would this cost? Same fields as an order, without who it is for."""

    contract_id: str
    product_type: str
    aoi: GeoJSON
    scene_ids: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    tasking: TaskingParameters | None = None
    market: str = "AUTRE"
    reference: str = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """The part of a price that one product type makes."""

    product_type: str
    cents: int
    area_m2: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price in integer cents for a billed area in square metres (never less than the product's minimum)."""

    cents: int
    currency: str
    area_m2: int
    lines: tuple[PriceLine, ...] = ()
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order to place. ``reference`` is unique and chosen by us *before* the call: it is how a lost answer is found.

    ``scene_ids`` are the source scenes of an archive order, ``tasking`` the parameters of an acquisition request.
    ``expected_cents``, when given, is the price that was approved: another price refuses the order instead of buying.
    """

    reference: str
    contract_id: str
    product_type: str
    aoi: GeoJSON
    scene_ids: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    end_users: tuple[EndUser, ...] = ()
    market: str = "AUTRE"
    tasking: TaskingParameters | None = None
    segment_key: str = ""
    comment: str = ""
    notification_emails: tuple[str, ...] = ()
    expected_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """An order the provider knows. ``order_id`` is the provider's own (OneAtlas: SAL…), ``tasking_id`` its ICR if any.

    Only ``reference``, ``contract_id``, ``order_id`` and ``source`` are needed to ask about it later.
    """

    reference: str
    contract_id: str
    order_id: str
    source: str = "archive"
    tasking_id: str = ""
    item_id: str = ""
    cents: int | None = None
    currency: str = "EUR"
    already_known: bool = False
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """Where an order stands: a STAPI code, a reason code and words, and the provider's own payload."""

    code: StatusCode
    reason_code: str = ""
    reason_text: str = ""
    provider_state: str = ""
    updated: datetime | None = None
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasking:
    """An acquisition request being programmed; areas in m²."""

    id: str
    reference: str
    order_id: str
    programme: str
    status: ProviderStatus
    period: Period | None
    proposed_segments: int
    total_segments: int
    ordered_area_m2: int
    validated_area_m2: int
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """An acquisition the provider proposes to accept or refuse. ``cloud_cover`` is 100 - clearSkyRate.

    ``cloud_mask`` says where its clouds are (polygons, possibly none of them); None when the provider does not tell.
    """

    id: str
    tasking_id: str
    status: SegmentStatus
    scene_id: str
    footprint: GeoJSON
    acquired: datetime
    incidence_angle: float
    cloud_cover: float
    quicklook_url: str = ""
    cloud_mask: GeoJSON | None = None
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene of the provider's archive that can be ordered."""

    id: str
    mission: str
    platform: str
    acquired: datetime
    footprint: GeoJSON
    cloud_cover: float
    incidence_angle: float
    sun_azimuth: float
    sun_elevation: float
    quicklook_url: str = ""
    raw: Payload = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFile:
    """A file to fetch: ``size`` in bytes and ``sha256`` in lower-case hex come from the provider's manifest.

    An order may be delivered in several parts, numbered from 1; ``scene_id`` is the scene a file was made of, if told.
    """

    url: str
    name: str
    size: int
    sha256: str
    media_type: str = "application/zip"
    number: int = 1
    scene_id: str = ""


@runtime_checkable
class Provider(Protocol):
    """The verbs. Every one may raise ``ProviderError``; none keeps anything between two calls but a connection."""

    name: str

    def contracts(self) -> list[Contract]:
        """The contracts this account may order on."""

    def product_types(self, contract_id: str) -> list[ProductType]:
        """What a contract allows to order."""

    def options(self, contract_id: str, product_type: str, aoi: GeoJSON) -> list[Option]:
        """The production options of a product type over an area."""

    def feasibility(self, request: FeasibilityRequest) -> list[FeasibilityAnswer]:
        """Which programmes can do an acquisition."""

    def attempts(self, request: FeasibilityRequest) -> list[Attempt]:
        """The dated opportunities of access of an acquisition."""

    def search_archive(
        self, bbox: tuple[float, float, float, float], period: Period | None = None, *, limit: int = 100
    ) -> list[Scene]:
        """Scenes of the provider's archive that intersect (west, south, east, north)."""

    def price(self, request: PriceRequest) -> Price:
        """The price of an order that is not placed."""

    def find_by_reference(self, contract_id: str, reference: str) -> PlacedOrder | None:
        """The order already placed under this exact reference, or None."""

    def place(self, request: OrderRequest) -> PlacedOrder:
        """Place an order once: the provider is asked for the reference first, and what it knows is returned with
        ``already_known``. A lost answer raises a ``TransientError``; calling again finds the order."""

    def status(self, placed: PlacedOrder) -> ProviderStatus:
        """Where an order stands."""

    def deliveries(self, placed: PlacedOrder) -> list[DeliveryFile]:
        """The files delivered so far, with size and SHA-256; empty while there is none."""

    def cancel(self, placed: PlacedOrder) -> ProviderStatus:
        """Ask the provider to stop an order; raises a permanent error when it no longer can."""

    def taskings(self, contract_id: str, *, reference: str | None = None) -> list[Tasking]:
        """The acquisition requests of a contract."""

    def segments(self, contract_id: str, tasking_id: str) -> list[Segment]:
        """The acquisitions proposed for a tasking."""

    def accept_segment(self, contract_id: str, tasking_id: str, segment_id: str, part: GeoJSON | None = None) -> None:
        """Accept a proposed acquisition, wholly or over ``part`` of the area: it is then produced and delivered, and
        the tasking goes on for what is missing."""

    def refuse_segment(self, contract_id: str, tasking_id: str, segment_id: str, words: str = "") -> None:
        """Refuse a proposed acquisition, saying why: the tasking goes on."""

    def fetch(self, file: DeliveryFile, target: Path, on_progress: Progress | None = None) -> Path:
        """Download to ``target`` with resume; size and SHA-256 are verified before the file takes its name. A file
        that is not what the manifest says leaves nothing behind and raises ``RequestRefused``."""

    def close(self) -> None:
        """Release the connections."""


def sequence_of(value: object) -> Sequence[Any]:
    """``value`` as a list: providers send one object where a list of one is meant."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
