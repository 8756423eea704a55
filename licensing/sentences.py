# SPDX-License-Identifier: AGPL-3.0-or-later
"""What licensing keeps in words of ours: in requests to belong, histories and titles of documents."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.sentences import Sentence

BY_MERGER = Sentence("licensing.by_merger", _("Comes from %(name)s by merger."))
FILES_ADHESION = Sentence("licensing.files_adhesion", _("Files the adhesion."))
NEW_REPRESENTATIVE = Sentence("licensing.new_representative_document", _("Document of the new legal representative"))
OTHER_PERSON = Sentence("licensing.other_person", _("Not the legal representative; named: %(person)s."))
RENEWAL = Sentence("licensing.renewal", _("Renewal."))
UNDECIDED = Sentence(
    "licensing.undecided",
    _("You have filed the adhesion of %(organisation)s, which is not decided: withdraw it first."),
)
