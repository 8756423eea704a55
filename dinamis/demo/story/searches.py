# SPDX-License-Identifier: AGPL-3.0-or-later
"""Three organisations watch the same coast: each keeps a search, and together they make a need."""

from django.http import QueryDict

from dinamis.catalogue.models import SavedSearch
from dinamis.catalogue.services.saved_searches import save_search
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago
from dinamis.demo.story.work import ALICE, CHARLIE, MONA

NAME, QUERY = "Côte du Calvados", "bbox=-1.2,49.2,0.3,49.45"
SAVED_DAYS = 20


def load_searches() -> int:
    """Keep the searches that are missing; returns how many."""
    missing = [owner for owner in (ALICE, CHARLIE, MONA) if not SavedSearch.objects.filter(owner__email=owner).exists()]
    with days_ago(SAVED_DAYS):
        for owner in missing:
            save_search(owner=user(owner), name=NAME, query=QueryDict(QUERY))
    return len(missing)
