# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office and the organisations do to adhesions and rights: each command on the rows and on the model.

The model says beforehand whether a command is legal; the verb must agree.
"""

import copy
from contextlib import ExitStack
from datetime import date, timedelta

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.exceptions import DomainError
from dinamis.core.transitions import apply_transition
from licensing.enums import OpinionVerdict
from licensing.models import Adhesion, Block, Entitlement, Licence, Project, Revocation, Suspension
from licensing.services import adhesion as verbs
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from licensing.services.opinion import give_opinion
from licensing.services.revocation import answer_notice, confirm_revocation, drop_revocation, give_notice
from tests.factories.licensing import grant
from tests.property.reference import Right, Spell
from tests.property.start import CLASSES, DAY, LICENCES, ORGANISATIONS, PERSONS, PURPOSES, Start, end_of_day

IN_FORCE = {"approved", "suspended"}
organisation = st.sampled_from(ORGANISATIONS)
licence = st.sampled_from(LICENCES)
cause = st.sampled_from(["inquiry", "breach"])


class Commands(RuleBasedStateMachine):
    """The world of one example, and the commands of the office."""

    start: Start

    def open(self):
        """Copy the start: rows inside a savepoint, the model by hand."""
        self.stack, self.moved = ExitStack(), ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.travel(self.start.now)
        self.dora = self.start.dora
        self.rows, self.model = copy.deepcopy(self.start.rows), copy.deepcopy(self.start.model)
        self.leads = {name: self.rows["referent", name] for name in ORGANISATIONS}
        self.notices, self.causes, self.opinion = {}, {name: set() for name in ORGANISATIONS}, None

    def close(self):
        """Undo everything."""
        self.moved.close()
        transaction.set_rollback(True)
        self.stack.close()

    def travel(self, moment):
        """Make it `moment`."""
        self.moved.close()
        self.moved = ExitStack()
        self.moved.enter_context(clock.at(moment))
        self.now = moment

    def tried(self, command):
        """Run a command in its own savepoint; tell whether it was accepted."""
        try:
            with transaction.atomic():
                command()
        except DomainError:
            return False
        return True

    def check(self, legal, command, **options):
        """Run a verb; it must be accepted exactly when the rules say so. Returns whether it was."""
        done = self.tried(lambda: command(**options))
        assert done == bool(legal), (getattr(command, "__name__", command), self.model.adhesions, done)
        return done

    def adhesion(self, name):
        """The adhesion as it stands."""
        return Adhesion.objects.get(pk=self.rows["adhesion", name].pk)

    def ruling(self, row, code):
        """What every decision of the office carries."""
        return {
            "adhesion": row,
            "actor": self.dora,
            "reason": Reason(code, "pour l’essai"),
            "expected_version": row.version,
        }

    def running(self, name):
        """Whether the adhesion is in force and its period not over."""
        return self.model.adhesions[name] in IN_FORCE and self.now < self.model.terms[name].end

    def under_review(self, name):
        """Whether the office may decide: the moderator takes the file (again) first."""
        if self.model.adhesions[name] != "in_review":
            return False
        verbs.claim_adhesion(adhesion=self.adhesion(name), actor=self.dora)
        return True

    # --- the file ---

    @rule(verdict=st.sampled_from([*OpinionVerdict.values, "yes", "yes"]))
    def give_opinion(self, verdict):
        """Airbus DS speaks about the foreign organisation, once, while its file is open."""
        row = self.rows["adhesion", "abroad"].opinions.get()
        legal = self.opinion is None and self.model.adhesions["abroad"] in {"in_review", "changes_requested"}
        said = {"opinion": row, "actor": self.rows["airbus"], "verdict": verdict, "words": "essai"}
        if self.check(legal, give_opinion, **said):
            self.opinion = verdict

    @rule(name=organisation)
    def approve(self, name):
        """Admit, where the opinion needed was given and the project has not ended."""
        legal = self.under_review(name) and not (name != "institute" and self.now >= self.project_end(name))
        legal = legal and (name != "abroad" or self.opinion is not None)
        if self.check(legal, verbs.approve_adhesion, **self.ruling(self.adhesion(name), "complete")):
            self.model.adhesions[name] = "approved"
            self.admitted(name)

    @rule(name=organisation, then=st.sampled_from(["wait", "resubmit", "resubmit"]))
    def ask_changes(self, name, then):
        """Send the file back; the référent may send it again."""
        row = self.ruling(self.adhesion(name), "unclear_use")
        if self.check(self.under_review(name), verbs.request_changes, **row):
            self.model.adhesions[name] = "changes_requested"
        if then == "resubmit":
            legal = self.model.adhesions[name] == "changes_requested"
            actor = self.rows["referent", name]
            if self.check(legal, verbs.resubmit_adhesion, adhesion=self.adhesion(name), actor=actor):
                self.model.adhesions[name] = "in_review"

    @rule(name=organisation, by=st.sampled_from(["office", "organisation"]))
    def close_file(self, name, by):
        """Refuse; or the organisation withdraws."""
        if by == "office":
            legal, end = self.under_review(name), "refused"
            done = self.check(legal, verbs.refuse_adhesion, **self.ruling(self.adhesion(name), "unproved"))
        else:
            legal, end = self.model.adhesions[name] in {"in_review", "changes_requested"}, "withdrawn"
            actor = self.rows["referent", name]
            done = self.check(legal, verbs.withdraw_adhesion, adhesion=self.adhesion(name), actor=actor)
        if done:
            self.model.adhesions[name] = end

    # --- in force ---

    @rule(name=organisation, code=cause)
    def suspend(self, name, code):
        """One more cause of rest for the whole adhesion."""
        legal = self.running(name) and code not in self.causes[name]
        if self.check(legal, verbs.suspend_adhesion, **self.ruling(self.adhesion(name), code)):
            self.causes[name].add(code)
            self.model.adhesions[name] = "suspended"

    @rule(name=organisation, code=cause)
    def resume(self, name, code):
        """Lift one cause; in force again when none is left."""
        legal = self.running(name) and code in self.causes[name]
        row = self.ruling(self.adhesion(name), "settled")
        if self.check(legal, verbs.resume_adhesion, cause=code, **row):
            self.causes[name].discard(code)
            self.model.adhesions[name] = "suspended" if self.causes[name] else "approved"

    @rule(name=organisation, answers=st.booleans(), waits=st.booleans(), end=st.sampled_from(["confirm", "drop", ""]))
    def revoke_in_three_steps(self, name, answers, waits, end):
        """Notice, answer, decision; each as far as it goes, the rest another time."""
        legal = self.running(name) and name not in self.notices
        if self.check(legal, give_notice, **self.ruling(self.adhesion(name), "breach")):
            self.notices[name] = [end_of_day(clock.today() + 15 * DAY), False]
        if name not in self.notices:
            return
        notice = Revocation.objects.filter(adhesion=self.rows["adhesion", name]).latest("pk")
        if answers:
            legal = not self.notices[name][1] and self.may_file(name)
            answered = {"revocation": notice, "actor": self.lead(name), "words": "essai"}
            self.notices[name][1] |= self.check(legal, answer_notice, **answered)
        if waits:
            self.travel(self.now + 16 * DAY)
        if end:
            self.end_notice(name, notice, end)

    def end_notice(self, name, notice, end):
        """Confirm what was answered or is due, or drop it."""
        due, answered = self.notices[name]
        if end == "drop":
            self.check(True, drop_revocation, revocation=notice, actor=self.dora, words="essai")
            del self.notices[name]
            return
        row = self.ruling(self.adhesion(name), "breach")
        del row["adhesion"]
        legal = self.model.adhesions[name] in IN_FORCE and (answered or self.now >= due)
        if self.check(legal, confirm_revocation, revocation=notice, **row):
            del self.notices[name]
            self.ended(name, "revoked")

    @rule(name=organisation)
    def terminate(self, name):
        """The organisation leaves."""
        legal = self.model.adhesions[name] in IN_FORCE and self.may_file(name)
        row = {"adhesion": self.adhesion(name), "actor": self.lead(name)}
        if self.check(legal, verbs.terminate_adhesion, **row):
            self.ended(name, "terminated")

    def ended(self, name, state):
        """Every right goes with its adhesion."""
        self.model.adhesions[name] = state
        for right in self.model.rights:
            right.ended |= right.organisation == name

    def lead(self, name):
        """Whoever answers for an organisation, or did last."""
        return self.leads[name] or self.rows["referent", name]

    def may_file(self, name):
        """Whether somebody answers for it: who filed does until admitted, and as long as they stay."""
        return self.leads[name] is not None

    def project_end(self, name):
        """The end of what the adhesion was asked for."""
        return end_of_day(self.adhesion(name).answers["project_ends_on"])

    def admitted(self, name):
        """What the model knows after an approval: term, référent, project, one right per licence."""
        today = clock.today()
        leap = (today.month, today.day) == (2, 29)
        end = end_of_day(date(today.year + 3, 2, 28) if leap else today.replace(year=today.year + 3) - DAY)
        if name != "institute":
            end = min(end, self.project_end(name))
        self.model.members[f"referent of {name}", name].append(Spell(self.now))
        self.model.referents[name].append(Spell(self.now))
        self.model.terms[name] = Spell(self.now, end)
        project = None
        if name != "institute":
            project = ("of", name)
            self.model.home[project], self.model.purpose[project] = name, PURPOSES[name]
            self.model.last_instant[project] = self.project_end(name)
            self.rows[project] = Project.objects.get(organisation=self.rows[name])
        for of in LICENCES:
            why = {w for what, who, w in self.model.shut if (what, who) == (of, name)}
            against = (name, of) == ("abroad", "house") and self.opinion == "no"
            if not against and not why - {"contractors", "action"}:
                downloads = "action" not in why
                self.model.rights.append(Right(name, of, project, PURPOSES[name], Spell(self.now, end), downloads))

    # --- licences and rights ---

    @rule(
        name=organisation,
        of=licence,
        why=st.sampled_from(["classes", "purposes", "countries", "contractors", "action"]),
    )
    def admit_or_shut(self, name, of, why):
        """The office takes a class, purpose, country, contractors or downloads out of a licence, or puts it back."""
        row = Licence.objects.filter(pk=self.rows[of].pk)
        touched = {(of, other, why) for other in ORGANISATIONS if self.reaches(why, name, other)}
        self.model.shut ^= touched
        shut = {who for what, who, w in self.model.shut if (what, w) == (of, why)}
        row.update(**self.columns(why, shut))

    @staticmethod
    def reaches(why, name, other):
        """Whom a change of a licence made for `name` touches."""
        if why == "action":
            return True
        if why == "contractors":
            return other == "company"
        return name == other or (why == "countries" and "abroad" not in {name, other})

    @staticmethod
    def columns(why, shut):
        """The columns of a licence that shuts these organisations out."""
        admitted = [name for name in ORGANISATIONS if name not in shut]
        return {
            "classes": {"classes": [CLASSES[name] for name in admitted]},
            "purposes": {"purposes": [PURPOSES[name] for name in admitted]},
            "countries": {"countries_denied": sorted({"PT" if name == "abroad" else "FR" for name in shut})},
            "contractors": {"contractors": "never" if shut else "undertaking"},
            "action": {"actions": ["order_archive"] if shut else ["download", "order_archive", "request_acquisition"]},
        }[why]

    @rule(name=organisation, of=licence, code=cause)
    def rest_or_lift(self, name, of, code):
        """One cause of rest of one right begins, or is lifted."""
        row = Entitlement.objects.filter(organisation=self.rows[name], licence=self.rows[of], state="granted").first()
        if row is None:
            return
        right = next(r for r in self.model.rights if (r.organisation, r.licence, r.ended) == (name, of, False))
        resting = Suspension.objects.filter(entitlement=row, cause=code, lifted_at=None).first()
        if resting is None:
            suspend_entitlement(entitlement=row, cause=code, words="essai", actor=self.dora)
            right.rests.append(Spell(self.now))
            self.rows["rest", name, of, code] = right.rests[-1]
        else:
            lift_suspension(suspension=resting, words="essai", actor=self.dora)
            self.rows["rest", name, of, code].end = self.now

    @rule(name=organisation, of=licence, days=st.integers(1, 40))
    def shorten(self, name, of, days):
        """A right is replaced by one that ends before its adhesion does."""
        row = Entitlement.objects.filter(organisation=self.rows[name], licence=self.rows[of], state="granted").first()
        period = (self.now, self.now + days * DAY)
        if row is None or row.period.upper < period[1]:
            return
        apply_transition(row, "supersede", actor=SYSTEM)
        grant(row.adhesion, row.licence, project=row.project, actions=row.actions, period=period)
        former = next(r for r in self.model.rights if (r.organisation, r.licence, r.ended) == (name, of, False))
        former.ended = True
        self.model.rights.append(Right(name, of, former.project, former.purpose, Spell(*period), former.downloads))

    @rule(
        who=st.sampled_from([*PERSONS[:2], *ORGANISATIONS]),
        of=st.sampled_from([None, *LICENCES]),
        days=st.integers(1, 9),
        lifted=st.booleans(),
    )
    def block(self, who, of, days, lifted):
        """Somebody is kept out for some days, or let in again before."""
        if lifted and self.model.blocks:
            Block.objects.filter(lifted_at=None).update(lifted_at=self.now, lifted_by=self.dora, lifted_words="essai")
            for _who, _what, spell in self.model.blocks:
                spell.end = min(spell.end, self.now)
            return
        subject = {"person": self.rows[who]} if who in PERSONS else {"organisation": self.rows[who]}
        only = self.rows[of] if of else None
        period = (self.now, self.now + days * DAY)
        Block.objects.create(licence=only, words="essai", period=period, created_by=self.dora, **subject)
        self.model.blocks.append((who, of, Spell(*period)))

    @rule(jump=st.sampled_from([timedelta(seconds=1), DAY, 6 * DAY, 31 * DAY, 190 * DAY, 1100 * DAY]))
    def time_passes(self, jump):
        """The clock jumps."""
        self.travel(self.now + jump)
