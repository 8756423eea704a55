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
                **({"referencing": self.referencing} if self.referencing else {}),
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


ERASED = "[erased]"


class AppendOnly(HardTrigger):
    """Rows are written once: no update, no deletion. An `erasable` column may become ERASED, and a reference in
    `outlives` NULL when what it names goes; nothing else."""

    name = "append_only"
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def __init__(self, *, erasable: tuple[str, ...] = (), outlives: tuple[str, ...] = ()) -> None:
        self.erasable, self.outlives = erasable, outlives
        super().__init__()

    def get_func(self, model: Any) -> str:
        """Return the PL/pgSQL body."""
        refusal = f"""
            RAISE EXCEPTION '{model._meta.label_lower}: rows are append-only'
                USING ERRCODE = 'check_violation';
        """
        return self.format_sql(self._exception(model) + refusal)

    def _exception(self, model: Any) -> str:
        if not (self.erasable or self.outlives):
            return ""
        may_change = self.erasable + self.outlives
        kept = [field.column for field in model._meta.concrete_fields if field.column not in may_change]
        same = [f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in kept]
        erased = [f"NEW.{column} IN (OLD.{column}, '{ERASED}')" for column in self.erasable]
        erased += [f"coalesce(NEW.{column} = OLD.{column}, NEW.{column} IS NULL)" for column in self.outlives]
        return f"""
            IF (TG_OP = 'UPDATE') THEN
                IF {" AND ".join(same + erased)} THEN
                    RETURN NEW;
                END IF;
            END IF;
        """


class EventTriggerSql(HardTriggerSql):
    """A trigger that calls a function of the migrations: one function serves every table, and the owner runs it."""

    def get_template(self) -> str:
        """Return version 1 of the template; migrations refer to it, so it never changes."""
        return """
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                FOR EACH ROW EXECUTE FUNCTION {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class RecordEvents(HardTrigger):
    """Every change of the row becomes an `Event`, whoever makes it and however.

    All columns are facts but those named in `never` (secrets, noise). Of the columns in `digest` (personal data, long
    texts) the event holds a salted SHA-256. `only` turns the choice round.
    """

    name = "record_events"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(
        self,
        *,
        digest: tuple[str, ...] = (),
        never: tuple[str, ...] = (),
        only: tuple[str, ...] = (),
        on_update_only: bool = False,
    ) -> None:
        self.digest = digest
        self.never = never
        self.only = only
        super().__init__(operation=pgtrigger.Update if on_update_only else self.operation)

    def columns(self, model: type[Model]) -> list[str]:
        """Return the columns that are facts. Raises ValueError for a name the table does not have."""
        known = [str(field.column) for field in model._meta.concrete_fields]
        if unknown := {*self.digest, *self.never, *self.only} - set(known):
            raise ValueError(f"{model._meta.label}: no columns {sorted(unknown)}")
        return [column for column in known if (column in self.only if self.only else column not in self.never)]

    def get_func(self, model: Any) -> str:
        """Return nothing: the function is one of the migrations."""
        return ""

    def compile(self, model: type[Model]) -> compiler.Trigger:
        """Return the compiled trigger that migrations store."""
        columns, digest = ",".join(self.columns(model)), ",".join(self.digest)
        return compiler.Trigger(
            name=str(self.name),
            sql=EventTriggerSql(
                pgid=self.get_pgid(model),
                func="",
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                execute=f"dinamis_record_event('{{{columns}}}', '{{{digest}}}')",
            ),
        )


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
