# SPDX-License-Identifier: AGPL-3.0-or-later
from django.utils.translation import gettext_lazy as _

from dinamis.core.statemachine import By, StateMachine, Transition
from licensing.enums import AdhesionState as A
from licensing.enums import EntitlementState as E
from licensing.enums import LicenceVersionState as L
from licensing.enums import OpinionState as O
from licensing.enums import OrganisationEndState as D
from licensing.enums import RepresentativeChangeState as C
from licensing.enums import RevocationState as R

OPEN = (A.DRAFT, A.AWAITING_SIGNATURE, A.SUBMITTED, A.IN_REVIEW, A.CHANGES_REQUESTED)

ADHESION = StateMachine(
    aggregate="licensing.adhesion",
    initial=(A.DRAFT,),
    states=tuple(A.values),
    transitions=(
        Transition("send_for_signature", (A.DRAFT,), A.AWAITING_SIGNATURE, _("send for signature"), "licensing.file"),
        Transition(
            "decline_signature",
            (A.AWAITING_SIGNATURE,),
            A.DRAFT,
            _("decline to sign"),
            by=(By.SIGNATORY,),
            reason=True,
        ),
        Transition("recall", (A.AWAITING_SIGNATURE,), A.DRAFT, _("take back for a correction"), "licensing.file"),
        Transition("sign", (A.AWAITING_SIGNATURE,), A.SUBMITTED, _("sign"), by=(By.SIGNATORY,)),
        Transition("start_review", (A.SUBMITTED,), A.IN_REVIEW, _("start the review"), "licensing.decide"),
        Transition(
            "request_changes",
            (A.IN_REVIEW,),
            A.CHANGES_REQUESTED,
            _("request changes"),
            "licensing.decide",
            reason=True,
        ),
        Transition("resubmit", (A.CHANGES_REQUESTED,), A.IN_REVIEW, _("send the changes"), "licensing.file"),
        Transition("approve", (A.IN_REVIEW,), A.APPROVED, _("approve"), "licensing.decide", reason=True),
        Transition("refuse", (A.IN_REVIEW,), A.REFUSED, _("refuse"), "licensing.decide", reason=True),
        Transition("withdraw", OPEN, A.WITHDRAWN, _("withdraw"), "licensing.file", by=(By.PERSON, By.SYSTEM)),
        Transition("suspend", (A.APPROVED,), A.SUSPENDED, _("suspend"), "licensing.decide", reason=True),
        Transition("resume", (A.SUSPENDED,), A.APPROVED, _("lift the suspension"), "licensing.decide", reason=True),
        Transition("revoke", (A.APPROVED, A.SUSPENDED), A.REVOKED, _("revoke"), "licensing.decide", reason=True),
        Transition("terminate", (A.APPROVED, A.SUSPENDED), A.TERMINATED, _("leave DINAMIS"), "licensing.file"),
        Transition(
            "close",
            (A.APPROVED, A.SUSPENDED),
            A.TERMINATED,
            _("end with the organisation"),
            by=(By.SYSTEM,),
            reason=True,
        ),
    ),
)

LICENCE_VERSION = StateMachine(
    aggregate="licensing.licenceversion",
    initial=(L.DRAFT,),
    states=tuple(L.values),
    transitions=(
        Transition("publish", (L.DRAFT,), L.PUBLISHED, _("publish"), "licensing.publish", by=(By.PERSON, By.SYSTEM)),
        Transition("supersede", (L.PUBLISHED,), L.SUPERSEDED, _("supersede"), by=(By.SYSTEM,)),
    ),
)

ENTITLEMENT = StateMachine(
    aggregate="licensing.entitlement",
    initial=(E.GRANTED,),
    states=tuple(E.values),
    transitions=(
        Transition("supersede", (E.GRANTED,), E.SUPERSEDED, _("supersede"), by=(By.SYSTEM,)),
        Transition(
            "revoke", (E.GRANTED,), E.REVOKED, _("revoke"), "licensing.decide", by=(By.PERSON, By.SYSTEM), reason=True
        ),
    ),
)

UNDER_WAY = (R.NOTICED, R.ANSWERED)

REVOCATION = StateMachine(
    aggregate="licensing.revocation",
    initial=(R.NOTICED,),
    states=tuple(R.values),
    transitions=(
        Transition("answer", (R.NOTICED,), R.ANSWERED, _("answer the notice"), "licensing.file"),
        Transition("revoke", UNDER_WAY, R.REVOKED, _("confirm the revocation"), "licensing.decide", reason=True),
        Transition("drop", UNDER_WAY, R.DROPPED, _("drop the revocation"), "licensing.decide", reason=True),
        # Nothing is left to revoke: the organisation has ended.
        Transition(
            "end_with_organisation", UNDER_WAY, R.DROPPED, _("end with the organisation"), by=(By.SYSTEM,), reason=True
        ),
    ),
)

OPINION = StateMachine(
    aggregate="licensing.opinion",
    initial=(O.ASKED,),
    states=tuple(O.values),
    transitions=(
        Transition("give", (O.ASKED,), O.GIVEN, _("give the opinion"), "licensing.give_opinion", reason=True),
        # One that was given stays: nobody takes an unfavourable opinion away.
        Transition("withdraw", (O.ASKED,), O.WITHDRAWN, _("take the question back"), "licensing.decide", reason=True),
    ),
)

ORGANISATION_END = StateMachine(
    aggregate="licensing.organisationend",
    initial=(D.DECLARED,),
    states=tuple(D.values),
    transitions=(
        Transition("carry_out", (D.DECLARED,), D.CARRIED_OUT, _("take effect"), by=(By.SYSTEM,)),
        Transition(
            "cancel", (D.DECLARED,), D.CANCELLED, _("take the end back"), "licensing.end_organisation", reason=True
        ),
    ),
)

REPRESENTATIVE_OPEN = (C.AWAITING_SIGNATURE, C.SIGNED, C.CONFIRMED)
TO_DECIDE = (C.AWAITING_SIGNATURE, C.SIGNED)

REPRESENTATIVE_CHANGE = StateMachine(
    aggregate="licensing.representativechange",
    initial=(C.AWAITING_SIGNATURE,),
    states=tuple(C.values),
    transitions=(
        Transition("sign", (C.AWAITING_SIGNATURE,), C.SIGNED, _("sign"), by=(By.SIGNATORY,)),
        Transition(
            "decline_signature",
            (C.AWAITING_SIGNATURE,),
            C.DECLINED,
            _("decline to sign"),
            by=(By.SIGNATORY,),
            reason=True,
        ),
        Transition("lapse", (C.AWAITING_SIGNATURE,), C.LAPSED, _("lapse"), by=(By.SYSTEM,)),
        Transition("confirm", (C.SIGNED,), C.CONFIRMED, _("confirm"), "licensing.decide", reason=True),
        Transition("refuse", TO_DECIDE, C.REFUSED, _("refuse"), "licensing.decide", reason=True),
        Transition("take_effect", (C.CONFIRMED,), C.IN_EFFECT, _("take effect"), by=(By.SYSTEM,)),
        Transition(
            "withdraw",
            REPRESENTATIVE_OPEN,
            C.WITHDRAWN,
            _("withdraw"),
            "licensing.withdraw_representative",
            by=(By.PERSON, By.SYSTEM),
        ),
    ),
)
