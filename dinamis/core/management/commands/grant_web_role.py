# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from psycopg import sql

# What a session of the web may never rewrite, whatever a trigger would say.
EVIDENCE = (
    "core_dailyseal",
    "core_event",
    "core_eventlink",
    "core_eventsalt",
    "core_statechange",
    "licensing_acceptance",
    "licensing_decision",
    "orders_ledgerentry",
)
# What only functions of the owner may write.
WRITTEN_BY_TRIGGERS = ("core_event", "core_eventlink", "core_eventsalt")
# What erasure empties and a late time stamp fills; triggers see to it that nothing else is written there.
COLUMNS = {
    "core_dailyseal": ("token", "token_at"),
    "core_eventsalt": ("salt", "erased_at"),
    "core_statechange": ("actor_label", "words"),
    "licensing_acceptance": ("email", "typed_name"),
    "licensing_decision": ("words",),
}


class Command(BaseCommand):
    """Let the web role read and write rows. It owns nothing, so it can neither drop nor disable a trigger."""

    help = "Grant the role of web and workers its rights on the tables (run as the owner, after migrate)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the role name."""
        parser.add_argument("--role", default="dinamis_web")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Grant on what exists and on what later migrations will create."""
        name = sql.Identifier(role)
        statements = [
            sql.SQL("GRANT USAGE ON SCHEMA public TO {role}"),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"),
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
            ),
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}"),
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}"),
        ]
        revoke = sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}")
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.format(role=name))
            for table in EVIDENCE:
                cursor.execute(revoke.format(table=sql.Identifier(table), role=name))
            for table in WRITTEN_BY_TRIGGERS:
                cursor.execute(
                    sql.SQL("REVOKE INSERT ON {table} FROM {role}").format(table=sql.Identifier(table), role=name)
                )
            for table, columns in COLUMNS.items():
                cursor.execute(_grant_update(table, columns, name))
        self.stdout.write(f"{role} may use {len(connection.introspection.table_names())} tables and owns none.")


def _grant_update(table: str, columns: tuple[str, ...], role: sql.Identifier) -> sql.Composed:
    return sql.SQL("GRANT UPDATE ({columns}) ON {table} TO {role}").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)), table=sql.Identifier(table), role=role
    )
