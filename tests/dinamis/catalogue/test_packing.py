# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from dinamis.catalogue.packing import Packer, Unpacker, learn

TEXTS = [
    json.dumps({"id": f"PHR1A_{n:05d}", "platform": "PLEIADES-1A", "href": f"https://example.org/{n * n}"}).encode()
    for n in range(2_000)
]


@pytest.fixture(scope="module")
def dictionary():
    return learn(TEXTS)


def test_a_text_comes_back_from_its_frame_whatever_it_was_packed_with(dictionary):
    number, content = dictionary
    asked = []

    def find(wanted):
        asked.append(wanted)
        return {number: content}[wanted]

    unpacker = Unpacker(find)
    plain, learnt = Packer().pack(TEXTS[7]), Packer(content).pack(TEXTS[7])
    assert [unpacker.unpack(frame) for frame in (plain, learnt, learnt)] == [TEXTS[7]] * 3
    assert len(learnt) < len(plain)
    assert asked == [number]


def test_threads_do_not_share_what_is_not_for_two(dictionary):
    number, content = dictionary
    unpacker = Unpacker({number: content}.__getitem__)
    packer = Packer(content)
    frames = [packer.pack(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(unpacker.unpack, frames)) == TEXTS
