# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is done in whatever order: what is listed, shown, decided, signed and handed over is what the model says.

Three organisations, one of each class, whose adhesions wait for the office; persons come, sign and go; référents leave;
texts change; rights rest; images are withheld; the clock jumps. After each step `decide_many()` agrees with tests/
property/reference.py for every person, image and project; lists, a STAC document, tickets and bytes do so for one
person in turn, and for everybody, with tile and API, when the example ends (the two pages, which cost most, for one).
"""

import math
import os
from datetime import timedelta

import pytest
from django.template.base import NodeList
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from dinamis.accounts.models import Membership
from dinamis.accounts.services import membership as members
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import Viewer, with_state
from dinamis.core import clock
from dinamis.core.exceptions import NotEntitled
from licensing.enums import Action
from licensing.models import Acceptance, Project
from licensing.selectors import decision
from licensing.selectors.decision import decide_many, permitted
from licensing.services.licence import withdraw_signature
from licensing.services.project import create_project
from orders.services.downloads.ticket import issue_ticket
from tests.factories.accounts import active_membership
from tests.factories.licensing import organisation_signs, person_signs, published_version
from tests.mvt import layers
from tests.property.commands import Commands, licence, organisation
from tests.property.reference import Spell, Text
from tests.property.start import DAY, GRACE, IMAGES, OPINIONS, PERSONS, end_of_day, write_start

EXAMPLES = int(os.environ.get("DINAMIS_MODEL_EXAMPLES", "20"))
PARTS = 8
STEPS = int(os.environ.get("DINAMIS_MODEL_STEPS", "6"))

person = st.sampled_from(PERSONS)
newcomer = st.sampled_from(PERSONS[:2])
image = st.sampled_from(IMAGES)
most_often = st.sampled_from([True, True, True, False])


class Entitlements(Commands):
    """Commands on people, texts and images, and the agreement of all ways to ask."""

    @initialize(admitted=st.sets(organisation, min_size=1), joined=most_often, signed=most_often)
    def begin(self, admitted, joined, signed):
        """Start from the world of the run; most often somebody is admitted, belongs and has signed already."""
        self.open()
        self.turn, self.tickets, self.agreed = 0, [], False
        for name in sorted(admitted):
            if name == "abroad":
                self.give_opinion("yes")
            self.approve(name)
        for who in PERSONS[:2]:
            if joined:
                self.ask_to_join(who, sorted(admitted)[0 if who == "p0" else -1], "activate")
        for who in PERSONS if signed else ():
            self.sign_for_oneself(who, "sign")

    def teardown(self):
        """Ask everything of everybody once, then undo everything."""
        if not hasattr(self, "stack"):
            return
        try:
            if self.agreed:
                self.everybody_asks()
        finally:
            self.close()

    # --- people ---

    @rule(who=newcomer, name=organisation, then=st.sampled_from(["activate", "activate", "decline", "wait"]))
    def ask_to_join(self, who, name, then):
        """A request, and the référent's word on it."""
        mine = Membership.objects.filter(user=self.rows[who], organisation=self.rows[name])
        row = mine.exclude(state="ended").first()
        if row is None:
            row = members.request_membership(user=self.rows[who], organisation=self.rows[name], motivation="essai")
        if row.state != "requested" or then == "wait":
            return
        legal = name in self.model.terms and self.leads[name] is not None
        referent = self.lead(name)
        if then == "decline":
            self.check(legal, members.decline_membership, membership=row, actor=referent, words="non")
        elif self.check(legal, members.activate_membership, membership=row, actor=referent):
            self.model.members[who, name].append(Spell(self.now))

    @rule(who=newcomer, name=organisation, by=st.sampled_from(["self", "referent"]))
    def end_membership(self, who, name, by):
        """Leave, or be removed."""
        row = Membership.objects.filter(user=self.rows[who], organisation=self.rows[name], state="active").first()
        if row is None:
            return
        if by == "self":
            done = self.check(who not in self.model.closed, members.leave, membership=row, actor=self.rows[who])
        else:
            legal, referent = self.leads[name] is not None, self.lead(name)
            done = self.check(legal, members.remove_member, membership=row, actor=referent, words="fin")
        if done:
            self.model.members[who, name][-1].end = self.now

    @rule(name=organisation)
    def lose_or_find_a_referent(self, name):
        """The office ends the only référent's membership; or, where none is left, a deputy takes over."""
        if name not in self.model.terms:
            return
        if self.leads[name] is None:
            self.leads[name] = self.rows["deputy", name]
            active_membership(self.leads[name], self.rows[name], role="referent")
            self.model.referents[name].append(Spell(self.now))
            return
        row = self.leads[name].memberships.get(organisation=self.rows[name], state="active")
        members.end_membership(membership=row, actor=self.dora, words="fin")
        self.model.referents[name][-1].end = self.now
        if self.leads[name] == self.rows["referent", name]:
            self.model.members[f"referent of {name}", name][-1].end = self.now
        self.leads[name] = None

    @rule(who=newcomer)
    def close_or_open_account(self, who):
        """An account is closed, or opened again."""
        row = self.rows[who]
        row.is_active = not row.is_active
        row.save(update_fields=["is_active"])
        self.model.closed ^= {who}

    # --- texts ---

    @rule(of=licence, material=st.booleans(), grace=st.sampled_from([0, 5, 30]))
    def publish(self, of, material, grace):
        """A new version."""
        row = published_version(self.rows[of], material=material, grace_days=grace)
        self.rows["version", of] = row
        self.model.texts[of].append(Text(self.now, material, grace * DAY))

    @rule(who=person, what=st.sampled_from(["sign", "sign", "take back"]))
    def sign_for_oneself(self, who, what):
        """The person's own signature on the text in force, given or taken back."""
        version, key = self.rows["version", "both"], (who, "both", len(self.model.texts["both"]) - 1)
        if what == "sign":
            person_signs(self.rows[who], version)
            self.model.signed.add(key)
        elif key in self.model.signed:
            given = Acceptance.objects.get(licence_version=version, person=self.rows[who], withdrawal=None)
            withdraw_signature(acceptance=given, person=self.rows[who])
            self.model.signed.discard(key)

    @rule(name=organisation, of=licence)
    def sign_for_the_organisation(self, name, of):
        """The legal representative's."""
        key = (name, of, len(self.model.texts[of]) - 1)
        if key not in self.model.signed:
            organisation_signs(self.rows[name], self.rows["version", of])
            self.model.signed.add(key)

    # --- projects and images ---

    @rule(who=newcomer, days=st.sampled_from([None, 20]))
    def french_project(self, who, days):
        """A member of the institute describes a project."""
        key = ("french", len([k for k in self.model.home if k[0] == "french"]))
        if key[1] == 2:
            return
        ends = clock.today() + days * DAY if days else None
        about = {"owner": self.rows[who], "organisation": self.rows["institute"], "title": f"Projet {key[1]}"}
        belongs = any(spell.end is None for spell in self.model.members[who, "institute"])
        if self.check(belongs, create_project, ends_on=ends, **about):
            self.rows[key] = Project.objects.get(organisation=self.rows["institute"], title=about["title"])
            self.model.home[key], self.model.purpose[key] = "institute", "public_service"
            self.model.last_instant[key] = end_of_day(ends) if ends else None

    @rule(who=newcomer)
    def name_a_team(self, who):
        """From now on only these work on the French projects; whoever described one always does."""
        for key in [key for key in self.model.home if key[0] == "french"]:
            owner = next(name for name in PERSONS if self.rows[name].pk == self.rows[key].owner_id)
            self.rows[key].members.add(self.rows[who])
            self.model.team[key] |= {who, owner}

    @rule(name=image, days=st.integers(1, 20), what=st.sampled_from(["embargo", "hold_back", "withdraw", "free"]))
    def withhold(self, name, days, what):
        """An image is withheld, taken out of the catalogue, or free again."""
        row, known, until = self.rows[name], self.model.images[name], self.now + days * DAY
        if what == "embargo":
            row.embargo_until = known.embargo = until
        elif what == "hold_back":
            row.hold_back_until = known.held_back = until
            row.hold_back_organisation, known.held_back_for = self.rows["institute"], "institute"
        else:
            row.withdrawn_at, known.withdrawn = (self.now, True) if what == "withdraw" else (None, False)
        row.save()

    # --- agreement ---

    @invariant()
    def every_way_to_ask_agrees(self):
        """Decisions agree for everybody; lists, pages, tickets and bytes for one at a time, in turn."""
        if not hasattr(self, "model"):
            return
        self.agreed = False
        self.turn += 1
        items = self.items()
        for who in PERSONS:
            for project in [None, *self.model.home]:
                self.decisions(who, project, items)
        who, projects = PERSONS[self.turn % len(PERSONS)], [None, *self.model.home]
        self.lists(who, projects[self.turn % len(projects)], items)
        self.signing(who, IMAGES[self.turn % len(IMAGES)], projects[self.turn % len(projects)])
        self.document(who, IMAGES[self.turn // len(PERSONS) % len(IMAGES)])
        for ticket in self.tickets[-2:]:
            self.gateway(*ticket)
        self.agreed = True

    def everybody_asks(self):
        """Every way to ask, for every person; the pages for one."""
        items = self.items()
        projects = [None, *self.model.home]
        self.pages(PERSONS[len(self.tickets) % len(PERSONS)], items)
        for number, who in enumerate(PERSONS):
            self.programs(who, items)
            self.lists(who, projects[(self.turn + number) % len(projects)], items)
            self.signing(who, IMAGES[(self.turn + number) % len(IMAGES)], None)
            self.document(who, IMAGES[(self.turn + number) % len(IMAGES)])
        for ticket in self.tickets[-6:]:
            self.gateway(*ticket)

    def items(self):
        """The images as they stand, by their names."""
        rows = Item.objects.filter(pk__in=[self.rows[name].pk for name in IMAGES])
        found = {item.pk: item for item in rows.select_related("collection__licence")}
        return {name: found[self.rows[name].pk] for name in IMAGES}

    def wanted(self, who, project):
        """The ids of the images the model allows."""
        return {self.rows[name].pk for name in IMAGES if self.model.allows(who, name, project, self.now)}

    def id_of(self, project):
        """The id of a project named, or None."""
        return self.rows[project].pk if project else None

    def decisions(self, who, project, items):
        """The answer of `decide()`, for all images at once."""
        facts = [item.facts for item in items.values()]
        answers = decide_many(self.rows[who], Action.DOWNLOAD, facts, project=self.id_of(project), at=self.now)
        allowed = {item.pk for item, answer in zip(items.values(), answers, strict=True) if answer}
        wanted = self.wanted(who, project)
        assert allowed == wanted, (who, project, [str(answer) for answer in answers])
        self.start.allowed += len(allowed)
        self.start.denied += len(items) - len(allowed)

    def lists(self, who, project, items):
        """The set form, and the badge of each image in lists and STAC."""
        right = permitted(self.rows[who], Action.DOWNLOAD, project=self.id_of(project), at=self.now)
        wanted, keys = self.wanted(who, project), [item.pk for item in items.values()]
        listed = Item.objects.allowed(right).filter(pk__in=keys)
        assert set(listed.values_list("pk", flat=True)) == wanted, (who, project)
        badges = with_state(Item.objects.filter(pk__in=keys), Viewer(right))
        assert {item.pk for item in badges if item.state == "held"} == wanted, (who, project)

    def signing(self, who, name, project):
        """A ticket is signed exactly for what is allowed: `decide()` is asked about this one image."""
        asset = self.rows["file", name]
        asset.item = Item.objects.select_related("collection").get(pk=asset.item_id)
        allowed, pk = self.model.allows(who, name, project, self.now), self.id_of(project)
        try:
            _ticket, token, _paths = issue_ticket(person=self.rows[who], assets=[asset], project=pk, at=self.now)
        except NotEntitled:
            assert not allowed, (who, name, project)
        else:
            assert allowed, (who, name, project)
            self.tickets.append((who, name, project, token, asset.file_name, self.now))

    def gateway(self, who, name, project, token, file_name, issued):
        """The bytes behind a link: handed over while allowed and fresh, never otherwise."""
        answer = Client().get(f"/d/{token}/{file_name}")
        fresh = self.now < issued + timedelta(hours=8)
        expected = (200 if self.model.allows(who, name, project, self.now) else 403) if fresh else 410
        assert answer.status_code == expected, (who, name, project)
        assert ("X-Accel-Redirect" in answer) == (expected == 200)

    def document(self, who, name):
        """The STAC document of an image, as the person's browser gets it: its badge, and no word of a withdrawn one."""
        answer = self.start.browsers[who].get(f"/catalogue/items/{self.rows[name].pk}.json")
        assert (answer.status_code == 404) == self.model.images[name].withdrawn, (who, name)
        badge = answer.json()["properties"].get("dinamis:state") if answer.status_code == 200 else None
        assert (badge == "held") == self.model.allows(who, name, None, self.now), (who, name, badge)

    def programs(self, who, items):
        """The map's tile and the API list, as the person's browser gets them."""
        browser, names, wanted = self.start.browsers[who], {item.pk for item in items.values()}, self.wanted(who, None)
        tile = {one["id"]: one["state"] for one in layers(browser.get(TILE).content).get("items", [])}
        assert {pk for pk, state in tile.items() if state == "held"} & names == wanted, who
        answer = browser.get("/api/v1/items")
        assert (answer.status_code == 401) == (who in self.model.closed), who
        found = answer.json().get("results", [])
        assert {one["id"] for one in found if one["downloadable"]} & names == wanted, who
        assert all(one["downloadable"] == (not one["missing"]) for one in found if one["id"] in names), who

    def pages(self, who, items):
        """The page of the catalogue and that of one image."""
        browser, names, wanted = self.start.browsers[who], {item.pk for item in items.values()}, self.wanted(who, None)
        rows = browser.get("/catalogue/").context["rows"]
        assert {row["item"].pk for row in rows if row["item"].state == "held"} & names == wanted, who
        shown = list(items.values())[self.turn % len(items)]
        page = browser.get(f"/catalogue/items/{shown.pk}/")
        assert (page.context["may_download"] if page.status_code == 200 else False) == (shown.pk in wanted), who


def _tile(zoom=6, lon=3.9, lat=43.6):
    n = 2**zoom
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return f"/tiles/items/{zoom}/{int((lon + 180) / 360 * n)}/{y}.mvt"


TILE = _tile()
PROFILE = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@pytest.fixture
def start(db, caplog, settings, monkeypatch):
    """The world of the run."""
    caplog.set_level("CRITICAL", logger="django.request")
    # What a page is given is compared; writing it out would cost a third of the run.
    monkeypatch.setattr(NodeList, "render", lambda nodes, context: "")
    settings.DINAMIS = {**settings.DINAMIS, "OPINIONS": OPINIONS, "NO_REFERENT_GRACE_DAYS": GRACE.days}
    Entitlements.start = write_start()
    return Entitlements.start


def run(examples, steps, start, **profile):
    """Run so many examples; both answers must have been common, or the run proved little."""
    run_state_machine_as_test(
        Entitlements, settings=settings(max_examples=examples, stateful_step_count=steps, **PROFILE, **profile)
    )
    assert min(start.allowed, start.denied) > examples * 5, (start.allowed, start.denied)


@pytest.mark.timeout(1200)
def test_all_ways_to_ask_agree_after_any_sequence_of_commands(start):
    run(EXAMPLES, STEPS, start, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_all_ways_to_ask_agree_after_a_thousand_sequences(start, part):
    """In parts, so that each processor has its share."""
    run(max(EXAMPLES, 1000 // PARTS), 15, start)


# What a condition of `decide()` is about, brought onto a right that is open otherwise.
CLOSED_BY = {
    "not_suspended": lambda s: s.rest_or_lift("institute", "both", "inquiry"),
    "not_blocked": lambda s: s.block("p0", None, 5, False),
    "referent_in_time": lambda s: (s.lose_or_find_a_referent("institute"), s.time_passes(GRACE + DAY)),
    "adhesion_not_suspended": lambda s: s.suspend("institute", "breach"),
    "membership_active": lambda s: s.end_membership("p0", "institute", "self"),
    "person_active": lambda s: s.close_or_open_account("p0"),
    "class_admitted": lambda s: s.admit_or_shut("institute", "both", "classes"),
    "purpose_admitted": lambda s: s.admit_or_shut("institute", "both", "purposes"),
    "country_admitted": lambda s: s.admit_or_shut("institute", "both", "countries"),
    "action_granted": lambda s: s.admit_or_shut("institute", "both", "action"),
    "project_not_ended": lambda s: (s.french_project("p0", 20), s.time_passes(31 * DAY)),
    "entitlement_not_expired": lambda s: (s.shorten("institute", "both", 5), s.time_passes(6 * DAY)),
    "organisation_accepted": lambda s: (
        s.publish("both", True, 0),
        s.sign_for_oneself("p0", "sign"),
    ),
    "in_project": lambda s: (
        s.french_project("p0", None),
        s.name_a_team("p0"),
        s.ask_to_join("p1", "institute", "activate"),
    ),
}


@pytest.mark.parametrize("condition", CLOSED_BY)
def test_a_condition_that_is_taken_out_of_the_decision_is_missed(start, monkeypatch, condition):
    """The model finds what a forgotten condition lets through, and nothing to say where none is forgotten."""
    for forgotten in (False, True):
        if forgotten:
            left = tuple(one for one in decision.CONDITIONS if one[0] != condition)
            monkeypatch.setattr(decision, "CONDITIONS", left)
        machine = Entitlements()
        machine.begin({"institute"}, joined=True, signed=True)
        try:
            CLOSED_BY[condition](machine)
            if forgotten:
                with pytest.raises(AssertionError):
                    machine.every_way_to_ask_agrees()
            else:
                machine.every_way_to_ask_agrees()
        finally:
            machine.agreed = False
            machine.teardown()
