# SPDX-License-Identifier: AGPL-3.0-or-later
from django.utils.translation import gettext_lazy as _

from dinamis.core.statemachine import By, StateMachine, Transition
from orders.enums import ActivationState as C
from orders.enums import AdjustmentState as A
from orders.enums import ClosingState as K
from orders.enums import DeliveryState as D
from orders.enums import HoldBackState as H
from orders.enums import InvoiceState as F
from orders.enums import ItemState as I
from orders.enums import JoinState as J
from orders.enums import ObligationState as B
from orders.enums import OrderState as O
from orders.enums import PoolState as G
from orders.enums import ProposalState as V
from orders.enums import ProviderState as P
from orders.enums import QuoteState as Q
from orders.enums import ReviewState as R
from orders.enums import SessionState as E
from orders.enums import StopState as S
from orders.enums import TicketState as T

BOTH = (By.SYSTEM, By.PROVIDER)

ORDER = StateMachine(
    aggregate="orders.order",
    initial=(O.DRAFT,),
    states=tuple(O.values),
    transitions=(
        Transition("submit", (O.DRAFT,), O.SUBMITTED, _("submit"), "orders.edit", keys=True),
        Transition("start_review", (O.SUBMITTED,), O.IN_REVIEW, _("start the review"), "orders.review"),
        Transition(
            "request_changes", (O.IN_REVIEW,), O.CHANGES_REQUESTED, _("request changes"), "orders.review", reason=True
        ),
        Transition("resubmit", (O.CHANGES_REQUESTED,), O.IN_REVIEW, _("send the changes"), "orders.edit", keys=True),
        Transition("approve", (O.IN_REVIEW,), O.APPROVED, _("approve"), "orders.review", reason=True),
        Transition("refuse", (O.IN_REVIEW,), O.REFUSED, _("refuse"), "orders.review", reason=True),
        # CIEST²: on the word of a scientist whom the office has named before (docs/adr/0043).
        Transition("activate", (O.DRAFT,), O.APPROVED, _("activate CIEST²"), "orders.activate", reason=True),
        Transition("place", (O.APPROVED,), O.PLACED, _("place with the provider"), by=BOTH),
        Transition("progress", (O.PLACED,), O.IN_PROGRESS, _("progress"), by=BOTH),
        Transition("deliver_part", (O.PLACED, O.IN_PROGRESS), O.PARTLY_DELIVERED, _("deliver a part"), by=BOTH),
        Transition("deliver", (O.PLACED, O.IN_PROGRESS, O.PARTLY_DELIVERED), O.DELIVERED, _("deliver"), by=BOTH),
        Transition(
            "close", (O.DELIVERED, O.PARTLY_DELIVERED), O.CLOSED, _("close"), "orders.edit", by=(By.PERSON, By.SYSTEM)
        ),
        # The requester changes what the office has not begun to read.
        Transition("take_back", (O.SUBMITTED,), O.DRAFT, _("take back"), "orders.edit"),
        Transition("reopen", (O.CLOSED,), O.DELIVERED, _("reopen"), "orders.reopen", reason=True),
        Transition("reopen_part", (O.CLOSED,), O.PARTLY_DELIVERED, _("reopen"), "orders.reopen", reason=True),
        # A delivery was withdrawn: its line is placed again.
        Transition("ask_again", (O.DELIVERED, O.PARTLY_DELIVERED), O.APPROVED, _("ask again"), by=(By.SYSTEM,)),
        Transition("ask_part_again", (O.DELIVERED,), O.PARTLY_DELIVERED, _("ask a part again"), by=(By.SYSTEM,)),
        # The provider agreed to stop the lines that were under way.
        Transition(
            "stop",
            (O.APPROVED, O.PLACED, O.IN_PROGRESS),
            O.CANCELLED,
            _("stop"),
            by=(By.SYSTEM,),
            reason=True,
        ),
        Transition(
            "cancel",
            (O.DRAFT, O.SUBMITTED, O.IN_REVIEW, O.CHANGES_REQUESTED, O.APPROVED),
            O.CANCELLED,
            _("cancel"),
            "orders.cancel",
            keys=True,
        ),
        Transition(
            "cancelled_by_provider",
            (O.APPROVED, O.PLACED, O.IN_PROGRESS),
            O.CANCELLED,
            _("cancelled by the provider"),
            by=(By.PROVIDER,),
            reason=True,
        ),
        Transition("expire", (O.DRAFT, O.CHANGES_REQUESTED, O.PLACED, O.IN_PROGRESS), O.EXPIRED, _("expire"), by=BOTH),
        Transition("fail", (O.APPROVED, O.PLACED, O.IN_PROGRESS), O.FAILED, _("fail"), by=BOTH, reason=True),
    ),
)

ORDER_ITEM = StateMachine(
    aggregate="orders.orderitem",
    initial=(I.PENDING,),
    states=tuple(I.values),
    transitions=(
        Transition("approve", (I.PENDING,), I.APPROVED, _("approve"), "orders.review_item"),
        Transition("refuse", (I.PENDING,), I.REFUSED, _("refuse"), "orders.review_item", reason=True),
        Transition("activate", (I.PENDING,), I.APPROVED, _("activate CIEST²"), "orders.activate_item", reason=True),
        Transition("place", (I.APPROVED,), I.PLACED, _("place with the provider"), by=BOTH),
        Transition("progress", (I.PLACED,), I.IN_PROGRESS, _("progress"), by=BOTH),
        Transition("propose", (I.IN_PROGRESS,), I.PROPOSED, _("propose an image"), by=(By.PROVIDER,)),
        Transition("resume", (I.PROPOSED,), I.IN_PROGRESS, _("go on"), by=BOTH),
        Transition("produce", (I.PLACED, I.IN_PROGRESS, I.PROPOSED), I.PRODUCING, _("produce"), by=BOTH),
        Transition("deliver", (I.PLACED, I.IN_PROGRESS, I.PRODUCING), I.DELIVERED, _("deliver"), by=BOTH),
        Transition(
            "stop",
            (I.PLACED, I.IN_PROGRESS, I.PROPOSED, I.PRODUCING),
            I.CANCELLED,
            _("stop"),
            by=BOTH,
            reason=True,
        ),
        Transition("ask_again", (I.DELIVERED,), I.APPROVED, _("ask again"), "orders.review_item", reason=True),
        Transition(
            "cancel",
            (I.PENDING, I.APPROVED),
            I.CANCELLED,
            _("cancel"),
            "orders.cancel_item",
            by=(By.PERSON, By.SYSTEM),
            keys=True,
        ),
        Transition(
            "cancelled_by_provider",
            (I.APPROVED, I.PLACED, I.IN_PROGRESS, I.PROPOSED, I.PRODUCING),
            I.CANCELLED,
            _("cancelled by the provider"),
            by=(By.PROVIDER,),
            reason=True,
        ),
        Transition("expire", (I.PLACED, I.IN_PROGRESS, I.PROPOSED), I.EXPIRED, _("expire"), by=BOTH),
        Transition(
            "fail",
            (I.APPROVED, I.PLACED, I.IN_PROGRESS, I.PRODUCING),
            I.FAILED,
            _("fail"),
            by=BOTH,
            reason=True,
        ),
    ),
)

REVIEW = StateMachine(
    aggregate="orders.review",
    initial=(R.OPEN,),
    states=tuple(R.values),
    transitions=(
        Transition("decide", (R.OPEN,), R.DECIDED, _("decide"), "orders.decide_review", reason=True),
        Transition("lapse", (R.OPEN,), R.LAPSED, _("lapse"), by=(By.SYSTEM,), keys=True),
        Transition("opine", (R.OPEN,), R.DECIDED, _("give the opinion"), "orders.give_opinion", reason=True),
    ),
)

_WAITING = (P.RECEIVED, P.ACCEPTED, P.SCHEDULED, P.HELD, P.RESERVED, P.TASKED, P.PROCESSING)

# The provider's words: it may jump from any waiting state to any other, never out of an end.
PROVIDER_ORDER = StateMachine(
    aggregate="orders.providerorder",
    initial=(P.RECEIVED,),
    states=tuple(P.values),
    transitions=tuple(
        Transition(
            f"to_{state.value}",
            tuple(waiting for waiting in _WAITING if waiting != state),
            state,
            state.label,
            by=BOTH,
        )
        for state in P
        if state != P.RECEIVED
    ),
)

PROPOSAL = StateMachine(
    aggregate="orders.proposal",
    initial=(V.PROPOSED,),
    states=tuple(V.values),
    transitions=(
        Transition("accept", (V.PROPOSED,), V.ACCEPTED, _("accept"), by=BOTH),
        Transition("refuse", (V.PROPOSED,), V.REFUSED, _("refuse"), by=BOTH),
        Transition("lapse", (V.PROPOSED,), V.LAPSED, _("lapse"), by=BOTH),
    ),
)

# The last party that accepts makes the grouping agreed; one that declines, even after having accepted, ends it.
POOL = StateMachine(
    aggregate="orders.pool",
    initial=(G.PROPOSED,),
    states=tuple(G.values),
    transitions=(
        Transition("agree", (G.PROPOSED,), G.AGREED, _("agree to the grouping"), "orders.answer_pool"),
        Transition("decline", (G.PROPOSED, G.AGREED), G.DISSOLVED, _("decline the grouping"), "orders.answer_pool"),
        Transition(
            "dissolve",
            (G.PROPOSED, G.AGREED),
            G.DISSOLVED,
            _("dissolve the grouping"),
            "orders.dissolve_pool",
            by=(By.PERSON, By.SYSTEM),
            reason=True,
        ),
        Transition("place", (G.AGREED,), G.PLACED, _("place with the provider"), by=(By.SYSTEM,)),
        Transition("close", (G.PLACED,), G.CLOSED, _("close"), by=(By.SYSTEM,)),
    ),
)

QUOTE = StateMachine(
    aggregate="orders.quote",
    initial=(Q.DRAFT,),
    states=tuple(Q.values),
    transitions=(
        Transition("offer", (Q.DRAFT,), Q.OFFERED, _("offer"), by=(By.SYSTEM,)),
        Transition("accept", (Q.OFFERED,), Q.ACCEPTED, _("accept"), "orders.answer_quote"),
        Transition("refuse", (Q.OFFERED,), Q.REFUSED, _("refuse"), "orders.answer_quote", reason=True),
        Transition("expire", (Q.DRAFT, Q.OFFERED, Q.ACCEPTED), Q.EXPIRED, _("expire"), by=(By.SYSTEM,)),
    ),
)

DELIVERY = StateMachine(
    aggregate="orders.delivery",
    initial=(D.EXPECTED,),
    states=tuple(D.values),
    transitions=(
        Transition("receive", (D.EXPECTED,), D.RECEIVING, _("receive"), by=(By.SYSTEM,)),
        Transition("check", (D.RECEIVING,), D.CHECKING, _("check"), by=(By.SYSTEM,)),
        Transition("accept", (D.CHECKING,), D.AVAILABLE, _("accept"), by=(By.SYSTEM,)),
        Transition("reject", (D.RECEIVING, D.CHECKING), D.REJECTED, _("reject"), by=(By.SYSTEM,), reason=True),
        Transition("fail", (D.EXPECTED, D.RECEIVING, D.CHECKING), D.FAILED, _("fail"), by=(By.SYSTEM,), reason=True),
        Transition("dispute", (D.AVAILABLE,), D.DISPUTED, _("dispute"), "orders.dispute", reason=True),
        Transition("keep", (D.DISPUTED,), D.AVAILABLE, _("keep"), "orders.settle", reason=True),
        Transition("withdraw", (D.AVAILABLE, D.DISPUTED), D.WITHDRAWN, _("withdraw"), "orders.settle", reason=True),
    ),
)

TICKET = StateMachine(
    aggregate="orders.officeticket",
    initial=(T.OPEN,),
    states=tuple(T.values),
    transitions=(
        Transition(
            "resolve",
            (T.OPEN,),
            T.RESOLVED,
            _("resolve"),
            "orders.moderate",
            by=(By.PERSON, By.SYSTEM),
            reason=True,
        ),
    ),
)

ADJUSTMENT = StateMachine(
    aggregate="orders.adjustment",
    initial=(A.PROPOSED,),
    states=tuple(A.values),
    transitions=(
        Transition("confirm", (A.PROPOSED,), A.CONFIRMED, _("confirm"), "orders.decide_adjustment"),
        Transition("refuse", (A.PROPOSED,), A.REFUSED, _("refuse"), "orders.decide_adjustment", reason=True),
        Transition("withdraw", (A.PROPOSED,), A.WITHDRAWN, _("withdraw"), "orders.withdraw_adjustment"),
    ),
)

INVOICE = StateMachine(
    aggregate="orders.providerinvoice",
    initial=(F.RECORDED,),
    states=tuple(F.values),
    transitions=(
        Transition("approve", (F.RECORDED,), F.APPROVED, _("approve"), "orders.decide_invoice"),
        Transition("reject", (F.RECORDED,), F.REJECTED, _("reject"), "orders.decide_invoice", reason=True),
        Transition("withdraw", (F.RECORDED,), F.WITHDRAWN, _("withdraw"), "orders.edit_invoice"),
    ),
)

CLOSING = StateMachine(
    aggregate="orders.yearclosing",
    initial=(K.PROPOSED,),
    states=tuple(K.values),
    transitions=(
        Transition("close", (K.PROPOSED,), K.CLOSED, _("close"), "orders.decide_closing"),
        Transition("refuse", (K.PROPOSED,), K.REFUSED, _("refuse"), "orders.decide_closing", reason=True),
        Transition("withdraw", (K.PROPOSED,), K.WITHDRAWN, _("withdraw"), "orders.withdraw_closing"),
    ),
)

STOP = StateMachine(
    aggregate="orders.stoprequest",
    initial=(S.ASKED,),
    states=tuple(S.values),
    transitions=(
        Transition("accept", (S.ASKED,), S.ACCEPTED, _("accept"), by=BOTH),
        Transition("refuse", (S.ASKED,), S.REFUSED, _("refuse"), by=BOTH, reason=True),
    ),
)

JOIN = StateMachine(
    aggregate="orders.joinrequest",
    initial=(J.ASKED,),
    states=tuple(J.values),
    transitions=(
        Transition("accept", (J.ASKED,), J.ACCEPTED, _("accept"), "orders.answer_join"),
        Transition("decline", (J.ASKED,), J.DECLINED, _("decline"), "orders.answer_join", reason=True),
        Transition("withdraw", (J.ASKED, J.ACCEPTED), J.WITHDRAWN, _("withdraw"), "orders.withdraw_join"),
    ),
)

ACTIVATION = StateMachine(
    aggregate="orders.activation",
    initial=(C.ACTIVE,),
    states=tuple(C.values),
    transitions=(
        Transition("end", (C.ACTIVE,), C.ENDED, _("end"), by=(By.SYSTEM,)),
        Transition("stop", (C.ACTIVE,), C.STOPPED, _("stop early"), "orders.stop_activation", reason=True),
    ),
)

HOLD_BACK = StateMachine(
    aggregate="orders.holdback",
    initial=(H.ASKED,),
    states=tuple(H.values),
    transitions=(
        Transition("grant", (H.ASKED,), H.GRANTED, _("grant"), "orders.decide_hold_back"),
        Transition("refuse", (H.ASKED,), H.REFUSED, _("refuse"), "orders.decide_hold_back", reason=True),
        # Once: an extended one is not extended again.
        Transition("extend", (H.GRANTED,), H.EXTENDED, _("extend"), "orders.decide_hold_back", reason=True),
        Transition("end", (H.GRANTED, H.EXTENDED), H.RELEASED, _("end early"), "orders.decide_hold_back", reason=True),
        Transition(
            "release_early", (H.GRANTED, H.EXTENDED), H.RELEASED, _("release early"), "orders.release_hold_back"
        ),
        Transition("release", (H.GRANTED, H.EXTENDED), H.RELEASED, _("release"), by=(By.SYSTEM,)),
    ),
)

OBLIGATION = StateMachine(
    aggregate="orders.obligation",
    initial=(B.DUE,),
    states=tuple(B.values),
    transitions=(
        Transition("send", (B.DUE,), B.DONE, _("send"), "orders.answer_obligation"),
        Transition("lift", (B.DUE,), B.LIFTED, _("lift"), "orders.lift_obligation", reason=True),
    ),
)

SESSION = StateMachine(
    aggregate="orders.committeesession",
    initial=(E.PLANNED,),
    states=tuple(E.values),
    transitions=(
        Transition("open", (E.PLANNED,), E.OPEN, _("open the session"), "orders.run_session"),
        Transition("close", (E.OPEN,), E.CLOSED, _("close the session"), "orders.run_session"),
        Transition(
            "call_off", (E.PLANNED,), E.CALLED_OFF, _("call off the session"), "orders.run_session", reason=True
        ),
    ),
)
