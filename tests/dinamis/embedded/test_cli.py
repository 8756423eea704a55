# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line and the environment it hands over."""

import pytest

from dinamis.embedded import cli, environment, nginx, services
from dinamis.embedded.console import Failure


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        (["up"], "", []),
        (["up", "--name", "e2e"], "e2e", []),
        (["env", "--test"], "test", []),
        (["test-env", "--", "pytest", "-m", "not slow"], "test", ["pytest", "-m", "not slow"]),
        (["psql", "--role", "owner", "--", "-c", "SELECT 1"], "", ["-c", "SELECT 1"]),
    ],
)
def test_words_are_understood(words, name, rest):
    arguments = cli.parser().parse_args(words)

    assert (arguments.name, arguments.rest) == (name, rest)


def test_failure_is_one_message_and_code_1(capsys, monkeypatch):
    monkeypatch.setenv("PORT", "http")
    monkeypatch.delenv("DINAMIS_EMBEDDED", raising=False)

    assert cli.main(["status"]) == 1
    assert capsys.readouterr().err == "\nDINAMIS: PORT=http is not a port number between 1 and 65534.\n"


def test_unknown_command_of_run_is_said(place):
    with pytest.raises(Failure, match="No such command: no-such-program now"):
        cli.run(place, ["no-such-program", "now"])


def test_users_own_servers_are_used():
    environ = {"DATABASE_URL": "postgresql://me@db/imagery", "REDIS_URL": "redis://cache:6379/3"}

    assert environment.external("DATABASE_URL", environ) == "postgresql://me@db/imagery"
    assert environment.external("REDIS_URL", {**environ, "DINAMIS_EMBEDDED": "/x"}) == ""


def test_environment_names_our_sockets_and_the_role_that_owns_nothing(place):
    made = environment.variables(place, {})

    assert made["DATABASE_URL"] == f"postgresql://dinamis_web@/dinamis?host={place.postgresql_run}"
    assert made["DATABASE_OWNER_URL"] == f"postgresql://dinamis_owner@/dinamis?host={place.postgresql_run}"
    assert made["REDIS_URL"] == f"unix://{place.redis_socket}?db=0"
    assert made["DJANGO_SETTINGS_MODULE"] == "dinamis.settings.demo"
    assert made["SITE_URL"] == "http://localhost:0"


def test_users_own_database_keeps_its_owner(place):
    given = {"DATABASE_URL": "postgresql://web@db/i", "DATABASE_OWNER_URL": "postgresql://owner@db/i"}

    assert environment.databases(place, given) == given
    assert environment.databases(place, {"DATABASE_URL": "postgresql://a@db/i"}) == {
        "DATABASE_URL": "postgresql://a@db/i",
        "DATABASE_OWNER_URL": "postgresql://a@db/i",
    }


def test_every_process_has_its_own_folder_and_is_stopped_in_order(place):
    specs = [make(place) for make in services.SPECS.values()]

    assert len({spec.cwd for spec in specs}) == len(specs)
    assert {spec.name for spec in specs} | {nginx.NAME, "redis", "postgresql"} == set(services.ORDER_OF_STOP)
