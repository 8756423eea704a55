# SPDX-License-Identifier: AGPL-3.0-or-later
"""Database triggers that no session setting switches off.

django-pgtrigger lets any session write `SET pgtrigger.ignore = …`; what guards a state or an evidence row must not be
so polite, therefore these triggers are rendered without that test (docs/adr/0003).
"""

from typing import Any

import pgtrigger
from django.db.models import Model
from pgtrigger import compiler

from dinamis.core.statemachine import StateMachine


class HardTriggerSql(compiler.UpsertTriggerSql):
    """Like pgtrigger's template, without the session switch."""

    def get_template(self) -> str:
        """Return version 1 of the template; migrations refer to it, so it never changes."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class HardTrigger(pgtrigger.Trigger):
    """A row trigger that always runs."""

    def compile(self, model: type[Model]) -> compiler.Trigger:
        """Return the compiled trigger that migrations store."""
        return compiler.Trigger(
            name=str(self.name),
            sql=HardTriggerSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


class StateTrigger(HardTrigger):
    """Rows start in an initial state, move along the table only, and are deleted only while initial."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(self, *, machine: StateMachine, name: str = "state_machine") -> None:
        self.machine = machine
        super().__init__(name=name)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; refusals are check violations, so Django raises IntegrityError."""
        aggregate = self.machine.aggregate
        pairs = ",".join(f"{old}:{new}" for old, new in self.machine.pairs())
        initial = ",".join(self.machine.initial)
        return self.format_sql(f"""
            IF (TG_OP = 'INSERT') THEN
                IF NOT (NEW.state = ANY('{{{initial}}}'::text[])) THEN
                    RAISE EXCEPTION '{aggregate}: a row cannot start in state "%"', NEW.state
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            ELSIF (TG_OP = 'DELETE') THEN
                IF NOT (OLD.state = ANY('{{{initial}}}'::text[])) THEN
                    RAISE EXCEPTION '{aggregate}: a row in state "%" cannot be deleted', OLD.state
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN OLD;
            END IF;
            IF (OLD.state IS DISTINCT FROM NEW.state
                AND NOT (CONCAT(OLD.state, ':', NEW.state) = ANY('{{{pairs}}}'::text[]))) THEN
                RAISE EXCEPTION '{aggregate}: no transition leads from "%" to "%"', OLD.state, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)


class AppendOnly(HardTrigger):
    """Rows are written once: no update, no deletion."""

    name = "append_only"
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body."""
        return self.format_sql(f"""
            RAISE EXCEPTION '{model._meta.label_lower}: rows are append-only'
                USING ERRCODE = 'check_violation';
        """)


class FrozenOnce(HardTrigger):
    """The named columns never change once the condition column holds; other columns stay free."""

    when = pgtrigger.Before
    operation = pgtrigger.Update

    def __init__(self, *, name: str, columns: tuple[str, ...], once: str) -> None:
        self.columns = columns
        self.once = once
        super().__init__(name=name)

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body; `once` is an SQL condition over OLD."""
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in self.columns)
        return self.format_sql(f"""
            IF ({self.once}) AND ({changed}) THEN
                RAISE EXCEPTION '{model._meta.label_lower}: {", ".join(self.columns)} cannot change any more'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """)
