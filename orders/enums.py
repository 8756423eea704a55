# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OrderKind(TextChoices):
    """DINAMIS's two kinds of request."""

    ARCHIVE = "archive", _("archive order")
    ACQUISITION = "acquisition", _("acquisition request")


class Programme(TextChoices):
    """How a provider spreads its attempts over the period (domain facts, 6.3); never on one chosen day."""

    ONEPLAN = "oneplan", _("full cover within the period")
    ONENOW = "onenow", _("as soon as possible, tried at every pass")
    ONESERIES = "oneseries", _("a series at regular dates")


class Repeat(TextChoices):
    """How often the same areas are to be seen again within the period."""

    NONE = "none", pgettext_lazy("repetition", "once")
    MONTHLY = "monthly", _("every month")
    QUARTERLY = "quarterly", _("every quarter")


class AcquisitionMode(TextChoices):
    """How many views of the ground are taken in one pass."""

    MONO = "mono", _("one view")
    STEREO = "stereo", _("stereo pair")
    TRISTEREO = "tristereo", _("stereo triplet")


class OrderState(TextChoices):
    """Where an order stands: a written function of its items once it is approved."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    CHANGES_REQUESTED = "changes_requested", _("changes requested")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    PLACED = "placed", _("placed with the provider")
    IN_PROGRESS = "in_progress", _("in progress")
    PARTLY_DELIVERED = "partly_delivered", _("partly delivered")
    DELIVERED = "delivered", _("delivered")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")


class ItemState(TextChoices):
    """Where one line of an order stands."""

    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    PLACED = "placed", _("placed with the provider")
    IN_PROGRESS = "in_progress", _("in progress")
    PROPOSED = "proposed", _("image proposed")
    PRODUCING = "producing", _("in production")
    DELIVERED = "delivered", _("delivered")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")


class ReviewState(TextChoices):
    """Where a review stands."""

    OPEN = "open", _("open")
    DECIDED = "decided", _("decided")
    LAPSED = "lapsed", _("lapsed")


class ReviewStage(TextChoices):
    """The levels of a review, in their order (docs/adr/0034). An opinion advises; the office has the last word."""

    SECRETARIAT = "secretariat", pgettext_lazy("stage", "secretariat")
    COMMITTEE = "committee", pgettext_lazy("stage", "committee")
    CNES = "cnes", pgettext_lazy("stage", "opinion of CNES")
    AIRBUS = "airbus", pgettext_lazy("stage", "opinion of Airbus DS")
    FINAL = "final", pgettext_lazy("stage", "final word")


class LineVerdict(TextChoices):
    """What a reviewer says of one line."""

    WHOLE = "whole", pgettext_lazy("line", "granted")
    PART = "part", pgettext_lazy("line", "granted in part")
    REFUSED = "refused", pgettext_lazy("line", "refused")


class ProviderState(TextChoices):
    """Status codes of STAPI 0.1.0 (stapi-pydantic, OrderStatusCode)."""

    RECEIVED = "received", _("received")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")
    SCHEDULED = "scheduled", _("scheduled")
    HELD = "held", _("held")
    PROCESSING = "processing", _("processing")
    RESERVED = "reserved", _("reserved")
    TASKED = "tasked", _("tasked")
    USER_CANCELLED = "user_cancelled", _("cancelled by the user")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")


class DeliveryState(TextChoices):
    """Where a delivery stands."""

    EXPECTED = "expected", _("expected")
    RECEIVING = "receiving", _("receiving")
    CHECKING = "checking", _("checking")
    AVAILABLE = "available", _("available")
    DISPUTED = "disputed", _("disputed")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REJECTED = "rejected", _("rejected")
    FAILED = "failed", _("failed")


class ProposalState(TextChoices):
    """Where an acquisition that a provider proposes stands."""

    PROPOSED = "proposed", _("proposed")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    LAPSED = "lapsed", _("lapsed")


class VoteChoice(TextChoices):
    """What a requester says of a proposed image."""

    ACCEPT = "accept", _("take it for all of my area")
    SPLIT = "split", _("take only what is clear of my area")
    REFUSE = "refuse", _("refuse it for my area")


class PoolState(TextChoices):
    """Where a grouping of requests stands."""

    PROPOSED = "proposed", pgettext_lazy("grouping", "proposed")
    AGREED = "agreed", pgettext_lazy("grouping", "agreed")
    PLACED = "placed", pgettext_lazy("grouping", "placed with the provider")
    CLOSED = "closed", pgettext_lazy("grouping", "closed")
    DISSOLVED = "dissolved", pgettext_lazy("grouping", "dissolved")


class SplitRule(TextChoices):
    """How the cost of a grouping is split between those who agreed to it."""

    KM2 = "km2", _("by area: what several asked for is shared equally, the rest is its asker’s")
    PURSE = "purse", _("by purse: each pays the same share of what it would have paid alone")
    SPONSOR = "sponsor", _("one pays all")


class PoolAnswer(TextChoices):
    """What a party of a grouping said."""

    NONE = "", _("no answer yet")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")


class Leaving(TextChoices):
    """Why a request is no longer in a grouping."""

    DECLINED = "declined", _("declined")
    SILENT = "silent", _("gave no answer in time")
    UNDECIDED = "undecided", _("was not approved in time")
    PURSE_SHORT = "purse_short", _("its envelope does not suffice for all")
    OFFICE = "office", _("dissolved by the office")
    CHANGED = "changed", _("changed its request")
    ENDED = "ended", _("its request is not open any more")
    RIGHT_LOST = "right_lost", _("has lost the right to order this")
    DISSOLVED = "dissolved", _("the grouping was dissolved")


class QuoteState(TextChoices):
    """Where a quote stands."""

    DRAFT = "draft", _("being priced")
    OFFERED = "offered", pgettext_lazy("quote", "offered")
    ACCEPTED = "accepted", pgettext_lazy("quote", "accepted")
    REFUSED = "refused", pgettext_lazy("quote", "refused")
    EXPIRED = "expired", pgettext_lazy("quote", "expired")


class EntryKind(TextChoices):
    """Lines of an envelope's ledger."""

    GRANT = "grant", _("grant")
    ADJUST = "adjust", _("adjustment")
    HOLD = "hold", pgettext_lazy("ledger entry", "held")
    COMMIT = "commit", pgettext_lazy("ledger entry", "committed")
    RELEASE = "release", pgettext_lazy("ledger entry", "released")
    REFUND = "refund", pgettext_lazy("ledger entry", "refunded")
    CARRY = "carry", pgettext_lazy("ledger entry", "carried over")
    PRICE = "price", pgettext_lazy("ledger entry", "price difference")


class PriceBasis(TextChoices):
    """Where the euros of a ledger entry come from, or why it moves none."""

    TARIFF = "tariff", _("by the tariff")
    QUOTE = "quote", _("by the accepted quote")
    PROVIDER = "provider", _("by the price of the provider")
    LINE = "line", _("by the price written on the line")
    HOLD = "hold", _("as it was held")
    BUDGET = "budget", _("budget")
    UNPRICED = "unpriced", _("no price was known: counted as zero")


class Who(TextChoices):
    """Who acts next, or on whom a state waits."""

    REQUESTER = "requester", _("the requester")
    OFFICE = "office", _("the DINAMIS office")
    PROVIDER = "provider", _("the provider")
    DINAMIS = "dinamis", _("DINAMIS, by itself")


class TicketState(TextChoices):
    """Where a ticket of the office stands."""

    OPEN = "open", _("open")
    RESOLVED = "resolved", _("resolved")


class TicketCause(TextChoices):
    """Why the office is told."""

    LATE = "late", _("takes longer than usual")
    SILENT = "silent", _("the provider does not answer")


class EnvelopeKind(TextChoices):
    """Whose an envelope is."""

    PREFINANCED = "prefinanced", _("pre-financed volume")
    PROGRAMME = "programme", _("programme")
    ORGANISATION = "organisation", _("organisation")
    COMMON = "common", _("common pot")


class QuotaSide(TextChoices):
    """Whether an envelope pays, or a rate beyond it is asked."""

    INSIDE = "inside", _("inside the quota")
    OUTSIDE = "outside", _("outside the quota")


class CarryRule(TextChoices):
    """What the next period inherits of what is left."""

    NONE = "none", pgettext_lazy("carried over", "nothing")
    ALL = "all", pgettext_lazy("carried over", "all of it")
    SHARE = "share", pgettext_lazy("carried over", "a share")


class InvoiceState(TextChoices):
    """Where the invoice of a provider stands in the office."""

    RECORDED = "recorded", pgettext_lazy("invoice", "recorded, to be approved")
    APPROVED = "approved", pgettext_lazy("invoice", "approved")
    REJECTED = "rejected", pgettext_lazy("invoice", "rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("invoice", "withdrawn")


class ClosingState(TextChoices):
    """Where the closing of a year stands."""

    PROPOSED = "proposed", pgettext_lazy("closing", "proposed")
    CLOSED = "closed", pgettext_lazy("closing", "closed")
    REFUSED = "refused", pgettext_lazy("closing", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("closing", "withdrawn")


class Cut(TextChoices):
    """By what the account of a year is added up."""

    TOTAL = "total", pgettext_lazy("account", "in all")
    ENVELOPE = "envelope", _("by envelope")
    OWNER = "owner", _("by owner")
    FAMILY = "family", _("by product family")
    PROVIDER = "provider", _("by provider")


class Figure(TextChoices):
    """The columns of the account of a year."""

    OPENING = "opening", _("Left on the first day")
    GRANTED = "granted", _("Granted")
    CARRIED_IN = "carried_in", _("Carried in")
    CARRIED_OUT = "carried_out", _("Carried out")
    HELD = "held", _("Set aside")
    RELEASED = "released", pgettext_lazy("of a budget", "Released")
    PRICE = "price", _("Price differences")
    REFUNDED = "refunded", pgettext_lazy("of a budget", "Refunded")
    CLOSING = "closing", _("Left on the last day")
    COMMITTED = "committed", _("Committed")
    INVOICED = "invoiced", _("Invoiced")
    NOT_INVOICED = "not_invoiced", _("Not yet invoiced")


class Finding(TextChoices):
    """What the ledger and the invoices say of a provider order when they are laid side by side."""

    PRICED = "priced", _("priced differently")
    NOT_ORDERED = "not_ordered", _("invoiced, never ordered")
    NOT_DELIVERED = "not_delivered", _("invoiced, not delivered")
    NOT_INVOICED = "not_invoiced", _("delivered, not invoiced")
    MATCHED = "matched", _("in agreement")
    AWAITED = "awaited", _("neither delivered nor invoiced yet")


class AdjustmentState(TextChoices):
    """Where a change of a budget stands."""

    PROPOSED = "proposed", pgettext_lazy("adjustment", "proposed")
    CONFIRMED = "confirmed", pgettext_lazy("adjustment", "confirmed")
    REFUSED = "refused", pgettext_lazy("adjustment", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("adjustment", "withdrawn")


class StopState(TextChoices):
    """Where the wish to stop a line that is with the provider stands."""

    ASKED = "asked", _("asked of the provider")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")


class JoinState(TextChoices):
    """Where the wish to be a party to somebody's request stands."""

    ASKED = "asked", pgettext_lazy("joining", "asked")
    ACCEPTED = "accepted", pgettext_lazy("joining", "accepted")
    DECLINED = "declined", pgettext_lazy("joining", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("joining", "withdrawn")


class EventKind(TextChoices):
    """What has happened where images are needed every day."""

    ERUPTION = "eruption", _("volcanic eruption")
    EARTHQUAKE = "earthquake", _("earthquake")
    LANDSLIDE = "landslide", _("landslide")
    FLOOD = "flood", _("flood")
    TSUNAMI = "tsunami", _("tsunami")
    STORM = "storm", _("storm or cyclone")
    FIRE = "fire", _("wildfire")


class ActivationState(TextChoices):
    """Where an activation of CIEST² stands."""

    ACTIVE = "active", pgettext_lazy("activation", "under way")
    ENDED = "ended", pgettext_lazy("activation", "ended")
    STOPPED = "stopped", pgettext_lazy("activation", "stopped early")


class HoldBackState(TextChoices):
    """Where the wish to have images for one's own organisation first stands."""

    ASKED = "asked", pgettext_lazy("hold-back", "asked")
    GRANTED = "granted", pgettext_lazy("hold-back", "granted")
    EXTENDED = "extended", pgettext_lazy("hold-back", "extended")
    REFUSED = "refused", pgettext_lazy("hold-back", "not granted")
    RELEASED = "released", pgettext_lazy("hold-back", "over")


class ObligationKind(TextChoices):
    """What is owed for imagery."""

    USAGE_REPORT = "usage_report", _("usage report")
    DESTRUCTION = "destruction", _("certificate of destruction")


class ObligationState(TextChoices):
    """Where an obligation stands; late is computed."""

    DUE = "due", pgettext_lazy("obligation", "due")
    DONE = "done", pgettext_lazy("obligation", "received")
    LIFTED = "lifted", pgettext_lazy("obligation", "lifted by the office")


class SessionState(TextChoices):
    """Where a session of the committee stands."""

    PLANNED = "planned", pgettext_lazy("session", "planned")
    OPEN = "open", pgettext_lazy("session", "open")
    CLOSED = "closed", pgettext_lazy("session", "closed")
    CALLED_OFF = "called_off", pgettext_lazy("session", "called off")


class Attendance(TextChoices):
    """Whether a member is there."""

    AWAITED = "awaited", pgettext_lazy("attendance", "awaited")
    PRESENT = "present", pgettext_lazy("attendance", "present")
    EXCUSED = "excused", pgettext_lazy("attendance", "excused")
    REPRESENTED = "represented", pgettext_lazy("attendance", "represented")


class PaperKind(TextChoices):
    """What a paper of a session says."""

    AGENDA = "agenda", pgettext_lazy("paper", "agenda")
    MINUTES = "minutes", pgettext_lazy("paper", "minutes")
    CORRECTIONS = "corrections", pgettext_lazy("paper", "corrections")


class AgendaOutcome(TextChoices):
    """What became of an order on the agenda of a session."""

    GRANTED = "granted", pgettext_lazy("agenda", "granted")
    IN_PART = "in_part", pgettext_lazy("agenda", "granted in part")
    PASSED_ON = "passed_on", pgettext_lazy("agenda", "favourable, passed on")
    CHANGES = "changes", pgettext_lazy("agenda", "changes asked")
    REFUSED = "refused", pgettext_lazy("agenda", "refused")
    DEFERRED = "deferred", pgettext_lazy("agenda", "deferred")
    WITHDRAWN = "withdrawn", pgettext_lazy("agenda", "withdrawn before")
    ELSEWHERE = "elsewhere", pgettext_lazy("agenda", "decided outside the session")
