# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from licensing.web import organisation

app_name = "accounts"

VERBS = ("activate", "decline", "remove", "leave")

urlpatterns = [
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/join/", organisation.join, name="join"),
    *(
        path(
            f"organisation/members/<int:pk>/{verb}/", organisation.membership_act, {"verb": verb}, name=f"member_{verb}"
        )
        for verb in VERBS
    ),
]
