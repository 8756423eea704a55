# SPDX-License-Identifier: AGPL-3.0-or-later
"""The commands: up, demo, down, status, clean, env, test-env, psql, run."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from dinamis.embedded import environment, postgres, processes, redis, state
from dinamis.embedded.console import Failure, say
from dinamis.embedded.state import Layout

STORES = (postgres.NAME, redis.NAME)


def start_stores(place: Layout) -> bool:
    """PostgreSQL and Redis, each unless the user's environment names another. True when one was started now."""
    state.prepare_folders(place)
    started = False
    with state.locked(place):
        if not environment.external("DATABASE_URL", os.environ):
            started |= postgres.start(place)
        if not environment.external("REDIS_URL", os.environ):
            started |= redis.start(place)
    return started


def stop_all(place: Layout) -> None:
    """Stop everything of this instance."""
    with state.locked(place):
        for name, cwd in ((redis.NAME, place.redis_data), (postgres.NAME, place.postgresql_data)):
            if processes.stop(place, name) or processes.stop_stray(place, name, cwd):
                say(f"{name} stopped")


def command_env(place: Layout, arguments: argparse.Namespace) -> int:
    """Start the stores and print ``export`` lines for a shell."""
    start_stores(place)
    for name, value in environment.variables(place, os.environ).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def command_test_env(place: Layout, arguments: argparse.Namespace) -> int:
    """Run a command against the tests' stores, which stay for the next call (stopped here when ``CI`` is set)."""
    started = start_stores(place)
    if not (started and os.environ.get("CI")):
        return run(place, arguments.rest)
    try:
        return subprocess.run(arguments.rest, env=environment.full(place), check=False).returncode
    finally:
        stop_all(place)


def run(place: Layout, command: Sequence[str]) -> int:
    """Become a command in the instance's environment."""
    env = environment.full(place)
    program = shutil.which(command[0], path=env["PATH"]) if command else None
    if program is None:
        raise Failure(f"No such command: {' '.join(command) or '(none given after --)'}")
    sys.stdout.flush()
    os.execve(program, list(command), env)


def command_run(place: Layout, arguments: argparse.Namespace) -> int:
    """Run a command in the instance's environment."""
    start_stores(place)
    return run(place, arguments.rest)


def command_psql(place: Layout, arguments: argparse.Namespace) -> int:
    """Open psql on the instance's database, as the web role unless told otherwise."""
    start_stores(place)
    program = str(postgres.program_folder(place) / "psql")
    if arguments.role == "superuser":
        url = environment.database_url(place, "postgres")
        user = postgres.system_user()
        return subprocess.run(
            [program, url, *arguments.rest], user=user, group=user, extra_groups=[] if user else None, cwd="/", check=False
        ).returncode
    urls = environment.databases(place, os.environ)
    web = urls.get("DATABASE_WEB_URL", urls["DATABASE_URL"])
    return run(place, [program, urls["DATABASE_OWNER_URL"] if arguments.role == "owner" else web, *arguments.rest])


def command_down(place: Layout, arguments: argparse.Namespace) -> int:
    """Stop what this instance started."""
    stop_all(place)
    return 0


COMMANDS: dict[str, tuple[Callable[[Layout, argparse.Namespace], int], str]] = {
    "down": (command_down, ""),
    "env": (command_env, ""),
    "test-env": (command_test_env, "test"),
    "psql": (command_psql, ""),
    "run": (command_run, ""),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python3 -m dinamis.embedded", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    for name, (function, instance) in COMMANDS.items():
        sub = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        sub.add_argument("--test", dest="name", action="store_const", const="test", default=instance, help="the tests' instance")
        sub.add_argument("--name", default=instance, help="another instance beside the demo, such as e2e")
        sub.add_argument("--role", choices=("web", "owner", "superuser"), default="web", help="for psql")
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
