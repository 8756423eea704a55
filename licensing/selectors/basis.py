# SPDX-License-Identifier: AGPL-3.0-or-later
"""On what a right rests, frozen at its decision: fingerprints and numbers, never a name; and the same in words."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dinamis.core.sentences import say
from licensing.enums import Acceptors, Capacity, EligibilityClass, LicenceKind, OpinionBody, OpinionVerdict, Purpose
from licensing.models import Acceptance, Adhesion, Decision, Entitlement, EvidenceFile, Licence, Project
from licensing.reasons import label_of
from licensing.selectors.submission import content_of

OPINION_WORDS = dict(OpinionVerdict.choices)
BODIES = dict(OpinionBody.choices)


def fingerprint(content: Any) -> str:
    """Return the SHA-256 (hex) of a JSON value: keys sorted, no spaces, UTF-8. Anybody can compute it again."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def basis_of(adhesion: Adhesion, decision: Decision, licence: Licence, project: Project | None) -> dict[str, Any]:
    """Return what a right under `licence` rests on now; moments are ISO 8601.

    Documents are numbers and fingerprints: their titles, people's names and the answers stay where retention and
    erasure reach them (docs/adr/0018).
    """
    return {
        "adhesion": {"id": adhesion.pk, "class": adhesion.eligibility_class, "renews": adhesion.renews_id},
        "form": _form(adhesion),
        "documents": [
            {"id": file.pk, "sha256": file.sha256, "scan": file.scan} for file in adhesion.evidence.order_by("pk")
        ],
        "acceptances": [_acceptance(row) for row in _acceptances(adhesion, licence)],
        "opinions": [
            {
                "id": opinion.pk,
                "body": opinion.body,
                "required": opinion.required,
                "verdict": opinion.verdict,
                "at": opinion.given_at.isoformat() if opinion.given_at else "",
            }
            for opinion in adhesion.opinions.filter(licence=licence, state="given").order_by("pk")
        ],
        "decision": {
            "id": decision.pk,
            "number": decision.number,
            "verdict": decision.verdict,
            "reason": decision.reason_code,
            "at": decision.decided_at.isoformat(),
        },
        "project": _project(project),
    }


def _form(adhesion: Adhesion) -> dict[str, Any]:
    submission = adhesion.submissions.last()
    content = submission.content if submission else content_of(adhesion)
    return {
        "revision": adhesion.form_revision.number,
        "submission": submission.number if submission else None,
        "sha256": fingerprint(content),
        "answers_sha256": fingerprint(adhesion.answers),
    }


def _acceptances(adhesion: Adhesion, licence: Licence) -> list[Acceptance]:
    """Return the organisation's last signature on the charter and, where it signs, on the licence."""
    signed = Acceptance.objects.filter(
        organisation_id=adhesion.organisation_id, capacity=Capacity.LEGAL_REPRESENTATIVE, withdrawal=None
    ).select_related("licence_version__licence")
    by_organisation = licence.acceptors in {Acceptors.ORGANISATION, Acceptors.BOTH}
    latest: dict[int, Acceptance] = {}
    for row in signed.order_by("accepted_at", "pk"):
        of = row.licence_version.licence
        if of.kind == LicenceKind.CHARTER or (by_organisation and of == licence):
            latest[of.pk] = row
    return sorted(latest.values(), key=lambda row: row.pk)


def _acceptance(row: Acceptance) -> dict[str, Any]:
    version = row.licence_version
    return {
        "id": row.pk,
        "licence": version.licence.code,
        "version": version.number,
        "language": row.language,
        "sha256": row.sha256,
        "at": row.accepted_at.isoformat(),
        "by": row.capacity,
    }


def _project(project: Project | None) -> dict[str, Any] | None:
    if project is None:
        return None
    return {
        "id": project.pk,
        "purpose": project.purpose,
        "sponsor": project.sponsor,
        "contract": project.contract,
        "awarding_body": project.awarding_body,
    }


@dataclass(frozen=True)
class Ground:
    """One thing a right rests on: its kind and itself in words, when it was done, its SHA-256 ("" = none)."""

    kind: str
    words: str
    at: datetime | None = None
    sha256: str = ""


def grounds_of(
    right: Entitlement, *, licences: Mapping[str, str], titles: Mapping[int, str] | None = None
) -> list[Ground]:
    """Return what a right rests on, in the reader's language; nothing for a right older than this record.

    `licences` are names by code; `titles` names documents by number, for those who may see them.
    """
    basis: dict[str, Any] = right.basis
    if not basis:
        return []
    return [
        *_form_words(basis),
        *_document_words(basis, titles or {}),
        *_acceptance_words(basis, licences),
        *_opinion_words(basis),
        *_project_words(basis),
        *_decision_words(basis),
    ]


def _form_words(basis: Mapping[str, Any]) -> Iterator[Ground]:
    form = basis["form"]
    words = _("%(class)s; form revision %(revision)s, submission %(submission)s") % {
        "class": capfirst(str(EligibilityClass(basis["adhesion"]["class"]).label)),
        "revision": form["revision"],
        "submission": form["submission"] or "—",
    }
    yield Ground(_("Adhesion"), words, sha256=form["sha256"])


def _document_words(basis: Mapping[str, Any], titles: Mapping[int, str]) -> Iterator[Ground]:
    for file in basis["documents"]:
        name = say(titles.get(file["id"], "")) or _("document no. %(number)s") % {"number": file["id"]}
        words = f"{capfirst(name)} ({EvidenceFile.Scan(file['scan']).label})"
        yield Ground(_("Document"), words, sha256=file["sha256"])


def _acceptance_words(basis: Mapping[str, Any], licences: Mapping[str, str]) -> Iterator[Ground]:
    for row in basis["acceptances"]:
        words = _("%(name)s, version %(version)s, %(language)s, accepted by the legal representative") % {
            "name": licences.get(row["licence"], row["licence"]),
            "version": row["version"],
            "language": _("French") if row["language"] == "fr" else _("English"),
        }
        yield Ground(_("Signature"), words, _moment(row["at"]), row["sha256"])


def _opinion_words(basis: Mapping[str, Any]) -> Iterator[Ground]:
    for row in basis["opinions"]:
        weight = _("required") if row["required"] else _("advisory")
        words = f"{BODIES[row['body']]}, {OPINION_WORDS[row['verdict']]} ({weight})"
        yield Ground(_("Opinion"), words, _moment(row["at"]))


def _project_words(basis: Mapping[str, Any]) -> Iterator[Ground]:
    project = basis["project"]
    if project is None:
        return
    parts = [str(Purpose(project["purpose"]).label)]
    if project["contract"]:
        parts.append(_("contract %(reference)s") % {"reference": project["contract"]})
    if project["awarding_body"]:
        parts.append(_("awarded by %(body)s") % {"body": project["awarding_body"]})
    if project["sponsor"]:
        parts.append(_("French partner %(name)s") % {"name": project["sponsor"]})
    yield Ground(_("Project"), capfirst(", ".join(parts)))


def _decision_words(basis: Mapping[str, Any]) -> Iterator[Ground]:
    decision = basis["decision"]
    verdict = str(Decision.Verdict(decision["verdict"]).label)
    reason = label_of(decision["verdict"], decision["reason"]) if decision["reason"] else ""
    words = ", ".join(part for part in (f"{decision['number']}", verdict, reason) if part)
    yield Ground(_("Decision"), words, _moment(decision["at"]))


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def licence_names() -> dict[str, str]:
    """Return the name of every licence by its code, in the reader's language."""
    return {licence.code: licence.name for licence in Licence.objects.only("code", "name_fr", "name_en")}


def titles_of(right: Entitlement) -> dict[int, str]:
    """Return the titles of the documents a right rests on, by number; of those that are still kept."""
    return dict(EvidenceFile.objects.filter(adhesion=right.adhesion_id).values_list("pk", "title"))
