# SPDX-License-Identifier: AGPL-3.0-or-later
"""Saving searches, and the mails that tell what is new of them: each image once, however often the task runs."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.catalogue import notifications
from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import ArrivalMark, Collection, SavedSearch
from dinamis.catalogue.models.saved_search import ONE_NAME
from dinamis.catalogue.notifications import New
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.saved_searches import due_searches, new_images, people_due
from dinamis.catalogue.services.arrivals import forget_marks, note_arrivals
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from dinamis.core.keys import refuse_keys
from dinamis.core.personal import register

log = logging.getLogger(__name__)

# What is about a page of the list, not about the search.
PAGES = ("after", "before")
# What a browser sends and our own server reads as an address.
LONGEST_QUERY = 8_000
FIRST_IMAGES = 5


def read_search(query: str, owner: User, *, collections: list[Collection] | None = None) -> SearchForm:
    """Return the form that a saved query fills in; who reads several reads the collections (`choices`) once.

    Raises Invalid when it cannot be run as it stands.
    """
    form = SearchForm(QueryDict(query), user=owner, collections=choices() if collections is None else collections)
    wrong = [f"{form.fields[name].label or name}: {error}" for name in form.errors for error in form.errors[name]]
    if form.suggested and form.found is None:
        wrong.append(_("Several places are called that: choose one first."))
    if wrong:
        raise Invalid(" ".join(wrong), pointer="query", repair=_("Change the search in the catalogue, then save it."))
    return form


def kept_query(query: QueryDict) -> str:
    """Return the part of an address that a search is kept by: the fields of the search that hold something."""
    kept = QueryDict(mutable=True)
    for name in SearchForm.base_fields:
        if name not in PAGES and (values := [value for value in query.getlist(name) if value.strip()]):
            kept.setlist(name, values)
    return kept.urlencode()


def save_search(*, owner: User, name: str, query: QueryDict, alert: str = Alert.OFF) -> SavedSearch:
    """Keep a search under a name; with an alert, what arrives from now on is told.

    Raises Invalid (name, query, limit of searches), KeyForbidden while an API key acts.
    """
    refuse_keys()
    text = kept_query(query)
    if len(text) > LONGEST_QUERY:
        raise Invalid(
            _("This search is too long to be kept."), pointer="query", repair=_("Draw the area with fewer corners.")
        )
    read_search(text, owner)
    most = settings.DINAMIS["SAVED_SEARCHES_MAX"]
    with transaction.atomic():
        # Two savings at once must not both be the last one there is room for.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if owner.saved_searches.count() >= most:
            raise Invalid(
                _("You have %(most)d saved searches, the most there may be.") % {"most": most},
                repair=_("Delete one you do not need any more."),
                code="too_many",
            )
        return _written(SavedSearch(owner=owner, query=text), name, alert)


def change_search(*, owner: User, pk: int, name: str, alert: str) -> SavedSearch:
    """Give a search another name, and its alert another rhythm.

    Raises Invalid (name), SavedSearch.DoesNotExist, KeyForbidden while an API key acts.
    """
    refuse_keys()
    with transaction.atomic():
        return _written(SavedSearch.objects.select_for_update().get(owner=owner, pk=pk), name, alert)


def _written(search: SavedSearch, name: str, alert: str) -> SavedSearch:
    search.name = _checked_name(name)
    if alert == Alert.OFF:
        search.mark = None
    elif search.mark_id is None:
        search.mark = note_arrivals(at=clock.now())
    search.alert = Alert(alert)
    try:
        with transaction.atomic():
            search.save()
    except IntegrityError as error:
        if ONE_NAME not in str(error):
            raise
        raise Invalid(
            _("You have saved a search of this name already."), pointer="name", repair=_("Choose another name.")
        ) from error
    return search


def _checked_name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > 80:
        raise Invalid(_("Give the search a name of at most 80 characters."), pointer="name")
    return clean


def delete_search(*, owner: User, pk: int) -> None:
    """Forget a search. Raises SavedSearch.DoesNotExist, KeyForbidden while an API key acts."""
    refuse_keys()
    SavedSearch.objects.get(owner=owner, pk=pk).delete()


def stop_alerts(*, owner: User) -> int:
    """Turn every alert of a person off; the searches stay. Returns how many were on."""
    alerts = SavedSearch.objects.filter(owner=owner).exclude(alert=Alert.OFF)
    return alerts.update(alert=Alert.OFF, mark=None)


def send_alerts(*, at: datetime) -> int:
    """Tell everybody who is due what is new; returns how many mails were written.

    Beside itself, killed or run again it tells nothing twice and nothing less: a person is locked, and how far they
    were told moves in the transaction that writes their mail. What fails for one person is left for the next run.
    """
    mark = note_arrivals(at=at)
    told = 0
    for person in people_due(at):
        try:
            told += tell(person, mark)
        except Exception:
            log.exception("the alerts of person %s failed", person)
    forget_marks(at=at)
    return told


@transaction.atomic
def tell(person: int, mark: ArrivalMark) -> bool:
    """Write one mail with what is new for a person up to `mark`; tells whether there was anything to write."""
    reader = User.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=person, is_active=True).first()
    if reader is None:
        return False
    due = due_searches(mark.at).filter(owner=reader, mark__lt=mark).select_related("mark")
    with translation.override(reader.language):
        found = [new for search in due.select_for_update(of=("self",)) if (new := _news(search, reader, mark))]
        if found:
            notifications.new_images(reader, found, mark)
    return bool(found)


def _news(search: SavedSearch, reader: User, mark: ArrivalMark) -> New | None:
    """What is new of one search, which then stands at `mark`; one that cannot be run any more is stopped by a mail."""
    assert search.mark is not None
    since = search.mark
    try:
        filters = read_search(search.query, reader).filters
    except Invalid as error:
        search.alert, search.mark = Alert.OFF, None
        search.save(update_fields=["alert", "mark"])
        notifications.alert_stopped(search, reason=str(error), mark=mark)
        return None
    images = new_images(filters, reader, since=since, until=mark)
    search.mark = mark
    search.save(update_fields=["mark"])
    number = images.count()
    first = images.select_related("collection__licence").order_by("-datetime", "-pk")[:FIRST_IMAGES]
    return New(search, number, list(first)) if number else None


def erase_searches(person: User) -> None:
    """Delete the saved searches of an erased account."""
    SavedSearch.objects.filter(owner=person).delete()


register.erasers.append(erase_searches)
