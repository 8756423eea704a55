# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings: the page each party reads and answers on, and the office's page of all of them."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dinamis.core import clock, geo
from dinamis.core.http import whole_number
from dinamis.core.models import StateChange
from licensing.web.support import act, attempt
from orders.enums import PoolState, SplitRule
from orders.models import Pool
from orders.selectors.fulfilment.pools import LIVING, near_misses, parties, shapes, terms_of, union_seen
from orders.services.fulfilment import pooling
from orders.web.fulfilment.pool_forms import ProposalForm
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only

PER_PAGE = 50
TONES = {
    PoolState.PROPOSED: "act",
    PoolState.AGREED: "wait",
    PoolState.PLACED: "progress",
    PoolState.CLOSED: "ok",
    PoolState.DISSOLVED: "over",
}


@login_required
@require_safe
def detail(request, reference):
    """What is bought together, one's own part, what it saves, what each said; accept or decline."""
    pool = _pool_or_404(request.user, reference)
    seen = parties(pool, request.user)
    alone_m2, alone_cents = (sum(getattr(p.member, name) for p in seen) for name in ("alone_m2", "alone_cents"))
    living = pool.state in LIVING
    context = {
        "pool": pool,
        "tone": TONES[PoolState(pool.state)],
        "parties": seen,
        "waiting": [party for party in seen if party.may_answer and not party.member.answer],
        "leaving": [party for party in seen if party.may_answer and party.member.answer],
        "alone_m2": alone_m2,
        "alone_cents": alone_cents,
        "saved_m2": alone_m2 - pool.billed_m2,
        "saved_cents": alone_cents - pool.price_cents,
        "terms": terms_of(pool),
        "may_sponsor": pool.rule != SplitRule.SPONSOR,
        "may_dissolve": living and request.user.has_perm("orders.dissolve_pool", pool),
        "end": _end(pool),
        "aoi": geo.to_geojson(union_seen(pool, seen)),
        "shapes": shapes(seen),
        "blurred": not all(party.exact for party in seen),
    }
    return render(request, "orders/fulfilment/pool.html", context)


@login_required
@require_POST
def accept(request, reference):
    """Accept for one's own request; `sponsor` offers to pay for all."""
    pool = _pool_or_404(request.user, reference)
    return act(
        request,
        lambda: pooling.accept(
            pool=pool,
            line=_line(request),
            actor=request.user,
            sponsor=request.POST.get("sponsor") == "on",
            expected_version=version_of(request),
        ),
        done=_("You have accepted. The others are asked too; your request keeps its place in the queue."),
        to=reverse("orders:pool", args=[reference]),
    )


@login_required
@require_POST
def decline(request, reference):
    """Decline for one's own request, or leave."""
    pool = _pool_or_404(request.user, reference)
    return act(
        request,
        lambda: pooling.decline(
            pool=pool,
            line=_line(request),
            actor=request.user,
            words=request.POST.get("words", ""),
            expected_version=version_of(request),
        ),
        done=_("You have declined. Your request stands as it stood before, in the same place of the queue."),
        to=reverse("orders:pool", args=[reference]),
    )


@office_only
@require_POST
def dissolve(request, reference):
    """End a grouping, with words for the parties."""
    pool = _pool_or_404(request.user, reference)
    return act(
        request,
        lambda: pooling.dissolve(
            pool=pool,
            actor=request.user,
            words=request.POST.get("words", ""),
            expected_version=version_of(request),
        ),
        done=_("The grouping is dissolved; every request keeps its place in the queue."),
        to=reverse("orders:pool", args=[reference]),
    )


@office_only
def office(request):
    """All groupings, what overlaps without fitting together and why, and a form to propose one."""
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = []

        def write():
            made.append(
                pooling.propose_by_office(
                    lines=form.cleaned_data["orders"],
                    actor=request.user,
                    rule=SplitRule(form.cleaned_data["rule"]) if form.cleaned_data["rule"] else None,
                )
            )

        if attempt(form, write):
            return redirect("orders:pool", made[0].reference)
    pools = Pool.objects.prefetch_related("members__line__order__organisation")
    page = Paginator(pools, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"pool": pool, "tone": TONES[PoolState(pool.state)], "names": _names(pool)} for pool in page]
    context = {"page_obj": page, "rows": rows, "form": form, "near_misses": near_misses(at=clock.now())}
    return render(request, "orders/fulfilment/pools.html", context)


def _pool_or_404(user, reference):
    pool = Pool.objects.visible_to(user).filter(reference=reference).first()
    if pool is None:
        raise Http404
    return pool


def _line(request):
    return whole_number(request.POST.get("line")) or 0


def _end(pool):
    """Who dissolved it, and the words, when it is dissolved."""
    changes = StateChange.objects.filter(
        aggregate=Pool.machine.aggregate, object_id=pool.pk, to_state=PoolState.DISSOLVED
    )
    return changes.last()


def _names(pool):
    return ", ".join(sorted({member.line.order.organisation.name for member in pool.members.all()}))
