# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from orders.web import (
    basket_files,
    coverage_files,
    download,
    gateway,
    life,
    office,
    proposals,
    read,
    tickets,
    transparency,
    write,
)

app_name = "orders"

urlpatterns = [
    path("d/<str:token>/<str:name>", gateway.gateway, name="gateway"),
    path("catalogue/items/<int:pk>/files/<str:key>/", download.download, name="download"),
    path("coverages/<slug:collection>/<int:year>/files/", coverage_files.files, name="coverage_files"),
    path("basket/files/", basket_files.files, name="basket_files"),
    path("orders/", read.index, name="list"),
    path("orders/new/", write.new, name="new"),
    path("orders/<str:reference>/", read.detail, name="detail"),
    path("orders/<str:reference>/edit/", write.edit, name="edit"),
    path("orders/<str:reference>/submit/", read.submit, name="submit"),
    path("orders/<str:reference>/cancel/", life.cancel, name="cancel"),
    path("orders/<str:reference>/stop/", life.stop, name="stop"),
    path("orders/<str:reference>/take-back/", life.take_back, name="take_back"),
    path("orders/<str:reference>/close/", life.close, name="close"),
    path("orders/<str:reference>/reopen/", life.reopen, name="reopen"),
    path("orders/<str:reference>/deliveries/<int:pk>/dispute/", life.dispute, name="dispute"),
    path("office/orders/<str:reference>/deliveries/<int:pk>/keep/", life.keep, name="keep"),
    path("office/orders/<str:reference>/deliveries/<int:pk>/withdraw/", life.withdraw, name="withdraw"),
    path("orders/<str:reference>/proposals/<int:pk>/", proposals.proposal, name="proposal"),
    path("orders/<str:reference>/proposals/<int:pk>/vote/", proposals.vote, name="proposal_vote"),
    path("orders/<str:reference>/proposals/<int:pk>/quicklook.jpg", proposals.quicklook, name="proposal_quicklook"),
    path("transparency/", transparency.index, name="transparency"),
    path("transparency/figures.csv", transparency.as_csv, name="transparency_csv"),
    path("transparency/figures.json", transparency.as_json, name="transparency_json"),
    path("office/", office.desk, name="desk"),
    path("office/tickets/", tickets.index, name="tickets"),
    path("office/tickets/<int:pk>/resolve/", tickets.resolve, name="ticket_resolve"),
    path("office/orders/<str:reference>/", office.review, name="review"),
    path("office/orders/<str:reference>/claim/", office.claim, name="claim"),
]
