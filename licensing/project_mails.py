# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about projects."""

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from dinamis.accounts.models import User
from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail
from licensing.models import Project


def project_ended(project: Project) -> None:
    """Tell owner, members and référents, but who ended it, that nothing is allowed for it any more, and why."""
    concerned = Q(pk=project.owner_id) | Q(projects_joined=project) | Q(pk__in=referents(project.organisation))
    for person in User.objects.filter(concerned, is_active=True).distinct().order_by("pk"):
        if person.pk == project.ended_by_id:
            continue
        queue_mail(
            "licensing/mail/project_ended",
            to=person.email,
            language=person.language,
            context={
                "title": project.title,
                "organisation": project.organisation.name,
                "who": str(project.ended_by),
                "words": project.ended_words,
                "url": settings.SITE_URL + reverse("licensing:project", args=[project.pk]),
            },
            key=f"project_ended:{project.pk}:{person.pk}",
        )
