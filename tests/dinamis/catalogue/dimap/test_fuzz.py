# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is done to a document, it is read or refused with a DimapError: nothing else gets out."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dinamis.catalogue.dimap import DimapError, parse_document, to_stac_item
from tests.dinamis.catalogue.dimap.helpers import FULL_SPECTRUM, MOSAIC, ORTHO, PRIMARY, V1

PATHS = [ORTHO, PRIMARY, FULL_SPECTRUM, MOSAIC, V1]
WORDS = ["", "GAIN", "NaN", "-1", "0", "1e308", "9" * 40, "2026-02-30", "é", "..", "/", "\u2028", "180", "-180", "91"]


def read_or_refuse(data: bytes) -> None:
    try:
        item = to_stac_item(parse_document(data, name="DIM_X.XML"))
    except DimapError:
        return
    assert json.loads(json.dumps(item, allow_nan=False)) == item
    assert re.fullmatch(r"[A-Za-z0-9_-]+", item["id"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_texts_replaced(data):
    text = data.draw(st.sampled_from(PATHS)).read_bytes().decode("latin-1")
    values = list(re.finditer(r">([^<>\n]+)<", text))
    for match in data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)):
        word = data.draw(st.sampled_from(WORDS))
        text = text.replace(match[0], f">{word}<")
    read_or_refuse(text.encode())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_elements_renamed(data):
    text = data.draw(st.sampled_from(PATHS)).read_bytes().decode("latin-1")
    tags = sorted(set(re.findall(r"</(\w+)>", text)))
    tag = data.draw(st.sampled_from(tags))
    read_or_refuse(re.sub(rf"(</?){tag}\b", r"\1GONE", text).encode())


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_bytes_changed(data):
    content = bytearray(data.draw(st.sampled_from(PATHS)).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(content))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name[:20])
def test_every_cut(path):
    content = path.read_bytes()
    for end in range(0, len(content.rstrip()) - 1, max(1, len(content) // 60)):
        with pytest.raises(DimapError):
            parse_document(content[:end], name="DIM_X.XML")
