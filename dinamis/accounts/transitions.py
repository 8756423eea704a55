# SPDX-License-Identifier: AGPL-3.0-or-later
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import ApiClientState as K
from dinamis.accounts.enums import ErasureState as E
from dinamis.accounts.enums import InvitationState as I
from dinamis.accounts.enums import MembershipState as S
from dinamis.accounts.enums import NominationState as N
from dinamis.core.statemachine import By, StateMachine, Transition

MEMBERSHIP = StateMachine(
    aggregate="accounts.membership",
    initial=(S.INVITED, S.REQUESTED),
    states=tuple(S.values),
    transitions=(
        Transition("accept", (S.INVITED,), S.ACTIVE, _("accept the invitation"), "accounts.accept_invitation"),
        Transition("activate", (S.REQUESTED,), S.ACTIVE, _("activate"), "accounts.activate_membership"),
        # The référent of a new organisation is activated by the decision that admits the organisation.
        Transition("admit", (S.REQUESTED,), S.ACTIVE, _("admit with the organisation"), by=(By.SYSTEM,)),
        # A référent switched on the rule that speaks in their place (services/identity.py).
        Transition("vouch", (S.REQUESTED,), S.ACTIVE, _("activate by the rule of the référent"), by=(By.SYSTEM,)),
        Transition(
            "decline", (S.INVITED, S.REQUESTED), S.ENDED, _("decline"), "accounts.activate_membership", reason=True
        ),
        Transition("leave", (S.ACTIVE, S.REQUESTED), S.ENDED, _("leave"), "accounts.leave_membership"),
        Transition("remove", (S.ACTIVE,), S.ENDED, _("remove"), "accounts.activate_membership", reason=True),
        # A role is as old as its membership: who changes it ends one and begins another at the same instant.
        Transition(
            "change_role",
            (S.ACTIVE,),
            S.ENDED,
            _("go on in another role"),
            "accounts.leave_membership",
            by=(By.PERSON, By.SYSTEM),
        ),
        Transition("appoint", (S.REQUESTED,), S.ACTIVE, _("begin in this role"), by=(By.SYSTEM,)),
        Transition("end", (S.ACTIVE,), S.ENDED, _("end by the office"), "accounts.end_membership", reason=True),
        Transition(
            "end_with_organisation",
            (S.INVITED, S.REQUESTED, S.ACTIVE),
            S.ENDED,
            _("end with the organisation"),
            by=(By.SYSTEM,),
        ),
    ),
)

API_CLIENT = StateMachine(
    aggregate="accounts.apiclient",
    initial=(K.ACTIVE,),
    states=tuple(K.values),
    transitions=(
        Transition("rotate", (K.ACTIVE,), K.ACTIVE, _("renew the secret"), "accounts.rotate_api_client"),
        Transition(
            "revoke",
            (K.ACTIVE,),
            K.REVOKED,
            _("revoke the key"),
            "accounts.revoke_api_client",
            by=(By.PERSON, By.SYSTEM),
        ),
    ),
)

ERASURE = StateMachine(
    aggregate="accounts.erasure",
    initial=(E.ASKED,),
    states=tuple(E.values),
    transitions=(
        # By DINAMIS when an account that nobody used is used again before it is erased.
        Transition(
            "cancel",
            (E.ASKED,),
            E.CANCELLED,
            _("keep the account"),
            "accounts.cancel_erasure",
            by=(By.PERSON, By.SYSTEM),
        ),
        Transition("refuse", (E.ASKED,), E.REFUSED, _("refuse"), by=(By.SYSTEM,), reason=True),
        Transition("carry_out", (E.ASKED,), E.DONE, _("erase the account"), by=(By.SYSTEM,)),
    ),
)

INVITATION = StateMachine(
    aggregate="accounts.invitation",
    initial=(I.SENT,),
    states=tuple(I.values),
    transitions=(
        Transition("resend", (I.SENT,), I.SENT, _("send again"), "accounts.manage_invitation"),
        Transition("accept", (I.SENT,), I.ACCEPTED, _("accept the invitation"), "accounts.take_invitation"),
        # Through the link, without an account.
        Transition("decline", (I.SENT,), I.DECLINED, _("decline the invitation"), by=(By.SIGNATORY,)),
        Transition(
            "withdraw",
            (I.SENT,),
            I.WITHDRAWN,
            _("withdraw the invitation"),
            "accounts.manage_invitation",
            by=(By.PERSON, By.SYSTEM),
        ),
    ),
)

NOMINATION = StateMachine(
    aggregate="accounts.nomination",
    initial=(N.PROPOSED,),
    states=tuple(N.values),
    transitions=(
        Transition("accept", (N.PROPOSED,), N.ACCEPTED, _("become référent"), "accounts.take_nomination"),
        Transition("decline", (N.PROPOSED,), N.DECLINED, _("decline to be référent"), "accounts.take_nomination"),
        Transition(
            "withdraw",
            (N.PROPOSED,),
            N.WITHDRAWN,
            _("withdraw the nomination"),
            "accounts.withdraw_nomination",
            by=(By.PERSON, By.SYSTEM),
        ),
        Transition("expire", (N.PROPOSED,), N.EXPIRED, _("close without an answer in time"), by=(By.SYSTEM,)),
    ),
)
