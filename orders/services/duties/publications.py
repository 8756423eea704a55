# SPDX-License-Identifier: AGPL-3.0-or-later
"""Declaring works in which images were used."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from licensing.models import Project
from orders.domain.doi import normalised
from orders.models import Publication
from orders.selectors.duties.obligations import citable

# SPOT 1 was launched that year: nothing in the catalogue is older.
FIRST_YEAR = 1986
TITLE_LENGTH = 500
MOST_IMAGES = 500


@transaction.atomic
def declare_publication(
    *,
    person: Any,
    organisation: Organisation,
    doi: str,
    title: str,
    year: int,
    items: Sequence[int],
    project: Project | None = None,
) -> Publication:
    """Declare a work by its DOI, with the images (catalogue ids) it used; nothing is asked of a resolver.

    Raises NotPermitted (no active member, a project of others), Invalid (no DOI, declared already by the organisation,
    no title, year, no image, images the organisation neither fetched nor may use).
    """
    if not person.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("You may only declare works of an organisation you belong to."))
    if project is not None and project.organisation_id != organisation.pk:
        raise NotPermitted(_("The project belongs to another organisation."))
    name, clean = _checked_words(doi, title, year)
    images = _checked_images(person, organisation, items)
    try:
        with transaction.atomic():
            row = Publication.objects.create(
                person=person, organisation=organisation, project=project, doi=name, title=clean, year=year
            )
    except IntegrityError as error:
        raise Invalid(
            _("Your organisation has declared this DOI already."),
            pointer="doi",
            repair=_("Remove the former declaration to write another one."),
            code="doi_declared",
        ) from error
    row.items.set(images)
    return row


@transaction.atomic
def remove_publication(*, publication: Publication, actor: Any) -> None:
    """Take a declaration back. Raises NotPermitted to all but who declared it and the référents."""
    if not actor.has_perm("orders.remove_publication", publication):
        raise NotPermitted(_("Only who declared it, or a référent of the organisation, may do this."))
    publication.delete()


def _checked_words(doi: str, title: str, year: int) -> tuple[str, str]:
    name, clean = normalised(doi), " ".join(title.split())
    if not name:
        raise Invalid(
            _("This is no DOI."),
            pointer="doi",
            repair=_("One looks like 10.5281/zenodo.123456, alone or after https://doi.org/."),
            code="doi",
        )
    if not clean or len(clean) > TITLE_LENGTH:
        raise Invalid(
            _("Give the title of the work, of at most %(most)d characters.") % {"most": TITLE_LENGTH}, pointer="title"
        )
    last = clock.today().year + 1
    if not FIRST_YEAR <= year <= last:
        raise Invalid(
            _("Give the year of the publication, from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": last},
            pointer="year",
        )
    return name, clean


def _checked_images(person: Any, organisation: Organisation, items: Sequence[int]) -> list[int]:
    wanted = set(items)
    if not 1 <= len(wanted) <= MOST_IMAGES:
        raise Invalid(_("Name the images that were used, at most %(most)d.") % {"most": MOST_IMAGES}, pointer="items")
    found = set(citable(person, organisation.pk, clock.now()).filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := wanted - found:
        raise Invalid(
            _("Your organisation has no right to some of these images: %(images)s.")
            % {"images": ", ".join(str(pk) for pk in sorted(missing)[:10])},
            pointer="items",
            repair=_("Name images that you downloaded, or may download."),
        )
    return sorted(found)
