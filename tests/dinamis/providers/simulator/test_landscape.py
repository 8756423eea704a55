# SPDX-License-Identifier: AGPL-3.0-or-later
"""The landscape is one ground: the same everywhere and always, whatever the image."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dinamis.providers.simulator.landscape import Look, quicklook, render, sort_corners

JUNE = datetime(2024, 6, 10, tzinfo=UTC)
LON = st.floats(-179, 178).map(lambda v: round(v, 3))
LAT = st.floats(-70, 70).map(lambda v: round(v, 3))


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal but for the rounding of a coordinate."""
    difference = np.abs(one.astype(int) - other.astype(int))
    return bool(np.quantile(difference, 0.995) <= 2)


@settings(max_examples=15, deadline=None)
@given(lon=LON, lat=LAT, pixel=st.sampled_from([0.000005, 0.0001, 0.002]), cloud=st.sampled_from([0.0, 30.0]))
def test_tiles_join_without_seam(lon: float, lat: float, pixel: float, cloud: float) -> None:
    size = 48
    extent = (lon, lat, lon + 2 * size * pixel, lat + size * pixel)
    whole = render(extent, (size, 2 * size), when=JUNE, cloud=cloud, seed=3, extent=extent)
    left = render(
        (lon, lat, lon + size * pixel, extent[3]), (size, size), when=JUNE, cloud=cloud, seed=3, extent=extent
    )
    right = render(
        (lon + size * pixel, lat, extent[2], extent[3]), (size, size), when=JUNE, cloud=cloud, seed=3, extent=extent
    )
    assert close(whole[:, :, :size], left)
    assert close(whole[:, :, size:], right)


@settings(max_examples=8, deadline=None)
@given(lon=LON, lat=LAT)
def test_same_question_same_answer(lon: float, lat: float) -> None:
    bounds = (lon, lat, lon + 0.05, lat + 0.05)
    first = render(bounds, (40, 40), when=JUNE, cloud=10, seed=7)
    assert (first == render(bounds, (40, 40), when=JUNE, cloud=10, seed=7)).all()
    assert first.dtype == np.uint16
    assert first.shape == (5, 40, 40)
    assert first.min() >= 1
    assert first.max() <= 4094


def test_ground_is_stable_and_season_and_clouds_are_not() -> None:
    bounds = (4.0, 46.4, 4.2, 46.55)
    june = render(bounds, (96, 96), when=JUNE)
    hazier = render(bounds, (96, 96), when=JUNE, seed=99).astype(int)
    assert (hazier - june).std(axis=(1, 2)).max() < 1  # another day's haze, the same ground
    january = render(bounds, (96, 96), when=datetime(2024, 1, 10, tzinfo=UTC))
    land = june[3] > 200
    assert (np.abs(june[3].astype(int) - january[3])[land] > 40).mean() > 0.3
    cloudy = render(bounds, (96, 96), when=JUNE, cloud=40, seed=1)
    other = render(bounds, (96, 96), when=JUNE, cloud=40, seed=2)
    assert 0.25 < (cloudy[0] > 1200).mean() < 0.5
    assert not (cloudy == other).all()


def test_strips_do_not_show() -> None:
    bounds = (4.0, 46.4, 4.05, 46.6)
    tall = render(bounds, (300, 40), when=JUNE)
    middle = 46.4 + 0.2 * 100 / 300
    lower = render((4.0, 46.4, 4.05, middle), (100, 40), when=JUNE)
    assert close(tall[:, 200:], lower)


@pytest.mark.parametrize("size", [64, 200])
def test_quicklook_is_a_jpeg_in_the_frame_of_the_scene(size: int) -> None:
    ring = [(5.265, 43.38), (5.512, 43.376), (5.465, 43.196), (5.218, 43.2), (5.265, 43.38)]
    picture = Image.open(io.BytesIO(quicklook(ring, Look(JUNE, cloud=5, seed=4), size)))
    assert picture.format == "JPEG"
    assert max(picture.size) == size


def test_corners_are_sorted_whatever_the_start_and_winding() -> None:
    ring = [(1.0, 0.0), (0.0, 0.0), (0.2, 1.0), (1.2, 1.0), (1.0, 0.0)]
    assert sort_corners(ring) == [(0.2, 1.0), (1.2, 1.0), (1.0, 0.0), (0.0, 0.0)]
    assert sort_corners(ring[::-1]) == sort_corners(ring)


def test_real_coast_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land = {"type": "Polygon", "coordinates": [[[5, 43], [5.1, 43], [5.1, 43.2], [5, 43.2], [5, 43]]]}
    path = tmp_path / "land.json"
    path.write_text(json.dumps({"type": "Feature", "geometry": land, "properties": {}}))
    monkeypatch.setenv("SIMULATOR_LAND", str(path))
    image = render((5.0, 43.0, 5.2, 43.2), (100, 100), when=JUNE)
    assert np.median(image[3][:, :40]) > 500
    assert image[3][:, 60:].max() < 300
