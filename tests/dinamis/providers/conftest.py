# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real simulator process on a unix socket, its clock stopped: tests move it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from dinamis.embedded.services import accepts
from dinamis.providers.base import EndUser, OrderRequest, PriceRequest, StatusCode
from dinamis.providers.oneatlas import OneAtlas
from dinamis.providers.simulator.orders import CONTRACT_ID

ROOT = Path(__file__).resolve().parents[3]
KEY = "test-key"
T = TypeVar("T")
BASE = "http://simulator"
SCENE_ID = "DS_PHR1A_202306121031453_FR1_PX_E005N43_0615_01665"
SCENE = {
    "id": SCENE_ID,
    "sensor": "PHR1A",
    "datetime": "2023-06-12T10:31:45.3Z",
    "footprint": {
        "type": "Polygon",
        "coordinates": [[[5.265, 43.380], [5.512, 43.376], [5.465, 43.196], [5.218, 43.200], [5.265, 43.380]]],
    },
    "incidence_angle": 12.5,
    "cloud": 6.0,
}
AOI = {
    "type": "Polygon",
    "coordinates": [[[5.33, 43.26], [5.40, 43.26], [5.40, 43.31], [5.33, 43.31], [5.33, 43.26]]],
}


def until(look: Callable[[], T | None], seconds: float = 60.0) -> T:
    """What ``look`` gives once it gives something; fails after that many seconds."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < end:
        value = look()
        if value:
            return value
        pause.wait(0.05)
    pytest.fail(f"nothing after {seconds} s")


@dataclass
class Simulator:
    """The running process, its levers and an adapter on it."""

    socket: str
    state: Path
    provider: OneAtlas

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A plain HTTP call with a valid token."""
        return self.provider.client.http.request(
            method, f"{BASE}{path}", json=body, headers=self.provider.client.headers(BASE)
        )

    def faults(self, **changes: object) -> None:
        """Switch faults on."""
        assert self.call("POST", "/simulator/faults", changes).status_code == 200

    def advance(self, hours: float) -> None:
        """Move the clock."""
        assert self.call("POST", "/simulator/clock", {"advance_seconds": hours * 3600}).status_code == 200

    def count(self) -> int:
        """How many orders there are."""
        return int(self.call("GET", "/simulator/state").json()["counts"]["orders"])

    def deliver(self, placed: object) -> None:
        """Let an order be produced."""
        self.advance(9)
        until(lambda: self.provider.status(placed).code is StatusCode.COMPLETED)


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    folder = Path(tempfile.mkdtemp(prefix="sim-"))
    socket = str(folder / "s.sock")
    env = os.environ | {
        "SIMULATOR_STATE": str(folder / "state"),
        "SIMULATOR_SPEED": "0",
        "SIMULATOR_PUBLIC_URL": BASE,
        "SIMULATOR_API_KEYS": KEY,
        "SIMULATOR_MAX_PIXELS": "256",
        "SIMULATOR_LAND": "",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "dinamis.providers.simulator", "--bind", f"unix:{socket}"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    provider = OneAtlas(
        api_key=KEY, order_url=BASE, auth_url=BASE, search_url=BASE, socket=socket, attempts=3, wait_initial=0.01
    )

    def alive() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        # Asked only once it listens: httpx leaves the socket of a refused connection open.
        return accepts(Path(socket)) and provider.client.http.get(f"{BASE}/healthz").status_code == 200

    try:
        until(alive)
        yield Simulator(socket, folder / "state", provider)
    finally:
        provider.close()
        process.terminate()
        process.wait(20)
        log.close()
        shutil.rmtree(folder)


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The simulator without faults, with one archive scene."""
    assert simulator_process.call("DELETE", "/simulator/faults").status_code == 200
    assert simulator_process.call("POST", "/simulator/scenes", {"scenes": [SCENE]}).status_code == 201
    return simulator_process


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> str:
    """A customer reference of the test's own."""
    return f"DINAMIS-{request.node.name[:60]}"


@pytest.fixture
def order(reference: str) -> OrderRequest:
    """An archive order over Marseille."""
    return OrderRequest(
        reference=reference,
        contract_id=CONTRACT_ID,
        product_type="PleiadesArchiveMono",
        aoi=AOI,
        scene_ids=(SCENE_ID,),
        options={"processing_level": "ortho", "spectral_processing": "bundle"},
        end_users=(EndUser(name="Université fictive", country="FR"),),
        market="ENV",
    )


@pytest.fixture
def price_request() -> PriceRequest:
    """The same, as a question of price."""
    return PriceRequest(
        contract_id=CONTRACT_ID, product_type="PleiadesArchiveMono", aoi=AOI, scene_ids=(SCENE_ID,), market="ENV"
    )
