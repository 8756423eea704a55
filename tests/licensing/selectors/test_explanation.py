# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every refusal is explained in both languages, with what would open it."""

import pytest
from django.urls import reverse

from licensing.enums import DenyCode
from licensing.selectors.decision import OF_THE_OBJECT, Allow, Deny, Reason
from licensing.selectors.explanation import REMEDIES, explain
from tests.factories.licensing import published_version
from tests.licensing.worlds import allowed_world


def test_every_code_has_a_remedy():
    assert set(REMEDIES) == set(DenyCode)


@pytest.mark.parametrize("code", list(DenyCode))
def test_each_language_says_something_of_its_own(code):
    deny = Deny((Reason(code, 1),))
    (french,), (english,) = explain(deny, language="fr"), explain(deny, language="en")
    assert french.fails != english.fails
    assert french.remedy != english.remedy
    assert french.url == english.url
    assert bool(french.url) == (code not in OF_THE_OBJECT)


def test_a_yes_needs_no_explanation():
    assert explain(Allow(1, 1, None), language="fr") == []


@pytest.mark.django_db
def test_a_missing_signature_leads_to_the_page_that_takes_it():
    world = allowed_world()
    published_version(world.licence, grace_days=0)
    said = explain(world.decide(), language="en")
    assert said[0].fails == "The legal representative has not accepted the licence in force."
    assert said[1].remedy == "Read the licence and sign it."
    assert said[1].url == reverse("licensing:sign", args=[world.licence.pk])
