# SPDX-License-Identifier: AGPL-3.0-or-later
"""The adapter against the real simulator process: every verb, and what goes wrong."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dinamis.providers.base import (
    FeasibilityRequest,
    OrderRequest,
    Period,
    PriceRequest,
    Provider,
    ProviderError,
    RequestRefused,
    SegmentStatus,
    StatusCode,
    TaskingParameters,
)
from dinamis.providers.simulator.orders import CONTRACT_ID
from tests.dinamis.providers.conftest import AOI, SCENE_ID, Simulator, until


def tasking_order(order: OrderRequest, **changes: object) -> OrderRequest:
    """An acquisition request over the same area, from today for sixty days."""
    today = datetime.now(UTC).replace(microsecond=0)
    period = Period(start=today, end=today + timedelta(days=60))
    parameters = TaskingParameters(period=period, max_cloud_cover=0, notification_threshold=100)
    return replace(
        order,
        product_type="PleiadesTaskingOnePlan",
        scene_ids=(),
        options={"processing_level": "primary"},
        tasking=replace(parameters, **changes),
    )


def test_adapter_is_a_provider(simulator: Simulator) -> None:
    assert isinstance(simulator.provider, Provider)


def test_contract_products_and_options(simulator: Simulator) -> None:
    (contract,) = simulator.provider.contracts()
    assert (contract.id, contract.currency, contract.credit_cents) == (CONTRACT_ID, "EUR", 100_000_000)
    products = {p.id: p for p in simulator.provider.product_types(CONTRACT_ID)}
    assert products["PleiadesArchiveMono"].min_area_m2 == 25_000_000
    assert products["PleiadesTaskingOnePlan"].source == "tasking"
    options = {o.name: o for o in simulator.provider.options(CONTRACT_ID, "PleiadesArchiveMono", AOI)}
    eight = next(v for v in options["pixel_coding"].values if v.id == "8bits")
    assert eight.conditions == {"radiometric_processing": ("display",)}
    assert options["projection"].default == "32631"
    assert (options["elevation"].minimum, options["elevation"].maximum) == (-100, 10000)


def test_price_applies_the_minimum_area(simulator: Simulator, price_request: PriceRequest) -> None:
    price = simulator.provider.price(price_request)
    assert (price.cents, price.currency) == (31_560, "EUR")
    assert price.area_m2 == 31_559_777
    small = {"type": "Polygon", "coordinates": [[[5.36, 43.28], [5.37, 43.28], [5.37, 43.29], [5.36, 43.28]]]}
    least = simulator.provider.price(replace(price_request, aoi=small))
    assert (least.cents, least.area_m2) == (25_000, 25_000_000)


def test_archive_search(simulator: Simulator) -> None:
    scenes = simulator.provider.search_archive((5.3, 43.2, 5.4, 43.3))
    scene = next(s for s in scenes if s.id == SCENE_ID)
    assert scene.acquired == datetime(2023, 6, 12, 10, 31, 45, 300_000, tzinfo=UTC)
    assert (scene.platform, scene.cloud_cover, scene.incidence_angle) == ("PHR1A", 6.0, 12.5)
    before = Period(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2021, 1, 1, tzinfo=UTC))
    assert simulator.provider.search_archive((5.3, 43.2, 5.4, 43.3), before) == []
    assert simulator.provider.search_archive((-1.0, 47.0, -0.9, 47.1)) == []


def test_order_is_followed_to_its_delivery(simulator: Simulator, order: OrderRequest, tmp_path: Path) -> None:
    provider = simulator.provider
    placed = provider.place(order)
    assert placed.order_id.startswith("SAL")
    assert (placed.cents, placed.already_known) == (31_560, False)
    assert provider.status(placed).code is StatusCode.ACCEPTED
    assert provider.deliveries(placed) == []
    simulator.advance(2)
    assert provider.status(placed).code is StatusCode.PROCESSING
    assert provider.deliveries(placed) == []
    simulator.deliver(placed)
    (file,) = provider.deliveries(placed)
    seen: list[tuple[int, int | None]] = []
    path = provider.fetch(file, tmp_path / file.name, lambda done, total: seen.append((done, total)))
    assert path.stat().st_size == file.size == seen[-1][0]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    assert not list(tmp_path.glob("*.part"))
    assert "VOL_PHR.XML" in zipfile.ZipFile(path).namelist()


def test_simulator_offers_no_idempotence_the_adapter_does(simulator: Simulator, order: OrderRequest) -> None:
    first = simulator.provider.place(order)
    again = simulator.provider.place(order)
    assert (again.order_id, again.already_known) == (first.order_id, True)
    before = simulator.count()
    body = {
        "aoi": [{"id": 1, "geometry": AOI}],
        "contractId": CONTRACT_ID,
        "items": [{"productTypeId": "PleiadesArchiveMono", "aoiId": 1, "datastripIds": [SCENE_ID]}],
        "primaryMarket": "ENV",
        "customerReference": order.reference,
        "endUsers": [{"country": "FR"}],
    }
    assert simulator.call("POST", "/api/v1/orders", body).status_code == 201
    assert simulator.count() == before + 1
    found = simulator.provider.find_by_reference(CONTRACT_ID, order.reference)
    assert found is not None
    assert found.order_id == first.order_id


def test_lost_answer_is_found_again_and_nothing_is_bought_twice(simulator: Simulator, order: OrderRequest) -> None:
    before = simulator.count()
    simulator.faults(lost_response={"times": 1})
    with pytest.raises(ProviderError) as caught:
        simulator.provider.place(order)
    assert (caught.value.permanent, caught.value.code) == (False, "server_error")
    assert simulator.count() == before + 1
    placed = simulator.provider.place(order)
    assert (placed.already_known, placed.cents) == (True, 31_560)
    assert simulator.count() == before + 1


def test_reference_is_matched_exactly(simulator: Simulator, order: OrderRequest) -> None:
    simulator.provider.place(replace(order, reference=f"{order.reference}-longer"))
    assert simulator.provider.find_by_reference(CONTRACT_ID, order.reference) is None


def test_another_price_than_approved_buys_nothing(simulator: Simulator, order: OrderRequest) -> None:
    before = simulator.count()
    with pytest.raises(RequestRefused) as caught:
        simulator.provider.place(replace(order, expected_cents=30_000))
    assert caught.value.code == "conflict"
    assert simulator.count() == before
    assert simulator.provider.place(replace(order, expected_cents=31_560)).cents == 31_560


def test_price_change_fault_shows_in_the_placed_order(simulator: Simulator, order: OrderRequest) -> None:
    simulator.faults(price_change={"percent": 10, "times": 1})
    assert simulator.provider.place(order).cents == 34_716


def test_rejected_and_failed_orders(simulator: Simulator, order: OrderRequest) -> None:
    simulator.faults(reject_orders={"times": 1})
    rejected = simulator.provider.place(order)
    simulator.faults(fail_production={"times": 1})
    failed = simulator.provider.place(replace(order, reference=f"{order.reference}-2"))
    simulator.advance(2)
    status = simulator.provider.status(rejected)
    assert (status.code, status.reason_code) == (StatusCode.REJECTED, "rejected_by_operator")
    assert simulator.provider.status(failed).code is StatusCode.FAILED
    assert simulator.provider.deliveries(failed) == []


def test_cancel_before_production_only(simulator: Simulator, order: OrderRequest) -> None:
    placed = simulator.provider.place(order)
    assert simulator.provider.cancel(placed).code is StatusCode.USER_CANCELLED
    assert simulator.provider.status(placed).code is StatusCode.USER_CANCELLED
    late = simulator.provider.place(replace(order, reference=f"{order.reference}-2"))
    simulator.advance(2)
    with pytest.raises(RequestRefused) as caught:
        simulator.provider.cancel(late)
    assert caught.value.code == "conflict"
    assert simulator.provider.status(late).code is StatusCode.PROCESSING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"options": {"pixel_coding": "8bits"}}, "8bits goes with"),
        ({"options": {"radiometric_processing": "display", "pixel_coding": "12bits"}}, "8bits goes with"),
        ({"options": {"elevation": "100"}}, "elevation"),
        ({"options": {"processing_level": "primary", "projection": "32631"}}, "projection"),
        ({"options": {"spectral_processing": "full_bundle"}}, "spectral_processing"),
        ({"scene_ids": ("DS_PHR1A_unknown",)}, "not in the catalogue"),
        ({"scene_ids": ()}, "at least one scene"),
        ({"product_type": "SpotArchiveMono"}, "cannot be ordered as"),
        ({"product_type": "NoSuchProduct"}, "not in the contract"),
        ({"market": "NOPE"}, "primaryMarket"),
        ({"end_users": ()}, "endUsers"),
        (
            {"aoi": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
            "outside the ordered scenes",
        ),
        (
            {"aoi": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
            "valid Polygon",
        ),
    ],
)
def test_bad_orders_are_refused_with_the_reason(
    simulator: Simulator, order: OrderRequest, changes: dict[str, object], words: str
) -> None:
    before = simulator.count()
    with pytest.raises(RequestRefused, match=words) as caught:
        simulator.provider.place(replace(order, **changes))
    assert set(caught.value.payload) == {"correlationId", "hint", "internalCode", "message", "timestamp"}
    assert simulator.count() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"min_bh": 0.2, "max_bh": 0.4}, "only with STEREO"),
        ({"max_cloud_cover": 20, "notification_threshold": 10}, "below maxCloudCover"),
        ({"max_incidence_angle": 91}, "outside 0-90"),
        ({"acquisition_mode": "QUAD"}, "acquisitionMode"),
    ],
)
def test_bad_taskings_are_refused(
    simulator: Simulator, order: OrderRequest, changes: dict[str, object], words: str
) -> None:
    before = simulator.count()
    with pytest.raises(RequestRefused, match=words):
        simulator.provider.place(tasking_order(order, **changes))
    assert simulator.count() == before


def test_feasibility_and_attempts(simulator: Simulator) -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC)
    period = Period(start=start, end=start + timedelta(days=30))
    request = FeasibilityRequest(contract_id=CONTRACT_ID, aoi=AOI, tasking=TaskingParameters(period=period))
    (answer,) = simulator.provider.feasibility(request)
    assert (answer.available, answer.classification, answer.automation) == (True, "EASY", "AUTOMATIC")
    attempts = simulator.provider.attempts(request)
    assert attempts
    assert all(a.incidence_angle <= 30 and period.start <= a.start <= period.end for a in attempts)
    never = replace(request, tasking=replace(request.tasking, max_incidence_angle=0.0))
    assert simulator.provider.attempts(never) == []


def test_segments_are_refused_accepted_and_delivered(simulator: Simulator, order: OrderRequest, tmp_path: Path) -> None:
    provider = simulator.provider
    placed = provider.place(tasking_order(order))
    assert provider.status(placed).code is StatusCode.TASKED
    (tasking,) = provider.taskings(CONTRACT_ID, reference=order.reference)
    for cloud in (42, 7):
        path = f"/simulator/taskings/{tasking.id}/propose"
        assert simulator.call("POST", path, {"cloud": cloud}).status_code == 201
    first, second = provider.segments(CONTRACT_ID, tasking.id)
    assert (first.cloud_cover, first.status) == (42.0, SegmentStatus.PROPOSED)
    assert provider.status(placed).reason_code == "segments_proposed"
    provider.refuse_segment(CONTRACT_ID, tasking.id, first.id)
    provider.accept_segment(CONTRACT_ID, tasking.id, second.id)
    with pytest.raises(RequestRefused) as caught:
        provider.accept_segment(CONTRACT_ID, tasking.id, first.id)
    assert caught.value.code == "conflict"
    states = [s.status for s in provider.segments(CONTRACT_ID, tasking.id)]
    assert states == [SegmentStatus.REFUSED, SegmentStatus.ACCEPTED]
    simulator.advance(9)
    (file,) = until(lambda: provider.deliveries(placed))
    assert provider.fetch(file, tmp_path / file.name).exists()
    until(lambda: provider.status(placed).code is StatusCode.COMPLETED)
    assert any(s.id == second.scene_id for s in provider.search_archive((5.3, 43.2, 5.4, 43.3), limit=500))


def test_tasking_without_success_expires(simulator: Simulator, order: OrderRequest) -> None:
    today = datetime.now(UTC)
    period = Period(start=today, end=today + timedelta(hours=6))
    placed = simulator.provider.place(tasking_order(order, period=period, notification_threshold=0))
    simulator.advance(24)
    assert simulator.provider.status(placed).code is StatusCode.EXPIRED
    assert simulator.provider.deliveries(placed) == []


def test_tasking_can_be_cancelled(simulator: Simulator, order: OrderRequest) -> None:
    placed = simulator.provider.place(tasking_order(order))
    simulator.provider.cancel(placed)
    assert simulator.provider.status(placed).code is StatusCode.USER_CANCELLED


def test_interrupted_download_is_resumed(simulator: Simulator, order: OrderRequest, tmp_path: Path) -> None:
    placed = simulator.provider.place(order)
    simulator.deliver(placed)
    (file,) = simulator.provider.deliveries(placed)
    simulator.faults(interrupted_download={"times": 2})
    path = simulator.provider.fetch(file, tmp_path / file.name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
    assert simulator.call("GET", "/simulator/faults").json()["on"] == {}


def test_wrong_files_leave_nothing(simulator: Simulator, order: OrderRequest, tmp_path: Path) -> None:
    placed = simulator.provider.place(order)
    simulator.deliver(placed)
    simulator.faults(wrong_checksum={"times": 1})
    (lie,) = simulator.provider.deliveries(placed)
    with pytest.raises(RequestRefused) as caught:
        simulator.provider.fetch(lie, tmp_path / lie.name)
    assert caught.value.code == "wrong_checksum"
    (file,) = simulator.provider.deliveries(placed)
    simulator.faults(truncated_file={})
    with pytest.raises(RequestRefused) as caught:
        simulator.provider.fetch(file, tmp_path / file.name)
    assert caught.value.code == "wrong_size"
    simulator.faults(truncated_file=None, missing_file={"times": 1})
    with pytest.raises(RequestRefused) as caught:
        simulator.provider.fetch(file, tmp_path / file.name)
    assert caught.value.code == "not_found"
    assert list(tmp_path.iterdir()) == []


def test_transient_errors_are_retried_on_safe_calls(simulator: Simulator) -> None:
    simulator.faults(server_error={"times": 2, "path": "/contracts"})
    assert len(simulator.provider.contracts()) == 1
    simulator.faults(rate_limit={"times": 1, "retry_after": 0, "path": "/contracts"})
    assert len(simulator.provider.contracts()) == 1


def test_placing_is_never_repeated_by_itself(simulator: Simulator, order: OrderRequest) -> None:
    before = simulator.count()
    simulator.faults(server_error={"times": 1, "path": "/api/v1/orders"})
    with pytest.raises(ProviderError) as caught:
        simulator.provider.place(order)
    assert caught.value.permanent is False
    assert simulator.count() == before


def test_quotation_then_order(simulator: Simulator, order: OrderRequest) -> None:
    body = {
        "aoi": [{"id": 1, "geometry": AOI}],
        "contractId": CONTRACT_ID,
        "items": {"productTypeId": "PleiadesArchiveMono", "aoiId": 1, "datastripIds": [SCENE_ID]},
        "primaryMarket": "ENV",
        "customerReference": order.reference,
        "endUsers": [{"country": "FR"}],
    }
    quoted = simulator.call("POST", "/api/v1/quotations", body)
    assert (quoted.status_code, quoted.json()["totalAmount"]) == (201, 315.6)
    number = quoted.json()["quotationId"]
    pdf = simulator.call("GET", f"/api/v1/quotations/{number}/export").content
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.endswith(b"%%EOF\n")
    accept = f"/api/v1/contracts/{CONTRACT_ID}/quotations/{number}/accept"
    assert simulator.call("PUT", accept).status_code == 201
    assert simulator.call("PUT", accept).status_code == 409
    assert simulator.provider.find_by_reference(CONTRACT_ID, order.reference) is not None
