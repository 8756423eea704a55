# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year for who leads an organisation: read, never changed."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orders.account_words import tables_of
from orders.selectors.money.accounts import years_of_account
from orders.selectors.money.own_accounts import own_accounts


@login_required
@require_safe
def index(request, year=None):
    """What the envelopes of one's organisation had, spent and have left in a year, this one unless told."""
    years = years_of_account()
    year = year or years[0]
    accounts = own_accounts(request.user, year) if year in years else []
    if not accounts:
        raise Http404
    tabs = [
        {"label": str(one), "url": reverse("orders:own_account", args=[one]), "current": one == year} for one in years
    ]
    context = {
        "year": year,
        "tabs": tabs,
        "closed": accounts[0][1].closing,
        "accounts": [
            {"organisation": one, "tables": [table for table in tables_of(account) if table.lines]}
            for one, account in accounts
        ],
    }
    return render(request, "orders/money/own_account.html", context)
