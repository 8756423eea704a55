# SPDX-License-Identifier: AGPL-3.0-or-later
"""The partner API, version 1. Every resource is listed here; whatever else is asked is a problem+json 404."""

from django.urls import path, re_path

from dinamis.accounts.api.me import Me
from dinamis.accounts.api.views import NotFoundView
from dinamis.catalogue.api.areas import Areas
from dinamis.catalogue.api.decisions import Decisions
from dinamis.catalogue.api.items import Items, ItemView
from dinamis.catalogue.api.publishing import PublishingRights
from dinamis.core.api.pages import home, openapi
from licensing.api import adhesions, entitlements, projects
from licensing.api.organisations import OrganisationView
from licensing.api.rights import Rights
from orders.api import emergencies, obligations, orders, pools, quotes
from orders.api import proposals as proposed
from orders.api.checks import Checks
from orders.api.envelopes import Envelopes
from orders.api.following import Mark, Timeline
from orders.api.products import Products
from orders.api.queue import QueuePlace
from orders.api.tickets import Tickets

app_name = "api"

urlpatterns = [
    path("", home, name="home"),
    path("openapi.json", openapi, name="openapi"),
    path("me", Me.as_view(), name="me"),
    path("rights", Rights.as_view(), name="rights"),
    path("projects", projects.Projects.as_view(), name="projects"),
    path("projects/<int:pk>", projects.Project.as_view(), name="project"),
    path("projects/<int:pk>/end", projects.End.as_view(), name="project_end"),
    path("projects/<int:pk>/members", projects.Members.as_view(), name="project_members"),
    path("projects/<int:pk>/members/<int:person>", projects.Member.as_view(), name="project_member"),
    path("organisations/<int:pk>", OrganisationView.as_view(), name="organisation"),
    path("entitlements", entitlements.Entitlements.as_view(), name="entitlements"),
    path("entitlements/<int:pk>", entitlements.Entitlement.as_view(), name="entitlement"),
    path("entitlement-changes", entitlements.EntitlementChanges.as_view(), name="entitlement_changes"),
    path("decisions", Decisions.as_view(), name="decisions"),
    path("areas", Areas.as_view(), name="areas"),
    path("items", Items.as_view(), name="items"),
    path("items/<int:pk>", ItemView.as_view(), name="item"),
    path("publishing-rights", PublishingRights.as_view(), name="publishing_rights"),
    path("products", Products.as_view(), name="products"),
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/<str:reference>", orders.OrderView.as_view(), name="order"),
    path("orders/<str:reference>/queue", QueuePlace.as_view(), name="order_queue"),
    path("orders/<str:reference>/timeline", Timeline.as_view(), name="order_timeline"),
    path("orders/<str:reference>/mark", Mark.as_view(), name="order_mark"),
    path("orders/<str:reference>/submit", orders.Submit.as_view(), name="order_submit"),
    path("orders/<str:reference>/cancel", orders.Cancel.as_view(), name="order_cancel"),
    path("orders/<str:reference>/feasibility", quotes.Feasibilities.as_view(), name="order_feasibility"),
    path("orders/<str:reference>/quotes", quotes.Quotes.as_view(), name="order_quotes"),
    path("orders/<str:reference>/quotes/<str:number>.pdf", quotes.QuotePdf.as_view(), name="order_quote_pdf"),
    path("orders/<str:reference>/quotes/<str:number>", quotes.QuoteView.as_view(), name="order_quote"),
    path("orders/<str:reference>/quotes/<str:number>/accept", quotes.AcceptQuote.as_view(), name="order_quote_accept"),
    path("emergencies", emergencies.Emergencies.as_view(), name="emergencies"),
    path("emergencies/<str:reference>", emergencies.EmergencyView.as_view(), name="emergency"),
    path("envelopes", Envelopes.as_view(), name="envelopes"),
    path("proposals", proposed.Proposals.as_view(), name="proposals"),
    path("proposals/<int:pk>", proposed.ProposalView.as_view(), name="proposal"),
    path("proposals/<int:pk>/votes", proposed.Votes.as_view(), name="proposal_votes"),
    path("checks", Checks.as_view(), name="checks"),
    path("pools", pools.Pools.as_view(), name="pools"),
    path("pools/<str:reference>", pools.PoolView.as_view(), name="pool"),
    path("pools/<str:reference>/accept", pools.Accept.as_view(), name="pool_accept"),
    path("pools/<str:reference>/decline", pools.Decline.as_view(), name="pool_decline"),
    path("obligations", obligations.Obligations.as_view(), name="obligations"),
    path("publications", obligations.Publications.as_view(), name="publications"),
    path("tickets", Tickets.as_view(), name="tickets"),
    path("adhesions", adhesions.Adhesions.as_view(), name="adhesions"),
    path("adhesions/<int:pk>", adhesions.AdhesionView.as_view(), name="adhesion"),
    path("adhesions/<int:pk>/claim", adhesions.Claim.as_view(), name="adhesion_claim"),
    path("adhesions/<int:pk>/approve", adhesions.Approve.as_view(), name="adhesion_approve"),
    path("adhesions/<int:pk>/refuse", adhesions.Refuse.as_view(), name="adhesion_refuse"),
    path("adhesions/<int:pk>/request-changes", adhesions.RequestChanges.as_view(), name="adhesion_request_changes"),
    re_path(r"^.*$", NotFoundView.as_view(), name="not_found"),
]
