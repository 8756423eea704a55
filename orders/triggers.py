# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database itself refuses about orders."""

from typing import Any

import pgtrigger

from dinamis.core.triggers import HardTrigger


class WhileNotOver(HardTrigger):
    """Rows of a session are written and taken away until it is over, and never after."""

    name = "while_not_over"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; refusals are check violations."""
        return self.format_sql(f"""
            IF EXISTS (SELECT FROM orders_committeesession s WHERE s.state IN ('closed', 'called_off') AND s.id =
                       CASE TG_OP WHEN 'DELETE' THEN OLD.session_id ELSE NEW.session_id END) THEN
                RAISE EXCEPTION '{model._meta.label_lower}: the session is over' USING ERRCODE = 'check_violation';
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;""")


class NoInterest(HardTrigger):
    """Refuses as decider the requester, a person of the organisation that asks, and who has stepped back.

    `people` are the columns that name who acts; one is looked at when it is written.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update

    def __init__(self, *, people: tuple[str, ...], name: str = "no_interest") -> None:
        self.people = people
        super().__init__(name=name)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; refusals are check violations."""
        checks = "\n".join(self._check(model, column) for column in self.people)
        return self.format_sql(f"{checks}\nRETURN NEW;")

    def _check(self, model: Any, column: str) -> str:
        return f"""
            IF NEW.{column} IS NOT NULL AND OLD.{column} IS DISTINCT FROM NEW.{column} AND EXISTS (
                SELECT FROM orders_order o WHERE o.id = NEW.order_id AND (
                    o.requester_id = NEW.{column}
                    OR EXISTS (SELECT FROM accounts_membership m WHERE m.user_id = NEW.{column}
                               AND m.organisation_id = o.organisation_id AND m.state <> 'ended')
                    OR EXISTS (SELECT FROM orders_recusal r WHERE r.order_id = o.id
                               AND r.person_id = NEW.{column}))) THEN
                RAISE EXCEPTION '{model._meta.label_lower}: {column} has an interest in the order'
                    USING ERRCODE = 'check_violation';
            END IF;"""  # noqa: S608  (names of our own columns)
