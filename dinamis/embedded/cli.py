# SPDX-License-Identifier: AGPL-3.0-or-later
"""The commands of python3 -m dinamis.embedded. `make help` lists what people type; this is what runs."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from dinamis.embedded import (
    bootstrap,
    checks,
    console,
    environment,
    nginx,
    postgres,
    processes,
    redis,
    services,
    site,
    snapshot,
    state,
)
from dinamis.embedded.console import Failure, say
from dinamis.embedded.state import Layout


def start_stores(place: Layout, *levels: str) -> bool:
    """PostgreSQL and Redis, each unless the user's environment names another. True when one was started now.

    ``levels`` are the locks of Python packages wanted beside base: test, bench.
    """
    with state.locked(place):
        state.prepare_folders(place)
        bootstrap.prepare(place, *levels)
        started = False
        if not environment.external("DATABASE_URL", os.environ):
            started |= postgres.start(place)
        if not environment.external("REDIS_URL", os.environ):
            started |= redis.start(place)
    return started


def start_all(place: Layout, command: str, *, fresh: bool = False) -> None:
    """Everything up to a site that answers 200 on ``/readyz``. Raises Failure; what runs then is left to the caller."""
    nginx.check_ports(place, command)
    start_stores(place)
    with state.locked(place):
        nginx.start(place, command)
        state.record_port(place)
        steps = site.Site(place)
        if fresh:
            snapshot.restore(place, steps.demo_value())
        services.launch(place, "simulator")
        steps.prepare()
        services.wait_for(place, "simulator")
        if steps.load_demo() and fresh:
            snapshot.take(place)
        services.launch(place, "web", "worker", "slow-worker", "beat")
        steps.write_demo_json()
        services.wait_for(place, *services.READY)
    say(f"The site: {environment.addresses(place)['SITE_URL']}   people and links: {place.var / 'demo.json'}")


def stop_all(place: Layout) -> None:
    """Stop everything of this instance, and nothing else."""
    cwds = {name: place.work(name) for name in services.ORDER_OF_STOP}
    cwds |= {redis.NAME: place.redis_data, postgres.NAME: place.postgresql_data}
    for name in services.ORDER_OF_STOP:
        if processes.stop(place, name, cwds[name]):
            say(f"{name} stopped")
    (place.var / "ports.json").unlink(missing_ok=True)


def interrupt(number: int, frame: FrameType | None) -> None:
    """A closed terminal or a polite kill ends the demo like Ctrl-C."""
    raise KeyboardInterrupt


def stop_undisturbed(place: Layout) -> None:
    """Stop all; a second Ctrl-C does not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say("Stopping …")
    stop_all(place)


def refuse_other_port(place: Layout) -> None:
    """Raise Failure when the instance runs on another port than the one asked for."""
    running = state.recorded_port(place.var)
    if running and running != place.port and processes.remembered(place, nginx.NAME):
        raise Failure(f"DINAMIS already runs on port {running}. Stop it first: make down")


def command_up(place: Layout, arguments: argparse.Namespace) -> int:
    """Start all in the background; ends when the site is ready."""
    refuse_other_port(place)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        if arguments.fresh:
            stop_all(place)
        start_all(place, "up", fresh=arguments.fresh)
    except BaseException:
        stop_undisturbed(place)
        raise
    return 0


def command_demo(place: Layout, arguments: argparse.Namespace) -> int:
    """Start all and stay; Ctrl-C stops all."""
    refuse_other_port(place)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        start_all(place, "demo")
        say("Ctrl-C stops all.")
        watch(place)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        stop_undisturbed(place)
    return 0


def watch(place: Layout) -> None:
    """Until interrupted. Raises Failure when a process ends by itself."""
    expected = services.living(place)
    while True:
        for record in expected:
            if not processes.is_alive(record):
                raise processes.died(place, record.name)
        time.sleep(1)


def command_down(place: Layout, arguments: argparse.Namespace) -> int:
    """Stop what this checkout started: every instance, or the one named."""
    names = [place.name] if place.name else state.instances(place.checkout)
    with state.locked(place):
        for name in names:
            stop_all(state.layout(name))
    return 0


def command_clean(place: Layout, arguments: argparse.Namespace) -> int:
    """Stop, then delete the state folders and var/."""
    names = [place.name] if place.name else state.instances(place.checkout)
    command_down(place, arguments)
    for name in names:
        each = state.layout(name)
        if state.remove_state(each.state):
            say(f"{each.state} deleted")
        shutil.rmtree(each.var, ignore_errors=True)
    return 0


def command_status(place: Layout, arguments: argparse.Namespace) -> int:
    """A table of what runs."""
    names = [place.name] if place.name else state.instances(place.checkout)
    total = 0
    print(f"{'instance':<9} {'process':<11} {'pid':>8} {'memory':>9}  address")
    for each in map(state.layout, names):
        for record in services.living(each):
            size = processes.resident_bytes(record)
            total += size
            print(
                f"{each.name or 'demo':<9} {record.name:<11} {record.pid:>8} {size / 2**20:>6.0f} MB  {record.address}"
            )
    print(f"{'total':<9} {'':<11} {'':>8} {total / 2**20:>6.0f} MB" if total else "Nothing runs. Start: make demo")
    return 0


def command_env(place: Layout, arguments: argparse.Namespace) -> int:
    """Start the stores and print ``export`` lines for a shell."""
    start_stores(place, *(["test"] if place.name == "test" else []))
    for name, value in environment.variables(place, os.environ).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def command_test_env(place: Layout, arguments: argparse.Namespace) -> int:
    """Run a command against the tests' stores, which stay for the next call (stopped here when ``CI`` is set)."""
    started = start_stores(place, "test", *(["bench"] if arguments.bench else []))
    if not (started and os.environ.get("CI")):
        return run(place, arguments.rest)
    try:
        return subprocess.run(arguments.rest, env=environment.full(place), check=False).returncode
    finally:
        console.hush()
        stop_undisturbed(place)


def run(place: Layout, command: Sequence[str]) -> int:
    """Become a command in the instance's environment."""
    env = environment.full(place)
    program = shutil.which(command[0], path=env["PATH"]) if command else None
    if program is None:
        raise Failure(f"No such command: {' '.join(command) or '(none given after --)'}")
    sys.stdout.flush()
    os.execve(program, list(command), env)  # noqa: S606  (no shell is the point)


def command_run(place: Layout, arguments: argparse.Namespace) -> int:
    """Run a command in the instance's environment."""
    start_stores(place)
    return run(place, arguments.rest)


def command_psql(place: Layout, arguments: argparse.Namespace) -> int:
    """Open psql on the instance's database, as the web role unless told otherwise."""
    start_stores(place)
    program = str(postgres.program_folder(place) / "psql")
    urls = environment.databases(place, os.environ)
    if arguments.role == "superuser":
        user = postgres.system_user()
        url = environment.database_url(place, "postgres")
        command = [program, url, *arguments.rest]
        return subprocess.run(command, **processes.identity(user), cwd="/", check=False).returncode
    web = urls.get("DATABASE_WEB_URL", urls["DATABASE_URL"])
    return run(place, [program, urls["DATABASE_OWNER_URL"] if arguments.role == "owner" else web, *arguments.rest])


def command_check(place: Layout, arguments: argparse.Namespace) -> int:
    """Run the linters and consistency checks, all of them, and say which failed."""
    started = start_stores(place, "test")
    try:
        return checks.run(place)
    finally:
        if started and os.environ.get("CI"):
            stop_undisturbed(place)


COMMANDS: dict[str, tuple[Callable[[Layout, argparse.Namespace], int], str]] = {
    "up": (command_up, ""),
    "demo": (command_demo, ""),
    "down": (command_down, ""),
    "status": (command_status, ""),
    "clean": (command_clean, ""),
    "env": (command_env, ""),
    "test-env": (command_test_env, "test"),
    "check": (command_check, "test"),
    "psql": (command_psql, ""),
    "run": (command_run, ""),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python3 -m dinamis.embedded", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for name, (function, instance) in COMMANDS.items():
        sub = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        sub.add_argument("--name", default=instance, help="another instance beside the demo, such as e2e")
        sub.add_argument("--test", dest="name", action="store_const", const="test", help="the tests' instance")
        sub.add_argument("--role", choices=("web", "owner", "superuser"), default="web", help="for psql")
        sub.add_argument("--fresh", action="store_true", help="for up: begin from the demo data as first loaded")
        sub.add_argument("--bench", action="store_true", help="for test-env: with the packages of the benches")
        sub.add_argument("rest", nargs="*", help="after --: a command, or arguments for it")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; a Failure is shown as one message, Ctrl-C ends with the shell's usual 130."""
    arguments = parser().parse_args(argv)
    try:
        place = state.layout(arguments.name)
        return COMMANDS[arguments.command][0](place, arguments)
    except Failure as failure:
        print(f"\nDINAMIS: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
