# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scripts write days and numbers as the pages do."""

import json
import subprocess
from datetime import date

import pytest
from django.utils import translation

from dinamis.core.templatetags import ui
from dinamis.embedded.state import checkout_root

SAID = """
globalThis.document = { documentElement: { lang: process.argv[2] } };
const { dayIn, km2In } = await import(process.argv[1]);
console.log(JSON.stringify([dayIn("2022-07-16"), km2In(1312400000)]));
"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_day_and_an_area_read_alike(language):
    module = (checkout_root() / "static/js/words.js").as_uri()
    words = ["node", "--input-type=module", "-e", SAID, module, language]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    with translation.override(language):
        pages = [ui.date_words(date(2022, 7, 16)), ui.km2(1_312_400_000)]
    assert [one.replace("\u202f", " ").replace("\u00a0", " ") for one in told] == [
        one.replace("\u00a0", " ") for one in pages
    ]
