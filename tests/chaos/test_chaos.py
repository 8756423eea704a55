# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two minutes in which processes are killed while orders are placed, delivered and catalogued.

Nothing may be lost and nothing done twice: one order at the provider, one price paid, one image, one mail.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinamis.embedded import processes, state

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = "chaos"
STORM_SECONDS = 120
CALM_SECONDS = 420
ORDERS = 4
LEAST_DEATHS = 3
# PostgreSQL's immediate shutdown is a crash to its clients, and is recovered from the log at the next start; SIGKILL
# would leave backends that hold its memory.
DEADLY = {"postgresql": signal.SIGQUIT}
CERTAIN = ("worker", "postgresql", "redis")
VICTIMS = (*CERTAIN, "worker", "web", "beat", "simulator")

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(1200)]


def embedded(*arguments: str) -> subprocess.Popen[str]:
    """Start a command of the embedded servers; nothing of the test run's own environment reaches it."""
    names = ("DATABASE", "REDIS", "DINAMIS_", "DJANGO_", "PORT", "SITE_URL", "SIMULATOR", "SECRET_KEY", "STATIC_ROOT")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    command = [sys.executable, "-m", "dinamis.embedded", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(running: subprocess.Popen[str]) -> str:
    """What a command printed; fails with its words when it failed."""
    out, wrong = running.communicate(timeout=CALM_SECONDS)
    assert running.returncode == 0, f"{running.args}\n{out[-3000:]}\n{wrong[-3000:]}"
    return out


def people(*words: str) -> subprocess.Popen[str]:
    """Start the people of this test in the instance."""
    return embedded("run", "--name", INSTANCE, "--", "python", "-m", "tests.chaos", *words)


def answer(running: subprocess.Popen[str]) -> list[str]:
    """The list they print last."""
    return list(json.loads(said(running).splitlines()[-1]))


@pytest.fixture
def instance() -> Iterator[state.Layout]:
    """A whole site of its own."""
    said(embedded("up", "--name", INSTANCE, "--fresh"))
    try:
        yield state.layout(INSTANCE)
    finally:
        said(embedded("down", "--name", INSTANCE))


def kill(place: state.Layout, name: str) -> bool:
    """End a process and its children without a word; whether there was one."""
    record = processes.remembered(place, name)
    if record is None:
        return False
    try:
        if name in DEADLY:
            os.kill(record.pid, DEADLY[name])
        else:
            os.killpg(record.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def storm(place: state.Layout, ordering: subprocess.Popen[str], seed: int) -> list[str]:
    """Kill one process after the other, starting what is dead each time; return who died, in order."""
    dice = random.Random(seed)
    dead: list[str] = []
    end = time.monotonic() + STORM_SECONDS
    while time.monotonic() < end:
        time.sleep(dice.uniform(1, 6))
        # Those that hold work die once for certain; then whoever it hits.
        victim = CERTAIN[len(dead)] if len(dead) < len(CERTAIN) else dice.choice(VICTIMS)
        if kill(place, victim):
            dead.append(victim)
        time.sleep(dice.uniform(0, 2))
        said(embedded("up", "--name", INSTANCE))
        assert ordering.poll() in {None, 0}, said(ordering)
    return dead


def test_nothing_is_lost_and_nothing_is_done_twice_while_processes_die(instance):
    seed = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 10**6)
    ordering = people("order", str(ORDERS))
    dead = storm(instance, ordering, seed)
    assert len(dead) >= LEAST_DEATHS, f"the storm was too mild: {dead}"
    assert len(answer(ordering)) == ORDERS
    deadline = time.monotonic() + CALM_SECONDS
    while answer(people("unfinished")) and time.monotonic() < deadline:
        time.sleep(3)
    assert answer(people("verdict")) == [], f"CHAOS_SEED={seed}, killed {dead}"
