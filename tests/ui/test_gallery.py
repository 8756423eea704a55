# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every component renders in both languages, with its words and without two elements of the same id."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from tests.ui.gallery import context

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "path", "rect", "line", "use"}


class Balance(HTMLParser):
    """Collects what is opened and not closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, self.getpos()))

    def handle_startendtag(self, tag, attrs):
        """An element closed by itself holds nothing."""

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open[-1][0] != tag:
            self.wrong.append((tag, self.getpos(), self.open[-1:]))
        else:
            self.open.pop()


def gallery(data=None):
    request = RequestFactory().get("/?cloud=10")
    request.user = AnonymousUser()
    return render_to_string("components/gallery.html", context(data), request=request)


@pytest.mark.parametrize("data", [None, {}], ids=["fresh", "refused"])
def test_the_gallery_is_well_formed_and_its_ids_are_unique(data):
    page = gallery(data)
    reader = Balance()
    reader.feed(page)
    assert reader.wrong == []
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    assert [name for name, times in ids.items() if times > 1] == []


def test_a_page_names_its_language():
    with translation.override("en"):
        assert '<html lang="en">' in gallery()
    assert '<html lang="fr">' in gallery()


def test_the_four_states_have_their_words():
    page = gallery()
    for state in ("held", "unlock", "order", "none"):
        assert f'class="badge badge-{state}"' in page


def test_pages_keep_the_filters_of_the_address():
    assert 'href="?cloud=10&amp;page=8"' in gallery()
