# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is done in whatever order: what is listed, shown, decided, signed and handed over is what the model says.

Three organisations, one of each class, whose adhesions wait for the office; persons come, sign and go; texts change;
rights rest; images are withheld; the clock jumps. After each step every way to ask agrees with tests/property/
reference.py for every person, image and project.
"""

import copy
import math
import os
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dinamis.accounts.models import Membership
from dinamis.accounts.services import membership as members
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import viewer_of, with_state
from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.core.exceptions import DomainError, NotEntitled
from licensing.enums import Acceptors, Action, Purpose
from licensing.models import Adhesion, Block, Entitlement, Licence, Project, Suspension
from licensing.selectors.decision import decide, decide_many, permitted
from licensing.services import adhesion as verbs
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from licensing.services.load_licences import load_licences
from licensing.services.project import create_project
from orders.services.ticket import issue_ticket
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import LicenceFactory, organisation_signs, person_signs, published_version
from tests.mvt import layers
from tests.property import reference
from tests.property.reference import Image, Right, Spell, Text

EXAMPLES = int(os.environ.get("DINAMIS_MODEL_EXAMPLES", "50"))
STEPS = int(os.environ.get("DINAMIS_MODEL_STEPS", "8"))
DAY = timedelta(days=1)
WHY = Reason("inquiry", "pour l’essai")
ORGANISATIONS = ("institute", "abroad", "company")
PERSONS = ("p0", "p1", "referent of institute")
LICENCES = ("both", "house")
IMAGES = ("open", "fresh", "reserved")
PURPOSES = {"institute": "public_service", "abroad": "scientific_cooperation", "company": "public_order"}
CLASSES = {"institute": "french_institutional", "abroad": "foreign_scientific", "company": "private"}
ANSWERS = {
    "institute": {},
    "abroad": {
        "cooperation": "Thèse.",
        "partner": "Institut",
        "nationality_condition": "yes",
        "nationality_source": "x",
    },
    "company": {"project_purpose": Purpose.PUBLIC_ORDER.value, "contract": "2026-AO-1", "partner": "Agence"},
}
PROJECT_DAYS = 200

person = st.sampled_from(PERSONS)
newcomer = st.sampled_from(PERSONS[:2])
organisation = st.sampled_from(ORGANISATIONS)
licence = st.sampled_from(LICENCES)
image = st.sampled_from(IMAGES)


BASE = {}


def write_base():
    """Texts, images, three signed adhesions in review, two persons; each example starts from a copy."""
    rows, now, dora = {}, clock.now(), ModeratorFactory()
    known = reference.World(
        signers={"both": {"person", "organisation"}, "house": {"organisation"}},
        embargo={"both": timedelta(0), "house": 10 * DAY},
        adhesions=dict.fromkeys(ORGANISATIONS, "in_review"),
    )
    with clock.at(now):
        load_licences()
        Licence.objects.filter(kind="product").update(classes=[])
        rows["both"] = LicenceFactory(acceptors=Acceptors.BOTH)
        rows["house"] = LicenceFactory(acceptors=Acceptors.ORGANISATION, embargo_days=10)
        for of in LICENCES:
            rows["version", of] = published_version(rows[of])
            known.texts[of].append(Text(now, True, 30 * DAY))
        for name, of in zip(IMAGES, ("both", "house", "both"), strict=True):
            rows[name] = ItemFactory(collection=CollectionFactory(licence=rows[of]), datetime=now - 8 * DAY)
            rows["file", name] = AssetFactory(item=rows[name])
            known.images[name] = Image(of, now - 8 * DAY)
        for number, name in enumerate(ORGANISATIONS):
            adhesion = signed(number, name)
            rows["adhesion", name], rows[name] = adhesion, adhesion.organisation
            rows["referent", name] = adhesion.referent
            known.signed |= {(name, of, 0) for of in LICENCES}
            verbs.claim_adhesion(adhesion=adhesion, actor=dora)
        rows |= {name: UserFactory(name=f"Person {name}") for name in PERSONS[:2]}
        rows["referent of institute"] = rows["referent", "institute"]
    BASE.update(rows=rows, now=now, dora=dora, model=known, allowed=0, denied=0)


def signed(number, name):
    """An adhesion on the desk; but for the institute its project ends."""
    ends = (clock.today() + PROJECT_DAYS * DAY).isoformat()
    answers = {"project_title": f"Projet {name}", "project_ends_on": ends, **ANSWERS[name]}
    return signed_adhesion(
        UserFactory(),
        f"Organisation {name}",
        300 + number,
        CLASSES[name],
        country="PT" if name == "abroad" else "FR",
        **({} if name == "institute" else answers),
    )


class Entitlements(RuleBasedStateMachine):
    """Commands on rows and on the model alike."""

    @initialize(admitted=st.sets(organisation, min_size=1), joined=st.booleans(), signed=st.booleans())
    def begin(self, admitted, joined, signed):
        """Start from the world of the run; most often somebody is admitted, belongs and has signed already."""
        self.stack, self.moved, self.turn, self.tickets = ExitStack(), ExitStack(), 0, []
        self.stack.enter_context(transaction.atomic())
        self.now, self.dora = BASE["now"], BASE["dora"]
        self._at(self.now)
        self.rows = {key: type(row)._base_manager.get(pk=row.pk) for key, row in BASE["rows"].items()}
        self.model = copy.deepcopy(BASE["model"])
        for name in sorted(admitted):
            self.move_adhesion(name, "approve")
        for who in PERSONS[:2]:
            if joined:
                self.ask_to_join(who, sorted(admitted)[0 if who == "p0" else -1], "activate")
            if signed:
                self.sign_for_oneself(who)

    def teardown(self):
        """Undo everything."""
        if hasattr(self, "stack"):
            self.moved.close()
            transaction.set_rollback(True)
            self.stack.close()

    def _at(self, moment):
        self.moved.close()
        self.moved = ExitStack()
        self.moved.enter_context(clock.at(moment))
        self.now = moment

    def _tried(self, command):
        """Run a command in its own savepoint; tells whether it was accepted."""
        try:
            with transaction.atomic():
                command()
        except DomainError:
            return False
        return True

    # --- adhesions ---

    @rule(name=organisation, verb=st.sampled_from(["approve", "approve", "suspend", "resume", "revoke", "terminate"]))
    def move_adhesion(self, name, verb):
        """The office decides; the organisation leaves."""
        row = Adhesion.objects.get(pk=self.rows["adhesion", name].pk)
        if verb == "approve":
            self._tried(lambda: verbs.claim_adhesion(adhesion=row, actor=self.dora))
            row.refresh_from_db()
        command = {"actor": self.dora, "reason": WHY, "expected_version": row.version}
        if verb == "terminate":
            command = {"actor": row.referent}
        done = self._tried(lambda: getattr(verbs, f"{verb}_adhesion")(adhesion=row, **command))
        before = self.model.adhesions[name]
        project_over = name != "institute" and self.now >= self._project_end(name)
        legal = {
            "approve": before == "in_review" and not project_over,
            "suspend": before == "approved",
            "resume": before == "suspended",
            "revoke": before == "suspended",
            "terminate": before in {"approved", "suspended"},
        }[verb]
        assert done == legal, (verb, before)
        if done:
            self.model.adhesions[name] = {"approve": "approved", "resume": "approved"}.get(
                verb, {"suspend": "suspended", "revoke": "revoked", "terminate": "terminated"}.get(verb)
            )
            self._after(name, verb)

    def _project_end(self, name):
        return self.model.last_instant.get(("of", name)) or self._paris_end(
            Adhesion.objects.get(pk=self.rows["adhesion", name].pk).answers["project_ends_on"]
        )

    @staticmethod
    def _paris_end(day):
        day = date.fromisoformat(str(day))
        return datetime.combine(day + DAY, time.min, tzinfo=clock.PARIS)

    def _after(self, name, verb):
        if verb == "approve":
            self._issued(name)
        if verb in {"revoke", "terminate"}:
            for right in self.model.rights:
                right.ended |= right.organisation == name

    def _issued(self, name):
        begin = self.now
        try:
            end = begin.replace(year=begin.year + 3)
        except ValueError:
            end = begin.replace(year=begin.year + 3, day=28)
        project, until = None, end
        if name != "institute":
            project, until = ("of", name), min(end, self._project_end(name))
            self.model.home[project], self.model.purpose[project] = name, PURPOSES[name]
            self.model.last_instant[project] = self._project_end(name)
            self.rows[project] = Project.objects.get(organisation=self.rows[name])
        self.model.terms[name] = Spell(begin, end)
        for of in LICENCES:
            self.model.rights.append(Right(name, of, project, PURPOSES[name], Spell(begin, until)))
        referent = f"referent of {name}"
        if referent in PERSONS:
            self.model.members[referent, name].append(Spell(begin))

    # --- people ---

    @rule(who=newcomer, name=organisation, then=st.sampled_from(["activate", "activate", "decline", "wait"]))
    def ask_to_join(self, who, name, then):
        """A request, and the référent's word on it."""
        row = (
            Membership.objects.filter(user=self.rows[who], organisation=self.rows[name]).exclude(state="ended").first()
        )
        if row is None:
            row = members.request_membership(user=self.rows[who], organisation=self.rows[name], motivation="essai")
        if row.state != "requested" or then == "wait":
            return
        referent = self.rows["referent", name]
        if then == "decline":
            self._tried(lambda: members.decline_membership(membership=row, actor=referent, words="non"))
        elif self._tried(lambda: members.activate_membership(membership=row, actor=referent)):
            assert name in self.model.terms
            self.model.members[who, name].append(Spell(self.now))

    @rule(who=newcomer, name=organisation, by=st.sampled_from(["self", "referent"]))
    def end_membership(self, who, name, by):
        """Leave, or be removed."""
        row = Membership.objects.filter(user=self.rows[who], organisation=self.rows[name], state="active").first()
        if row is None:
            return
        if by == "self":
            members.leave(membership=row, actor=self.rows[who])
        else:
            members.remove_member(membership=row, actor=self.rows["referent", name], words="fin")
        self.model.members[who, name][-1].end = self.now

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

    @rule(who=person)
    def sign_for_oneself(self, who):
        """The person's own signature on the text in force."""
        person_signs(self.rows[who], self.rows["version", "both"])
        self.model.signed.add((who, "both", len(self.model.texts["both"]) - 1))

    @rule(name=organisation, of=licence)
    def sign_for_the_organisation(self, name, of):
        """The legal representative's."""
        organisation_signs(self.rows[name], self.rows["version", of])
        self.model.signed.add((name, of, len(self.model.texts[of]) - 1))

    # --- rights ---

    @rule(name=organisation, of=licence, cause=st.sampled_from(["inquiry", "breach"]))
    def rest_or_lift(self, name, of, cause):
        """One cause of rest begins, or is lifted."""
        row = Entitlement.objects.filter(organisation=self.rows[name], licence=self.rows[of], state="granted").first()
        if row is None:
            return
        right = next(r for r in self.model.rights if (r.organisation, r.licence, r.ended) == (name, of, False))
        running = Suspension.objects.filter(entitlement=row, cause=cause, lifted_at=None).first()
        if running is None:
            suspend_entitlement(entitlement=row, cause=cause, words="essai", actor=self.dora)
            right.rests.append(Spell(self.now))
            self.rows["rest", name, of, cause] = right.rests[-1]
        else:
            lift_suspension(suspension=running, words="essai", actor=self.dora)
            self.rows["rest", name, of, cause].end = self.now

    @rule(
        who=st.sampled_from([*PERSONS[:2], *ORGANISATIONS]),
        of=st.sampled_from([None, *LICENCES]),
        days=st.integers(1, 9),
    )
    def block(self, who, of, days):
        """Somebody is kept out for some days."""
        subject = {"person": self.rows[who]} if who in PERSONS else {"organisation": self.rows[who]}
        only = self.rows[of] if of else None
        period = (self.now, self.now + days * DAY)
        Block.objects.create(licence=only, words="essai", period=period, created_by=self.dora, **subject)
        self.model.blocks.append((who, of, Spell(*period)))

    @rule(who=newcomer, days=st.sampled_from([None, 20]))
    def french_project(self, who, days):
        """A member of the institute describes a project."""
        key = ("french", len([k for k in self.model.home if k[0] == "french"]))
        ends = clock.today() + days * DAY if days else None
        title = f"Projet {key[1]}"
        if key[1] < 2 and self._tried(
            lambda: create_project(owner=self.rows[who], organisation=self.rows["institute"], title=title, ends_on=ends)
        ):
            self.rows[key] = Project.objects.get(organisation=self.rows["institute"], title=title)
            self.model.home[key], self.model.purpose[key] = "institute", "public_service"
            self.model.last_instant[key] = self._paris_end(ends) if ends else None

    # --- images ---

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

    @rule(jump=st.sampled_from([timedelta(seconds=1), DAY, 6 * DAY, 31 * DAY, 190 * DAY, 1100 * DAY]))
    def time_passes(self, jump):
        """The clock jumps."""
        self._at(self.now + jump)

    # --- agreement ---

    @invariant()
    def every_way_to_ask_agrees(self):
        """Lists, decisions and tile states agree for everybody; pages, tickets and bytes for one at a time, in turn."""
        if not hasattr(self, "model"):
            return
        self.turn += 1
        items = list(
            Item.objects.filter(pk__in=[self.rows[n].pk for n in IMAGES]).select_related("collection__licence")
        )
        names = {self.rows[name].pk: name for name in IMAGES}
        projects = [None, *self.model.home]
        for who in PERSONS:
            user = self.rows[who]
            for project in projects:
                pk = self.rows[project].pk if project else None
                wanted = {i.pk for i in items if self.model.allows(who, names[i.pk], project, self.now)}
                answers = decide_many(user, Action.DOWNLOAD, [i.facts for i in items], project=pk, at=self.now)
                decided = {i.pk for i, answer in zip(items, answers, strict=True) if answer}
                assert decided == wanted, (who, project, [str(a) for a in answers])
                listed = Item.objects.allowed(permitted(user, Action.DOWNLOAD, project=pk, at=self.now))
                assert set(listed.filter(pk__in=names).values_list("pk", flat=True)) == wanted, (who, project)
                coloured = with_state(Item.objects.filter(pk__in=names), viewer_of(user, project=pk))
                assert {i.pk for i in coloured if i.state == "held"} == wanted, (who, project)
                BASE["allowed"] += len(wanted)
                BASE["denied"] += len(items) - len(wanted)
        if self.turn % 3 == 0:
            self._pages(PERSONS[self.turn // 3 % len(PERSONS)], items, names)
        self._bytes(PERSONS[self.turn % len(PERSONS)], IMAGES[self.turn % len(IMAGES)], projects)

    def _pages(self, who, items, names):
        wanted = {i.pk for i in items if self.model.allows(who, names[i.pk], None, self.now)}
        client = Client()
        if who not in self.model.closed:
            client.force_login(self.rows[who])
        rows = client.get("/catalogue/").context["rows"]
        assert {row["item"].pk for row in rows if row["item"].state == "held"} & set(names) == wanted
        tile = {one["id"]: one["state"] for one in layers(client.get(TILE).content).get("items", [])}
        assert {pk for pk, state in tile.items() if state == "held"} & set(names) == wanted
        shown = items[self.turn % len(items)]
        page = client.get(f"/catalogue/items/{shown.pk}/")
        assert (page.context["may_download"] if page.status_code == 200 else False) == (shown.pk in wanted)

    def _bytes(self, who, name, projects):
        project = projects[self.turn % len(projects)]
        pk = self.rows[project].pk if project else None
        row = self.rows["file", name]
        row.item = Item.objects.select_related("collection").get(pk=row.item_id)
        allowed = self.model.allows(who, name, project, self.now)
        assert bool(decide(self.rows[who], Action.DOWNLOAD, row.item.facts, project=pk, at=self.now)) == allowed
        try:
            _t, token, _p = issue_ticket(person=self.rows[who], assets=[row], project=pk, at=self.now)
        except NotEntitled:
            assert not allowed
        else:
            assert allowed
            self.tickets = [*self.tickets[-3:], (who, name, project, token, row.file_name, self.now)]
        for holder, of, named, token, file_name, issued in self.tickets:
            answer = Client().get(f"/d/{token}/{file_name}")
            fresh = self.now < issued + timedelta(hours=8)
            expected = (200 if self.model.allows(holder, of, named, self.now) else 403) if fresh else 410
            assert answer.status_code == expected, (holder, of, named)
            assert ("X-Accel-Redirect" in answer) == (expected == 200)


def _tile(zoom=6, lon=3.9, lat=43.6):
    n = 2**zoom
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return f"/tiles/items/{zoom}/{int((lon + 180) / 360 * n)}/{y}.mvt"


TILE = _tile()
PROFILE = {
    "stateful_step_count": STEPS,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


@pytest.fixture(autouse=True)
def _base(db, caplog):
    """The world of the run; afterwards, both answers must have been common, or the run proved little."""
    caplog.set_level("CRITICAL", logger="django.request")
    write_base()
    yield
    assert min(BASE["allowed"], BASE["denied"]) > EXAMPLES * 5, (BASE["allowed"], BASE["denied"])


@pytest.mark.timeout(1200)
def test_all_ways_to_ask_agree_after_any_sequence_of_commands():
    run_state_machine_as_test(Entitlements, settings=settings(max_examples=EXAMPLES, derandomize=True, **PROFILE))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_all_ways_to_ask_agree_after_a_thousand_sequences():
    long = {**PROFILE, "stateful_step_count": 30}
    run_state_machine_as_test(Entitlements, settings=settings(max_examples=max(EXAMPLES, 1000), **long))
