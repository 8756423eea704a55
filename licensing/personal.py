# SPDX-License-Identifier: AGPL-3.0-or-later
"""Personal data of licensing: why they are held, until when, and what then."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.personal import Basis, End, Holding, Rule, Until, belongs, holds, tells_nothing

ADHESION = Holding(
    _("Adhesion: who filed it, name, function and address of the legal representative, the answers of the form"),
    _("know who binds the organisation, and why it is eligible"),
    Basis.CONTRACT,
)
DOCUMENTS = Holding(
    _("Documents sent with an adhesion"), _("judge whether the organisation is eligible"), Basis.PUBLIC_TASK
)
DECISIONS = Holding(
    _("Decisions, opinions, suspensions and blocks: who gave them, with what words"),
    _("give the reasons of a decision that may be contested"),
    Basis.LEGAL_DUTY,
)
LETTERS = Holding(
    _("Messages and remarks about an adhesion"), _("keep what was said while it was examined"), Basis.PUBLIC_TASK
)
SIGNATURES = Holding(
    _("Signatures: which text you signed, your name as typed, your address, the day"),
    _("prove who accepted which licence"),
    Basis.CONTRACT,
)
TRACES = Holding(
    _("Internet address and browser of each signature"),
    _("recognise a signature made by somebody else"),
    Basis.LEGITIMATE,
)
PROJECTS = Holding(_("Projects: who leads them, who takes part"), _("know what imagery is used for"), Basis.CONTRACT)

ACCOUNT_END = Until(_("until the account is erased"))
FILE_TIME = Until(_("%(number)s months after the adhesion ended"), "PROOF_MONTHS")

holds(
    "licensing.adhesion",
    Rule(
        ADHESION,
        (
            *("legal_representative_name", "legal_representative_title", "legal_representative_email"),
            *("mission", "answers"),
        ),
        FILE_TIME,
        End.ARCHIVE,
    ),
    Rule(ADHESION, ("referent", "claimed_by"), ACCOUNT_END, End.NUMBER),
)
holds("licensing.submission", Rule(ADHESION, ("content",), FILE_TIME, End.ARCHIVE))
holds("licensing.entitycorrection", Rule(ADHESION, ("before", "after"), FILE_TIME, End.ARCHIVE))
holds(
    "licensing.signinglink",
    Rule(ADHESION, ("email",), Until(_("%(number)s months after the link expired"), "TRACE_MONTHS"), End.PSEUDONYM),
)
holds(
    "licensing.evidencefile",
    Rule(
        DOCUMENTS,
        ("title", "file_name", "storage_key", "scan_detail", "uploaded_by"),
        Until(_("%(number)s months after the adhesion was refused, withdrawn or ended"), "EVIDENCE_MONTHS"),
        End.ERASE,
    ),
)
holds(
    "licensing.representativechange",
    Rule(
        ADHESION,
        (
            *("former_name", "legal_representative_name", "legal_representative_title"),
            *("legal_representative_email", "typed_name"),
        ),
        FILE_TIME,
        End.ARCHIVE,
    ),
    Rule(ADHESION, ("declared_by",), ACCOUNT_END, End.NUMBER),
    Rule(
        TRACES,
        ("ip", "user_agent"),
        Until(_("until the change of the legal representative takes effect, or nothing comes of it")),
        End.ERASE,
    ),
)
for model, people, words in (
    ("decision", ("decided_by",), ("words",)),
    ("opinion", ("asked_by", "given_by"), ("question", "words")),
    ("revocation", ("noticed_by", "answered_by"), ("words", "answer")),
    ("changerequest", ("answered_by",), ("words", "answer")),
    ("adhesionsuspension", ("began_by", "lifted_by"), ("words", "lifted_words")),
    ("suspension", ("began_by", "lifted_by"), ("words", "lifted_words")),
    ("block", ("person", "created_by", "lifted_by"), ("words", "lifted_words")),
    ("licencechange", ("changed_by",), ("words",)),
    ("organisationend", ("decided_by",), ("words",)),
):
    holds(
        f"licensing.{model}",
        Rule(DECISIONS, people, ACCOUNT_END, End.NUMBER),
        Rule(DECISIONS, words, FILE_TIME, End.ARCHIVE),
    )
for model in ("message", "remark"):
    holds(
        f"licensing.{model}",
        Rule(LETTERS, ("author",), ACCOUNT_END, End.NUMBER),
        Rule(LETTERS, ("words",), FILE_TIME, End.ARCHIVE),
    )
for model in ("decisionletter", "certificate"):
    holds(f"licensing.{model}", Rule(DECISIONS, ("storage_key",), FILE_TIME, End.ARCHIVE))
holds(
    "licensing.acceptance",
    Rule(
        SIGNATURES,
        ("email", "typed_name"),
        Until(
            _("until the account is erased; %(number)s months after the end of the right, for a legal representative"),
            "PROOF_MONTHS",
        ),
        End.PSEUDONYM,
    ),
    Rule(SIGNATURES, ("person",), ACCOUNT_END, End.NUMBER),
)
holds(
    "licensing.withdrawal",
    Rule(SIGNATURES, ("withdrawn_by",), ACCOUNT_END, End.NUMBER),
    Rule(SIGNATURES, ("words",), FILE_TIME, End.ARCHIVE),
)
holds(
    "licensing.acceptancetrace",
    Rule(TRACES, ("ip", "user_agent"), Until(_("%(number)s months after the signature"), "TRACE_MONTHS"), End.ERASE),
)
holds(
    "licensing.project",
    Rule(PROJECTS, ("owner", "changed_by", "ended_by"), ACCOUNT_END, End.NUMBER),
    Rule(PROJECTS, ("title", "theme", "description", "partners", "ended_words"), FILE_TIME, End.ARCHIVE),
)
holds("licensing.projectmember", Rule(PROJECTS, ("user",), ACCOUNT_END, End.NUMBER))
belongs("licensing.adhesion", "referent", address="legal_representative_email")
belongs("licensing.representativechange", "declared_by", address="legal_representative_email")
belongs("licensing.submission", "adhesion__referent")
belongs("licensing.signinglink", address="email")
belongs("licensing.evidencefile", "uploaded_by")
belongs("licensing.decision", "decided_by")
belongs("licensing.opinion", "given_by")
belongs("licensing.block", "person")
belongs("licensing.message", "author")
belongs("licensing.remark", "author")
belongs("licensing.acceptance", "person", address="email")
belongs("licensing.withdrawal", "withdrawn_by")
belongs("licensing.acceptancetrace", "acceptance__person")
belongs("licensing.project", "owner")
belongs("licensing.projectmember", "user")

tells_nothing("licensing.signinglink", "token_sha256", "code_sha256", why="hashes of secrets", secret=True)
tells_nothing("licensing.evidencefile", "media_type", "sha256", why="facts of bytes")
tells_nothing("licensing.decision", "reason_code", "recourse", why="a code and a standing text")
tells_nothing("licensing.revocation", "reason_code", why="a code")
tells_nothing("licensing.changerequest", "field", why="the name of a field")
tells_nothing("licensing.block", "document_sha256", why="a hash")
tells_nothing("licensing.licencechange", "before", "after", why="conditions of a licence")
tells_nothing("licensing.acceptance", "sha256", "authenticated_by", why="a hash and a code")
tells_nothing("licensing.certificate", "number", "secret", "sha256", why="a number and hashes")
tells_nothing("licensing.decisionletter", "sha256", why="a hash")
tells_nothing("licensing.project", "sponsor", "contract", "awarding_body", why="names of organisations and contracts")
tells_nothing("licensing.entitlement", "*", why="the right of an organisation, with numbers of what it rests on")
tells_nothing("licensing.entitlementchange", "*", why="codes and numbers of rows")
tells_nothing("licensing.licence", "*", why="names and conditions of licences")
tells_nothing("licensing.licenceversion", "*", why="texts of licences and their hashes")
tells_nothing("licensing.formrevision", "*", why="questions, not answers")
tells_nothing("licensing.organisationend", "former_ends", why="ends of periods, by the number of the adhesion")
tells_nothing("licensing.representativechange", "signed", why="numbers, languages and hashes of texts")
tells_nothing("licensing.succession", "*", why="numbers of organisations")
