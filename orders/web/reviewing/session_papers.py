# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a session: files that a task has drawn, or the word that they are being prepared; CSV and text."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.http import require_safe

from dinamis.core import clock
from dinamis.core.handover import accel_response
from orders.enums import PaperKind
from orders.models import CommitteeSession
from orders.selectors.reviewing.papers import sheet_of
from orders.services.reviewing import minutes
from orders.services.reviewing.session_papers import as_csv, ask_paper

# A paper that is not there after so long takes longer than it should.
SOON = timedelta(minutes=2)


@login_required
@require_safe
def paper(request, pk, name):
    """Hand over a paper in the language of the page or of `lang`; a PDF that nobody asked for is drawn first."""
    row = get_object_or_404(CommitteeSession.objects.visible_to(request.user), pk=pk)
    what, _dot, ending = name.partition(".")
    lang = request.GET.get("lang", translation.get_language())
    if what not in PaperKind.values or lang not in dict(settings.LANGUAGES):
        raise Http404
    sheet = sheet_of(row, PaperKind(what), lang, request.user)
    if sheet is None:
        raise Http404
    if ending == "pdf":
        return _drawn(request, sheet)
    content, media = _written(row, sheet, ending)
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(sheet, ending)}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _drawn(request, sheet):
    """The file; until it is there a page that says so, and looks again by itself where scripts run."""
    kept = ask_paper(sheet)
    if kept.is_drawn and not request.htmx:
        return accel_response(kept.storage_key, file_name=_file_name(sheet, "pdf"), media_type="application/pdf")
    context = {"session": sheet.session, "sheet": sheet, "paper": kept, "late": clock.now() - kept.asked_at > SOON}
    template = "orders/reviewing/session/_waits.html" if request.htmx else "orders/reviewing/session/waits.html"
    response = render(request, template, context, status=200 if request.htmx else 202)
    response["Cache-Control"] = "private, no-store"
    return response


def _written(session, sheet, ending):
    with translation.override(sheet.language):
        if ending == "csv" and sheet.kind != PaperKind.CORRECTIONS:
            return as_csv(sheet.facts), "text/csv; charset=utf-8"
        if ending == "txt" and sheet.kind == PaperKind.MINUTES:
            # The text as it was made; who may not read all of it is given what they may.
            hidden = sheet.facts["hidden"]
            text = minutes.text_of(sheet.facts, sheet.language) if hidden else session.minutes.texts[sheet.language]
            return text, "text/plain; charset=utf-8"
    raise Http404


def _file_name(sheet, ending):
    return f"{sheet.kind}-{sheet.number}-{sheet.language}.{ending}"
