# SPDX-License-Identifier: AGPL-3.0-or-later
import multiprocessing
import os
import pickle
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnProcess

import orjson
import pytest
from django.core.management import CommandError, call_command

from dinamis.catalogue.foreign import Refused
from dinamis.catalogue.models import Item, ItemDocument
from dinamis.catalogue.services import bulk
from dinamis.catalogue.services.bulk import load_items
from tests.dinamis.catalogue.foreign.cast import item
from tests.factories.catalogue import CollectionFactory

pytestmark = pytest.mark.django_db
MANY = 40


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """Processes begin, and take their share, of as few items as a test has."""
    CollectionFactory(slug="archive")
    monkeypatch.setattr(bulk, "MANY", MANY)
    monkeypatch.setattr(bulk, "CHUNK", 4)
    monkeypatch.setattr(bulk, "SAMPLES", 4)


def texts(count=MANY):
    """Items of which every seventh cannot be taken, and the last one names the first one again."""
    for number in range(count - 1):
        yield orjson.dumps(item(f"i{number}", eo__cloud_cover=101 if number % 7 == 3 else number))
    yield orjson.dumps(item("i0", eo__cloud_cover=99.5))


def counts(report):
    return report.created, report.updated, report.unchanged, report.refused


def written():
    items = Item.objects.order_by("stac_id").values_list("stac_id", "cloud_cover", "footprint", "title", "datetime")
    return list(items), list(ItemDocument.objects.order_by("item__stac_id").values_list("properties", "body"))


def test_several_processes_write_what_one_does():
    alone = load_items(texts())
    rows = written()
    Item.objects.all().delete()
    several = load_items(texts(), processes=2)
    assert counts(several) == counts(alone) == (33, 0, 0, 6)
    assert written() == rows
    assert [refusal.position for refusal in several.refusals] == [4, 11, 18, 25, 32, 39]
    assert Item.objects.get(stac_id="i0").cloud_cover == 99.5
    assert not multiprocessing.active_children()


def test_few_items_start_no_process():
    def source():
        yield from texts(MANY - 1)
        assert not multiprocessing.active_children()

    assert load_items(source(), processes=2).created == 33


def broken(fault):
    """Items in the middle of which something happens, when processes have begun and some batches are written."""
    yield from texts()
    yield from (orjson.dumps(item(f"j{number}")) for number in range(MANY))
    fault()
    yield from (orjson.dumps(item(f"k{number}")) for number in range(MANY))


def kill_one():
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize(("fault", "error"), [(kill_one, BrokenProcessPool), (interrupt, KeyboardInterrupt)])
def test_a_reader_that_is_killed_and_an_interrupt_leave_nothing(monkeypatch, fault, error):
    monkeypatch.setattr(bulk, "BATCH", 10)
    with pytest.raises(error):
        load_items(broken(fault), processes=2)
    assert not Item.objects.exists()
    assert not multiprocessing.active_children()


def kill_the_first_one():
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    children[0].kill()


def test_the_command_says_that_a_reader_was_killed_and_nothing_loaded(tmp_path):
    path = tmp_path / "items.ndjson"
    path.write_bytes(b"\n".join(texts()))
    with ThreadPoolExecutor(1) as other:
        other.submit(kill_the_first_one)
        with pytest.raises(CommandError, match="nothing was loaded"):
            call_command("load_stac_items", path, processes=2)
    assert not Item.objects.exists()


def starts(monkeypatch, second):
    """Have the second process of a pool started by `second`; return those that were."""
    start, started = SpawnProcess.start, []

    def begin(self):
        second(self, started[0], start) if started else start(self)
        started.append(self)

    monkeypatch.setattr(SpawnProcess, "start", begin)
    return started


def killed_before(one, other, start):
    other.kill()
    time.sleep(0.3)
    start(one)


def killed_after(one, other, start):
    start(one)
    other.kill()
    time.sleep(0.3)


def killed_itself(_one, _other, _start):
    raise BrokenPipeError


@pytest.mark.parametrize(("second", "number"), [(killed_before, 2), (killed_after, 2), (killed_itself, 1)])
def test_a_reader_that_is_killed_while_processes_begin_ends_the_load(monkeypatch, second, number):
    started = starts(monkeypatch, second)
    with pytest.raises(BrokenProcessPool):
        load_items(texts(), processes=2)
    assert len(started) == number
    assert not Item.objects.exists()
    assert not multiprocessing.active_children()


def test_a_refusal_comes_whole_from_another_process():
    refused = pickle.loads(pickle.dumps(Refused("id", "it is missing", "Name the item")))
    assert (refused.member, refused.reason, refused.repair) == ("id", "it is missing", "Name the item")
    assert str(refused) == "id: it is missing. Name the item"
