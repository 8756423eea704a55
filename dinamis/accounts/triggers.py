# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses about référents."""

from typing import Any

import pgtrigger

from dinamis.core.triggers import HardTrigger


class LastReferent(HardTrigger):
    """The last active référent of an organisation stays, unless the office or the organisation's end says otherwise.

    The organisation's row is the lock: of two who leave at the same moment the second sees that the first has left.
    """

    name = "last_referent"
    when = pgtrigger.Before
    operation = pgtrigger.Update

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql("""
            IF OLD.role = 'referent' AND OLD.state = 'active'
               AND (NEW.state <> 'active' OR NEW.role <> 'referent')
               AND NEW.ending NOT IN ('by_office', 'organisation_ended') THEN
                PERFORM FROM accounts_organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE;
                IF NOT EXISTS (
                    SELECT FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
                    WHERE m.organisation_id = OLD.organisation_id AND m.id <> OLD.id
                      AND m.role = 'referent' AND m.state = 'active' AND u.is_active) THEN
                    RAISE EXCEPTION 'accounts.membership: the last référent of the organisation'
                        USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            RETURN NEW;
        """)


class NoPart(HardTrigger):
    """Whoever of the office acts on an organisation has no part in it (I5).

    `person` and `organisation` are columns, or SQL over NEW; `when_so` is a condition over NEW. Asked when the row is
    written first: who joins the organisation later has not decided on it.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def __init__(
        self,
        *,
        person: str,
        organisation: str = "NEW.organisation_id",
        when_so: str = "TRUE",
        name: str = "four_eyes",
    ) -> None:
        self.person = person
        self.organisation = organisation
        self.when_so = when_so
        super().__init__(name=name)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; a refusal is a check violation."""
        return self.format_sql(f"""
            IF {self.when_so} AND EXISTS (
                SELECT FROM accounts_membership m
                WHERE m.user_id = {self.person} AND m.organisation_id = {self.organisation}
                  AND m.state <> 'ended') THEN
                RAISE EXCEPTION '{model._meta.label_lower}: who decides belongs to the organisation'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)
