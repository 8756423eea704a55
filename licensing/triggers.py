# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses about decisions: nobody judges their own organisation (I5)."""

from typing import Any

import pgtrigger

from dinamis.core.triggers import HardTrigger


class FourEyes(HardTrigger):
    """Refuses a person who belongs to the organisation concerned, has asked to, or filed its adhesion.

    `people` are the columns that name who decides; `adhesion` is an SQL expression over NEW that gives the adhesion. A
    column is looked at when it is written: who joins the organisation later has not decided on it.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update

    def __init__(self, *, people: tuple[str, ...], adhesion: str = "NEW.adhesion_id", name: str = "four_eyes") -> None:
        self.people = people
        self.adhesion = adhesion
        super().__init__(name=name)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; refusals are check violations."""
        checks = "\n".join(self._check(model, column) for column in self.people)
        return self.format_sql(f"{checks}\nRETURN NEW;")

    def _check(self, model: Any, column: str) -> str:
        return f"""
            IF NEW.{column} IS NOT NULL AND OLD.{column} IS DISTINCT FROM NEW.{column} AND EXISTS (
                SELECT FROM licensing_adhesion a WHERE a.id = {self.adhesion} AND (
                    a.referent_id = NEW.{column} OR EXISTS (
                        SELECT FROM accounts_membership m WHERE m.user_id = NEW.{column}
                           AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN
                RAISE EXCEPTION '{model._meta.label_lower}: {column} belongs to the organisation'
                    USING ERRCODE = 'check_violation';
            END IF;"""  # noqa: S608  (names of our own columns)


class DecidedByAnother(HardTrigger):
    """A change of the legal representative is decided by a decision on its adhesion, of its kind, by somebody else."""

    name = "decided_by_another"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; that the decider has no part in the organisation is the decision's own rule."""
        return self.format_sql("""
            IF NEW.decision_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM licensing_decision d
                WHERE d.id = NEW.decision_id AND d.adhesion_id = NEW.adhesion_id
                  AND d.decided_by_id <> NEW.declared_by_id
                  AND d.verdict = CASE WHEN NEW.state = 'refused' THEN 'keep_representative'
                                       ELSE 'new_representative' END) THEN
                RAISE EXCEPTION 'licensing.representativechange: not decided by somebody else for this change'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class NoCauseLeft(HardTrigger):
    """An adhesion leaves its suspension only when every cause was lifted."""

    name = "no_cause_left"
    when = pgtrigger.Before
    operation = pgtrigger.Update

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body."""
        return self.format_sql("""
            IF OLD.state = 'suspended' AND NEW.state = 'approved' AND EXISTS (
                SELECT FROM licensing_adhesionsuspension s WHERE s.adhesion_id = NEW.id AND s.lifted_at IS NULL) THEN
                RAISE EXCEPTION 'licensing.adhesion: a cause of the suspension is still open'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class TimeToAnswer(HardTrigger):
    """A notice that was not answered becomes a revocation only after its time has passed."""

    name = "time_to_answer"
    when = pgtrigger.Before
    operation = pgtrigger.Update

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; the clock is the one of the whole site."""
        return self.format_sql("""
            IF OLD.state = 'noticed' AND NEW.state = 'revoked' AND dinamis_now() < OLD.due_at THEN
                RAISE EXCEPTION 'licensing.revocation: the organisation may still answer'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class BasisGiven(HardTrigger):
    """A right is issued with what it rests on: its own adhesion and decision, and the form, by fingerprint."""

    name = "basis_given"
    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; the comparisons are false where the basis lacks the key."""
        return self.format_sql("""
            IF NOT coalesce(NEW.basis #>> '{adhesion,id}' = NEW.adhesion_id::text
                            AND NEW.basis #>> '{decision,id}' = NEW.decision_id::text
                            AND length(NEW.basis #>> '{form,sha256}') = 64, FALSE) THEN
                RAISE EXCEPTION 'licensing.entitlement: the basis does not name what the right rests on'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class BlockFourEyes(HardTrigger):
    """Nobody blocks, or lifts a block on, themselves, their organisation, a member of it, or a document of it."""

    name = "four_eyes"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a column is looked at when it is written."""
        checks = "\n".join(self._check(column) for column in ("created_by_id", "lifted_by_id"))
        return self.format_sql(f"{checks}\nRETURN NEW;")

    @staticmethod
    def _check(column: str) -> str:
        return f"""
            IF NEW.{column} IS NOT NULL AND OLD.{column} IS DISTINCT FROM NEW.{column} AND (
                NEW.person_id = NEW.{column}
                OR EXISTS (
                    SELECT FROM accounts_membership m WHERE m.user_id = NEW.{column} AND m.state <> 'ended' AND (
                        m.organisation_id = NEW.organisation_id
                        OR EXISTS (SELECT FROM accounts_membership o WHERE o.user_id = NEW.person_id
                                   AND o.organisation_id = m.organisation_id AND o.state <> 'ended')))
                OR EXISTS (
                    SELECT FROM licensing_adhesion a WHERE (
                        a.organisation_id = NEW.organisation_id
                        OR NEW.document_sha256 <> '' AND EXISTS (
                            SELECT FROM licensing_evidencefile f
                            WHERE f.adhesion_id = a.id AND f.sha256 = NEW.document_sha256))
                    AND (a.referent_id = NEW.{column} OR EXISTS (
                        SELECT FROM accounts_membership m WHERE m.user_id = NEW.{column}
                           AND m.organisation_id = a.organisation_id AND m.state <> 'ended')))) THEN
                RAISE EXCEPTION 'licensing.block: {column} has a part in what is blocked'
                    USING ERRCODE = 'check_violation';
            END IF;"""  # noqa: S608  (names of our own columns)
