# SPDX-License-Identifier: AGPL-3.0-or-later
"""The examples of docs/api.md are sent as they are written, and answered."""

import base64
import json
import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import gather
from tests.factories.api import key_of
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db
PAGE = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()


def examples():
    for block in re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            # What a shell would make of the identifier: any text is one.
            yield re.sub(r"\$\(cat [^)]*\)", "3f0b2c1e", line)


EXAMPLES = list(examples())


@pytest.fixture
def world():
    cast = gather()
    collection = CollectionFactory(slug="pleiades", licence=cast.licences["pleiades-uia"])
    asset = AssetFactory(item=ItemFactory(collection=collection))
    person_signs(cast.alice, cast.licences["pleiades-uia"].versions.get(state="published"))
    return cast, asset


def test_there_are_examples_and_all_are_curl():
    assert len(EXAMPLES) >= 8
    assert all(line.startswith("curl ") for line in EXAMPLES)


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_page_works_as_it_is_written(world, line):
    cast, asset = world
    _client, credentials = key_of(cast.alice)
    words = shlex.split(
        line.replace("$API", "/api/v1")
        .replace("$ACCESS_KEY", credentials.access_key)
        .replace("$SECRET_KEY", credentials.secret_key)
    )[1:]
    headers, body, path = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "--user":
            headers |= _basic(words.pop(0))
        elif word == "--header":
            name, value = words.pop(0).split(": ")
            headers[name] = value
        elif word == "--json":
            body = words.pop(0).replace('"item": 1', f'"item": {asset.item_id}')
        else:
            path = word
    browser = Client(headers=headers)
    answer = browser.post(path, json.loads(body), content_type="application/json") if body else browser.get(path)
    assert answer.status_code in {200, 201}, answer.content


def _basic(pair):
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
