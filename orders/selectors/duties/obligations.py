# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is owed for imagery, read from downloads and rights; what of it is known; lists of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Exists, Min, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from dinamis.accounts.models import Organisation, User
from dinamis.catalogue.models import Item
from dinamis.catalogue.models.item import allowed
from dinamis.core import clock, geo
from dinamis.core.periods import months_before
from licensing.enums import Action, EndDuty, EntitlementState, Purpose
from licensing.models import Entitlement, Project
from licensing.selectors.decision import permitted
from orders.enums import ObligationKind, ObligationState
from orders.models import Obligation, Publication, TicketObject

# A licence whose files may be kept for good asks nothing of who used them.
ASKS = ~Q(asset__item__collection__licence__end_duty=EndDuty.KEEP)


@dataclass(frozen=True)
class Owed:
    """A usage report that is owed: by whom, for which project, for downloads from `since` on."""

    person_id: int
    organisation_id: int
    project_id: int | None
    since: datetime


def fetched() -> QuerySet[TicketObject]:
    """Files that were handed over under a licence that asks something of who uses them."""
    return TicketObject.objects.filter(ASKS, fetched_at__isnull=False)


def reports_owed(at: datetime) -> list[Owed]:
    """Return the reports that are owed at `at` and not asked yet: the first download that none covers is
    USAGE_REPORT_MONTHS old, or the project is over. Two queries."""
    covering = Obligation.objects.annotate(of=Coalesce("project", Value(0))).filter(
        kind=ObligationKind.USAGE_REPORT,
        person=OuterRef("ticket__person"),
        organisation=OuterRef("entitlement__organisation"),
        of=Coalesce(OuterRef("ticket__project"), Value(0)),
        since__lte=OuterRef("fetched_at"),
        until__gte=OuterRef("fetched_at"),
    )
    rows = (
        fetched()
        .filter(~Exists(covering), fetched_at__lte=at, ticket__person__is_active=True)
        .values("ticket__person", "entitlement__organisation", "ticket__project")
        .annotate(first=Min("fetched_at"))
        .order_by("first")
    )
    old = months_before(at, settings.DINAMIS["USAGE_REPORT_MONTHS"])
    ended = set(over(Project.objects.all(), at).values_list("pk", flat=True))
    return [
        Owed(row["ticket__person"], row["entitlement__organisation"], row["ticket__project"], row["first"])
        for row in rows
        if row["first"] <= old or row["ticket__project"] in ended
    ]


def over(projects: QuerySet[Project], at: datetime) -> QuerySet[Project]:
    """Return the projects that are over at `at`: ended, or past their last day."""
    return projects.filter(Q(ended_at__lte=at) | Q(ends_on__lt=at.astimezone(clock.PARIS).date()))


def rights_to_account_for(at: datetime) -> QuerySet[Entitlement]:
    """Return the rights of contractors that have ended at `at`, were used, go on under no other right, and of which no
    certificate was asked. Only the last of several successive rights to the same is one."""
    same = {
        "organisation": OuterRef("organisation"),
        "licence": OuterRef("licence"),
        "project": OuterRef("project"),
    }
    others = Entitlement.objects.filter(**same).exclude(pk=OuterRef("pk"))
    ends = OuterRef("period__endswith")
    later = others.filter(Q(period__endswith__gt=ends) | Q(period__endswith=ends, pk__gt=OuterRef("pk")))
    goes_on = others.filter(state=EntitlementState.GRANTED, period__contains=at)
    used = fetched().filter(**{f"entitlement__{name}": value for name, value in same.items()})
    asked = Obligation.objects.filter(entitlement=OuterRef("pk"), kind=ObligationKind.DESTRUCTION)
    ended = Q(period__endswith__lte=at) | Q(state=EntitlementState.REVOKED) | Q(project__in=over_by_hand(at))
    return (
        Entitlement.objects.filter(ended, purpose=Purpose.PUBLIC_ORDER, project__isnull=False)
        .exclude(licence__end_duty=EndDuty.KEEP)
        .filter(~Exists(later), Q(project__in=over_by_hand(at)) | ~Exists(goes_on), Exists(used), ~Exists(asked))
        .select_related("organisation", "licence", "project__owner")
        .order_by("pk")
    )


def over_by_hand(at: datetime) -> QuerySet[Project]:
    """Return the projects that somebody has ended: their rights stop at once (docs/adr/0019)."""
    return Project.objects.filter(ended_at__lte=at)


def facts_of(files: Iterable[TicketObject]) -> dict[str, Any]:
    """Return what is known of files that were fetched: each once with its SHA-256 and first day, images, area in m2."""
    known: dict[int, dict[str, Any]] = {}
    images: dict[int, Item] = {}
    for one in files:
        item = one.asset.item
        images[item.pk] = item
        known.setdefault(
            one.asset_id,
            {
                "item": item.pk,
                "image": str(item),
                "name": one.asset.file_name,
                "sha256": one.asset.sha256,
                "size": one.asset.size,
                "on": one.fetched_at.astimezone(clock.PARIS).date().isoformat() if one.fetched_at else "",
            },
        )
    area = sum(geo.area_m2(geo.to_shapely(image.footprint)) for image in images.values())
    return {"files": list(known.values()), "images": len(images), "area_m2": area}


def files_of_report(owed: Owed, until: datetime) -> QuerySet[TicketObject]:
    """Return the downloads a report is about, the oldest first."""
    return _in_order(
        fetched().filter(
            ticket__person=owed.person_id,
            entitlement__organisation=owed.organisation_id,
            ticket__project=owed.project_id,
            fetched_at__gte=owed.since,
            fetched_at__lte=until,
        )
        if owed.project_id
        else fetched().filter(
            ticket__person=owed.person_id,
            entitlement__organisation=owed.organisation_id,
            ticket__project__isnull=True,
            fetched_at__gte=owed.since,
            fetched_at__lte=until,
        )
    )


def files_of_right(right: Entitlement) -> QuerySet[TicketObject]:
    """Return what the people of an organisation fetched for a project under a licence, the oldest first."""
    return _in_order(
        fetched().filter(
            entitlement__organisation=right.organisation_id,
            entitlement__licence=right.licence_id,
            entitlement__project=right.project_id,
        )
    )


def _in_order(rows: QuerySet[TicketObject]) -> QuerySet[TicketObject]:
    return rows.select_related("asset__item").order_by("fetched_at", "pk")


def commissioner_of(project: Project) -> Organisation | None:
    """Return the organisation named exactly as the body that awarded a contract; None = none, or several."""
    name = project.awarding_body.strip()
    found = list(Organisation.objects.filter(Q(name__iexact=name) | Q(acronym__iexact=name))[:2]) if name else []
    return found[0] if len(found) == 1 and found[0].pk != project.organisation_id else None


def answerable(right: Entitlement) -> User | None:
    """Return who is asked for a contractor: the owner of the project while a member, else its first référent."""
    memberships = right.organisation.memberships.filter(state="active", user__is_active=True)
    assert right.project is not None
    own = memberships.filter(user=right.project.owner_id)
    first = own.first() or memberships.filter(role="referent").order_by("pk").first()
    return first.user if first else None


def mine(user: Any) -> QuerySet[Obligation]:
    """Return what the person owes or answers for: what is due, the next first, then what is over."""
    is_over = Case(When(state=ObligationState.DUE, then=0), default=1)
    return with_names(Obligation.objects.concerning(user)).order_by(is_over, "due_on", "pk")


def listed(*, kind: str = "", state: str = "", q: str = "", today: date) -> QuerySet[Obligation]:
    """Return the office's list, what is still due first; `state` is one of ObligationState or "late"."""
    rows = Obligation.objects.all()
    if kind in ObligationKind.values:
        rows = rows.filter(kind=kind)
    if state == "late":
        rows = rows.filter(state=ObligationState.DUE, due_on__lt=today)
    elif state in ObligationState.values:
        rows = rows.filter(state=state)
    if q.strip():
        text = q.strip()
        rows = rows.filter(
            Q(organisation__name__icontains=text) | Q(person__name__icontains=text) | Q(project__title__icontains=text)
        )
    done = Case(When(state=ObligationState.DUE, then=Value(0)), default=Value(1))
    return with_names(rows).order_by(done, "due_on", "pk")


def with_names(rows: QuerySet[Obligation]) -> QuerySet[Obligation]:
    """Join what a row shows."""
    related = ("person", "organisation", "project", "entitlement__licence", "commissioner", "sent_by")
    return rows.select_related(*related).order_by("due_on", "pk")


def publications_of(user: Any) -> QuerySet[Publication]:
    """Return the publications of the person and of their active organisations."""
    active = Q(organisation__memberships__user=user, organisation__memberships__state="active")
    rows = Publication.objects.filter(Q(person=user) | active).distinct()
    return rows.select_related("person", "organisation").prefetch_related("items")


def publications_about(obligation: Obligation) -> QuerySet[Publication]:
    """Return the publications of the organisation that use an image a report is about."""
    images = {entry["item"] for entry in obligation.facts.get("files", [])}
    rows = Publication.objects.filter(organisation=obligation.organisation_id, items__in=images)
    return rows.distinct()


def citable(person: Any, organisation_id: int, at: datetime) -> QuerySet[Item]:
    """Return the images somebody may say a work of an organisation used: fetched by its people, or allowed to the
    person now."""
    had = TicketObject.objects.filter(
        fetched_at__isnull=False, entitlement__organisation=organisation_id, asset__item=OuterRef("pk")
    )
    rights = permitted(person, Action.DOWNLOAD, project=None, at=at)
    return Item.objects.published().filter(Q(Exists(had)) | allowed(rights) & Q(held=True))


def fetched_by(person: Any, most: int = 100) -> list[Item]:
    """Return the images a person fetched, the last first."""
    last = TicketObject.objects.filter(ticket__person=person, fetched_at__isnull=False)
    rows = Item.objects.published().filter(assets__in=last.values("asset")).distinct()
    return list(rows.select_related("collection__licence").order_by("-datetime", "pk")[:most])


def used_in(item_id: int) -> QuerySet[Publication]:
    """Return the works that used an image; one row for each DOI."""
    return Publication.objects.filter(items=item_id).order_by("doi", "pk").distinct("doi")


def works_of_year(year: int | None) -> int:
    """Return how many works of a year (None = of all) were declared, each DOI counted once; they are public."""
    rows = Publication.objects.filter(year=year) if year else Publication.objects.all()
    return rows.values("doi").distinct().count()
