# SPDX-License-Identifier: AGPL-3.0-or-later
from orders.models.absence import Absence
from orders.models.account import YearClosing, YearFigure
from orders.models.acquisition import Acquisition
from orders.models.archive_search import ArchiveSearch
from orders.models.emergency import Activation, ActivationParty, EmergencyScientist
from orders.models.envelope import Adjustment, Envelope, EnvelopeAlert, EnvelopeTally, LedgerEntry, NationalProgramme
from orders.models.fulfilment import Delivery, ProviderOrder
from orders.models.hold_back import HoldBack, ReservedImage
from orders.models.invoice import InvoiceLine, ProviderInvoice, Settlement
from orders.models.kept_request import KeptRequest
from orders.models.life import OfficeTicket, StateDuration, StopRequest
from orders.models.needs import Need
from orders.models.obligation import Obligation, ObligationReminder, Publication
from orders.models.order import Order, OrderItem
from orders.models.paper import SessionPaper
from orders.models.pool import Pool, PoolMember
from orders.models.product_options import ProductOptions
from orders.models.proposal import Proposal, ProposalVote
from orders.models.queue import OrderDemand, OrganisationUse, QueueRule
from orders.models.quote import Feasibility, Quote
from orders.models.review import LineDecision, Recusal, Review
from orders.models.session import AgendaRow, CommitteeSession, Minutes, MinutesNote, SessionMember
from orders.models.shared import JoinRequest, OrderMark
from orders.models.tariff import Tariff
from orders.models.ticket import DownloadTicket, TicketObject
from orders.models.transparency import PublicFigure, Reuse

__all__ = [
    "Absence",
    "Acquisition",
    "Activation",
    "ActivationParty",
    "Adjustment",
    "AgendaRow",
    "ArchiveSearch",
    "CommitteeSession",
    "Delivery",
    "DownloadTicket",
    "EmergencyScientist",
    "Envelope",
    "EnvelopeAlert",
    "EnvelopeTally",
    "Feasibility",
    "HoldBack",
    "InvoiceLine",
    "JoinRequest",
    "KeptRequest",
    "LedgerEntry",
    "LineDecision",
    "Minutes",
    "MinutesNote",
    "NationalProgramme",
    "Need",
    "Obligation",
    "ObligationReminder",
    "OfficeTicket",
    "Order",
    "OrderDemand",
    "OrderItem",
    "OrderMark",
    "OrganisationUse",
    "Pool",
    "PoolMember",
    "ProductOptions",
    "Proposal",
    "ProposalVote",
    "ProviderInvoice",
    "ProviderOrder",
    "PublicFigure",
    "Publication",
    "QueueRule",
    "Quote",
    "Recusal",
    "ReservedImage",
    "Reuse",
    "Review",
    "SessionMember",
    "SessionPaper",
    "Settlement",
    "StateDuration",
    "StopRequest",
    "Tariff",
    "TicketObject",
    "YearClosing",
    "YearFigure",
]
