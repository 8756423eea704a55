# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second data centre of the demonstration: where it publishes, with which key, and where it no longer does."""

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Collection, PublishingRight
from dinamis.catalogue.services.publishing_rights import end_right, give_right
from dinamis.demo import people
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago

PUBLISHER = "littoral"
PUBLISHES = ("sentinel-2", "kalideos-rapideye")
ENDED = "pleiades-coast"


def load_publishing() -> int:
    """Give an organisation its rights, one of them by mistake; returns how many, 0 when they are there."""
    if PublishingRight.objects.exists():
        return 0
    name = next(cast.data.name for cast in ORGANISATIONS if cast.key == PUBLISHER)
    organisation = Organisation.objects.get(name=name)
    administrator = user(people.person("administrator").email)
    rights = []
    for days, slugs in ((19, PUBLISHES), (18, (ENDED,))):
        with days_ago(days, 9):
            collections = list(Collection.objects.filter(slug__in=slugs))
            rights += give_right(actor=administrator, organisation=organisation, collections=collections)
    with days_ago(17, 9):
        end_right(right=rights[-1], actor=administrator)
    return len(rights)
