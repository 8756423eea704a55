# SPDX-License-Identifier: AGPL-3.0-or-later
"""What we started, and only that, is stopped."""

import dataclasses
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from dinamis.embedded import processes
from dinamis.embedded.console import Failure
from dinamis.embedded.processes import Spec


@pytest.fixture
def spec(place):
    """A process with one child in its session."""
    yield Spec("probe", ("sh", "-c", "echo ready; sleep 60 & wait"), place.work("probe"), "nowhere")
    processes.stop(place, "probe", place.work("probe"))


@pytest.fixture
def neighbour(tmp_path):
    """A process that is not ours."""
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path, start_new_session=True) as child:
        yield child
        child.kill()


def start(place, spec):
    """Start, and wait until the child is there too."""
    record, started = processes.start(place, spec)
    processes.wait_until(place, record, lambda: len(processes.inhabitants(spec.cwd)) == 2, 5)
    return record, started


def test_started_once_then_found_again(place, spec):
    record, started = start(place, spec)
    again, started_again = start(place, spec)

    assert (started, started_again) == (True, False)
    assert again == record
    assert processes.remembered(place, "probe") == record
    assert processes.session_of(record.pid) == record.pid


def test_stop_ends_it_and_its_children(place, spec):
    record, _ = start(place, spec)

    assert processes.stop(place, "probe", spec.cwd)
    assert not processes.is_alive(record)
    assert processes.inhabitants(spec.cwd) == []
    assert not processes.record_path(place, "probe").exists()
    assert not processes.stop(place, "probe", spec.cwd)


def test_recycled_pid_is_not_killed(place, spec, neighbour):
    """The record names a pid that now belongs to somebody else: its start time tells."""
    started = processes.started_at(neighbour.pid)
    record = processes.Record("probe", neighbour.pid, started - 1, processes.boot_id(), "")
    processes.record_path(place, "probe").write_text(json.dumps(dataclasses.asdict(record)))

    assert processes.remembered(place, "probe") is None
    assert not processes.stop(place, "probe", spec.cwd)
    assert neighbour.poll() is None


def test_record_of_another_boot_is_not_believed(place, spec, neighbour):
    record = processes.Record("probe", neighbour.pid, processes.started_at(neighbour.pid), "another boot", "")
    processes.record_path(place, "probe").write_text(json.dumps(dataclasses.asdict(record)))

    assert not processes.stop(place, "probe", spec.cwd)
    assert neighbour.poll() is None


def test_lost_record_is_found_by_the_folder(place, spec):
    record, _ = start(place, spec)
    processes.record_path(place, "probe").unlink()

    assert processes.start(place, spec) == (record, False)


def test_orphans_of_a_killed_leader_are_ended(place, spec):
    record, _ = start(place, spec)
    os.kill(record.pid, signal.SIGKILL)
    processes.children.pop(record.pid).wait()
    (orphan,) = processes.inhabitants(spec.cwd)

    assert processes.kill_orphans(spec.cwd) == [orphan]
    assert processes.inhabitants(spec.cwd) == []


def test_children_of_a_live_leader_are_no_orphans(place, spec):
    start(place, spec)

    assert processes.kill_orphans(spec.cwd) == []
    assert len(processes.inhabitants(spec.cwd)) == 2


def test_shell_of_a_person_in_our_folder_is_left_alone(place, spec):
    spec.cwd.mkdir(parents=True)
    leader, terminal = os.openpty()
    with subprocess.Popen(["setsid", "--ctty", "sleep", "60"], cwd=spec.cwd, stdin=terminal) as person:
        while processes.session_of(person.pid) != person.pid or processes.stat_fields(person.pid)[4] == "0":
            assert person.poll() is None
        assert not processes.stop(place, "probe", spec.cwd)
        assert person.poll() is None
        person.kill()
    os.close(terminal)
    os.close(leader)


def test_death_is_told_with_the_end_of_the_log(place):
    dying = Spec("probe", ("sh", "-c", "echo cannot open the door; exit 3"), place.work("probe"), "nowhere")

    with pytest.raises(Failure, match=r"probe ended by itself\. End of .*probe\.log:\n    cannot open the door"):
        processes.wait_until(place, processes.start(place, dying)[0], lambda: False, 5)
    for child in processes.children.values():
        child.wait()


def test_silence_is_told_when_time_runs_out(place, spec):
    record, _ = start(place, spec)

    with pytest.raises(Failure, match=r"probe did not answer within 0 s\. End of .*\n    ready"):
        processes.wait_until(place, record, lambda: False, 0)


def test_memory_counts_the_whole_session(place, spec):
    record, _ = start(place, spec)

    assert processes.resident_bytes(record) > processes.proportional_bytes(record.pid) > 0


def test_grown_log_is_put_aside_once(place):
    path = processes.log_path(place, "probe")
    path.write_bytes(b"x" * (processes.LOG_ROTATES_AT + 1))
    processes.open_log(place, "probe").close()

    assert path.stat().st_size == 0
    assert path.with_suffix(".log.1").stat().st_size == processes.LOG_ROTATES_AT + 1


def test_a_process_that_steps_back_does_so_with_its_session(place, spec):
    record, _ = start(place, dataclasses.replace(spec, niceness=10))

    child = next(pid for pid in processes.members(record.pid) if pid != record.pid)
    assert os.getpriority(os.PRIO_PROCESS, record.pid) == 10
    group = Path(f"/proc/{child}/autogroup")
    if group.exists():
        assert group.read_text().rstrip().endswith("nice 10")
