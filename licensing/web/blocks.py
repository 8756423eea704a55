# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's pages on blocks: who is kept out, a new one with its effect first, lifting."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.core import clock
from dinamis.core.widgets import DayInput
from licensing.enums import BlockSubject, LicenceKind
from licensing.models import Block, Licence
from licensing.selectors.block import BlockRow, block_standing, blocks
from licensing.services.block import BlockWanted, create_block, impact_of_block, lift_block
from licensing.web.review_forms import WordsForm
from licensing.web.support import act, attempt, moderators_only

PER_PAGE = 50


class BlockForm(forms.Form):
    """Whom or what to keep out, under which licence, from when until when, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Block"), choices=BlockSubject.choices, widget=forms.RadioSelect)
    subject = forms.CharField(
        label=gettext_lazy("Which one"),
        max_length=255,
        help_text=gettext_lazy(
            "The e-mail address of a person; SIRET, ROR or exact name of an organisation; SHA-256 of a document."
        ),
    )
    licence = forms.ModelChoiceField(
        label=gettext_lazy("Under the licence"),
        queryset=Licence.objects.filter(kind=LicenceKind.PRODUCT),
        required=False,
        empty_label=gettext_lazy("every licence"),
    )
    first_day = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("Today begins at once. Days are those of Paris."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("Empty: until it is lifted."),
    )
    words = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Whoever is kept out reads it."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def wanted(self) -> BlockWanted:
        """Return what the verbs take."""
        return BlockWanted(**{name: value for name, value in self.cleaned_data.items() if name != "key"})


@moderators_only
def block_list(request):
    """List the blocks, those in force with the form that lifts them."""
    at = clock.now()
    page = Paginator(blocks(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [BlockRow(block, block_standing(block, at)) for block in page]
    return render(request, "licensing/office/blocks.html", {"page_obj": page, "rows": rows})


@moderators_only
def block_new(request):
    """Block somebody; the first button shows the effect, the second makes it so."""
    initial = {name: request.GET.get(name, "") for name in ("kind", "subject")}
    form = BlockForm(request.POST or None, initial={**initial, "key": uuid4(), "first_day": clock.today()})
    impact = None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            impact = _tried(request, form)
        elif attempt(form, lambda: _created(request, form)):
            messages.success(request, _("The block is in place, and whoever is kept out is told."))
            return redirect("licensing:blocks")
    context = {"form": form, "impact": impact}
    return render(request, "licensing/office/block_new.html", context, status=422 if form.errors else 200)


def _tried(request, form):
    effect = []
    attempt(form, lambda: effect.append(impact_of_block(wanted=form.wanted(), actor=request.user)))
    return effect[0] if effect else None


def _created(request, form):
    create_block(wanted=form.wanted(), actor=request.user, key=form.cleaned_data["key"])


@moderators_only
@require_POST
def block_lift(request, pk):
    """Lift a block before its time."""
    block = get_object_or_404(Block, pk=pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: lift_block(block=block, words=words, actor=request.user),
        done=_("The block is lifted."),
        to="licensing:blocks",
    )
