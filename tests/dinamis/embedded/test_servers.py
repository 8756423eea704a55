# SPDX-License-Identifier: AGPL-3.0-or-later
"""Private servers of two checkouts beside each other, and beside servers that are not ours."""

import json
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from dinamis.embedded import postgres, processes

pytestmark = pytest.mark.skipif(
    not (postgres.programs() and shutil.which("redis-server")), reason="PostgreSQL with PostGIS and Redis are needed"
)

START = """
from dinamis.embedded import postgres, redis, state
place = state.layout()
state.prepare_folders(place)
print(postgres.start(place), redis.start(place))
"""
SQL = """
from dinamis.embedded import postgres, state
print(postgres.psql(state.layout(), {sql!r}, "dinamis"))
"""

SNAPSHOT = """
from dinamis.embedded import postgres, snapshot, stamps, state
place = state.layout()
{act}
print(postgres.psql(place, "SELECT to_regclass('loaded') IS NOT NULL, to_regclass('tried') IS NOT NULL", "dinamis"),
      sorted(path.name for path in place.files.iterdir()))
"""


def records(copy):
    """The processes a copy remembers: name → pid."""
    found = [json.loads(path.read_text()) for path in Path(copy.root / "var/pids").glob("*.json")]
    return {record["name"]: record["pid"] for record in found}


@pytest.fixture
def stranger(folder):
    """A Redis of somebody else, and listeners on the usual ports where they are free."""
    (folder / "theirs").mkdir()
    flags = ["--port", "0", "--unixsocket", str(folder / "theirs/redis.sock"), "--dir", str(folder / "theirs")]
    with ExitStack() as stack:
        for port in (5432, 6379):
            try:
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        child = stack.enter_context(subprocess.Popen(["redis-server", *flags], stdout=subprocess.DEVNULL))
        yield child
        child.kill()


@pytest.mark.slow
def test_two_checkouts_side_by_side(copies, stranger):
    first, second = copies

    assert [copy.python(START) for copy in copies] == ["True True", "True True"]
    assert first.python(START) == "False False"
    first.python(SQL.format(sql="CREATE TABLE mark (n int)"))
    assert first.python(SQL.format(sql="SELECT to_regclass('mark') IS NULL")) == "f"
    assert second.python(SQL.format(sql="SELECT to_regclass('mark') IS NULL")) == "t"

    left = records(second)
    first.command("down")

    assert records(first) == {}
    assert records(second) == left
    assert set(left) == {"postgresql", "redis"}
    assert all(processes.started_at(pid) for pid in left.values())
    assert stranger.poll() is None


def test_roles_of_the_database(copies):
    copy = copies[0]
    copy.python(START)
    roles = "SELECT string_agg(rolname || rolsuper || rolcreatedb || rolcanlogin, ' ' ORDER BY rolname) FROM pg_roles"
    roles += " WHERE rolname LIKE 'dinamis%'"

    assert copy.python(SQL.format(sql=roles)) == (
        "dinamis_clockfalsefalsefalse dinamis_ownerfalsefalsetrue dinamis_webfalsefalsetrue"
    )
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'dinamis'"
    assert copy.python(SQL.format(sql=owner)) == "dinamis_owner"
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'dinamis_web'::regrole AND deptype = 'o'"
    assert copy.python(SQL.format(sql=owned)) == "0"
    extensions = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'"
    assert copy.python(SQL.format(sql=extensions)) == "btree_gist pg_trgm postgis unaccent"
    assert copy.python(SQL.format(sql="SHOW listen_addresses")) == ""
    assert copy.python(SQL.format(sql="SHOW fsync")) == "on"


def test_data_outlive_a_restart_and_clean_removes_them(copies):
    copy = copies[0]
    copy.python(START)
    copy.python(SQL.format(sql="CREATE TABLE mark (n int)"))
    copy.command("down")
    copy.python(START)
    assert copy.python(SQL.format(sql="SELECT to_regclass('mark') IS NULL")) == "f"

    copy.command("clean")

    assert not Path(copy.env["DINAMIS_STATE"]).exists()
    assert not (copy.root / "var").exists()
    assert copy.command("status").endswith("Nothing runs. Start: make demo")


@pytest.mark.slow
def test_fresh_goes_back_to_the_data_as_loaded_and_empties_when_the_sources_changed(copies):
    copy = copies[0]
    copy.python(START)
    load = 'stamps.Stamps(place.state / "stamps.json").mark("load_demo", "today")\n'
    load += 'postgres.psql(place, "CREATE TABLE loaded ()", "dinamis"); (place.files / "scene").touch()\n'
    tried = 'postgres.psql(place, "CREATE TABLE tried ()", "dinamis"); (place.files / "order").touch()'

    assert copy.python(SNAPSHOT.format(act=f"{load}snapshot.take(place)\n{tried}")) == "t|t ['order', 'scene']"
    assert copy.python(SNAPSHOT.format(act="snapshot.restore(place, 'today')")) == "t|f ['scene']"
    assert copy.python(SNAPSHOT.format(act="snapshot.restore(place, 'tomorrow')")) == "f|f []"
