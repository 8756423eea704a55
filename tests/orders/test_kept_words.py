# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was written under one language is read in the other: on pages, in files, in mails (docs/adr/0059)."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation
from shapely.geometry import box

from dinamis.accounts.services.membership import request_membership
from dinamis.core.actors import SYSTEM
from dinamis.core.mail import send_mail
from dinamis.core.models import OutboxMessage
from licensing.sentences import BY_MERGER
from orders import notifications
from orders.enums import Leaving
from orders.models import Pool
from orders.sentences import AREA, BOUGHT_TOGETHER, INVOICE, PROPOSED_BY
from orders.services.fulfilment import pooling
from orders.services.money import ledger
from orders.session_words import grant_words
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership
from tests.factories.orders import acquisition_request, approved_acquisition, neighbour, offered, world
from tests.orders.conftest import drive

pytestmark = pytest.mark.django_db

HERE, THERE = box(3.7, 43.3, 3.9, 43.4), box(3.8, 43.3, 4.0, 43.4)
LANGUAGES = pytest.mark.parametrize("language", ["fr", "en"])


def page(client, person, name, language, *args):
    client.force_login(person)
    client.cookies["django_language"] = language
    answer = client.get(reverse(name, args=args))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "said", "not_said"),
    [
        ("en", ["Bought together: G-1", "Invoice F-1", "Avenant (proposed by Ada)"], ["Facture", "proposé par"]),
        ("fr", ["Acheté ensemble : G-1", "Facture F-1", "Avenant (proposé par Ada)"], ["together", "proposed by"]),
    ],
)
def test_entries_of_the_ledger(client, w, language, said, not_said):
    kept = [
        BOUGHT_TOGETHER.keep(pool="G-1"), INVOICE.keep(number="F-1"), PROPOSED_BY.keep(words="Avenant", name="Ada"),
        # Written before sentences were kept: it stays as it is.
        "Achat d’avant : G-0",
    ]  # fmt: skip
    for number, words in enumerate(kept):
        ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key=str(number), words=words)
    for name in ("orders:envelope", "orders:envelope_csv"):
        text = page(client, w.moderator, name, language, w.envelope.pk)
        assert [one for one in [*said, kept[-1]] if one not in text] == []
        assert [one for one in [*not_said, "&quot;say&quot;", '"say"'] if one in text] == []


@pytest.fixture
def pool():
    one = world()
    other = neighbour(one)
    for party, area in ((one, HERE), (other, THERE)):
        acquisition_request(party, areas=[area])
    drive("orders.look_around")
    return one, Pool.objects.get()


@pytest.mark.parametrize(
    ("language", "said", "not_said"),
    [
        ("en", "has lost the right to order this.", "n’a plus"),
        ("fr", "n’a plus le droit de commander cela.", "has lost the right"),
    ],
)
def test_why_a_grouping_ended(client, pool, language, said, not_said):
    w, row = pool
    members = list(row.members.select_related("line__order__organisation"))
    pooling._break_up(row, members, {members[0].pk: Leaving.RIGHT_LOST})
    text = page(client, w.moderator, "orders:pool", language, row.reference)
    assert said in text
    assert not_said not in text
    assert "&quot;say" not in text


@LANGUAGES
def test_a_line_of_an_area_in_mails_minutes_and_quotes(w, language):
    other = {"fr": "en", "en": "fr"}[language]
    with translation.override(other):
        order = approved_acquisition(w)
        quote = offered(order)
        notifications.item_failed(order.items.get(), "SAL-9")
    assert quote.lines[0]["label"] == AREA.keep(number=1)
    payload = OutboxMessage.objects.filter(payload__template="orders/mail/failed").get().payload
    send_mail({**payload, "language": language})
    said, not_said = ("Area 1", "Zone 1") if language == "en" else ("Zone 1", "Area 1")
    assert said in mail.outbox[-1].body
    assert not_said not in mail.outbox[-1].body
    facts = {"line": AREA.keep(number=1), "position": 1, "verdict": "refused", "m2": 0, "code": ""}
    with translation.override(language):
        assert grant_words(facts).startswith(f"1. {said}")
        del facts["position"]
        assert grant_words({**facts, "line": "1. Emprise 1"}).startswith("1. Emprise 1")


@LANGUAGES
def test_why_somebody_asks_to_belong(client, language):
    referent = UserFactory()
    home = OrganisationFactory()
    active_membership(referent, home, role="referent")
    request_membership(user=UserFactory(), organisation=home, motivation=BY_MERGER.keep(name="Ifremer"))
    text = page(client, referent, "accounts:organisation", language)
    said, not_said = "Comes from Ifremer by merger.", "Vient de l’organisme Ifremer par fusion."
    if language == "fr":
        said, not_said = not_said, said
    assert said in text
    assert not_said not in text
