# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dinamis.core.evidence.verification import Report, verify_evidence


class Command(BaseCommand):
    """Find any event, seal or fact that was tampered with. Exit code 1 when something was found."""

    help = "Verify the events, their chain, the daily seals and the rows they tell of."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the form of the answer."""
        parser.add_argument("--json", action="store_true", help="answer as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print OK with counts, or one line per finding."""
        report = verify_evidence()
        self.stdout.write(self._as_json(report) if options["json"] else self._as_text(report))
        if report.findings:
            sys.exit(1)

    def _as_json(self, report: Report) -> str:
        return json.dumps(
            {
                "ok": not report.findings,
                "findings": [asdict(finding) for finding in report.findings],
                "counts": report.counts,
                "seconds": round(report.seconds, 3),
            }
        )

    def _as_text(self, report: Report) -> str:
        rate = round(report.rows / report.seconds) if report.seconds else report.rows
        read = ", ".join(f"{count} {name}" for name, count in sorted(report.counts.items()) if count)
        lines = [str(finding) for finding in report.findings]
        verdict = f"{len(lines)} finding(s)" if lines else "OK"
        return "\n".join([*lines, f"{verdict}: {read or 'nothing to read'} ({report.seconds:.1f} s, {rate} rows/s)"])
