# SPDX-License-Identifier: AGPL-3.0-or-later
"""The coded reasons of orders. A history keeps the code; its words are translated when it is shown.

A code means one thing wherever it is used, so `label_of` needs nothing else; `SUBJECTS` says which codes an act may
carry. To add one: a row in `LABELS`, its name under the subjects that may use it.
"""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dinamis.core.exceptions import Invalid

LABELS: dict[str, Any] = {
    # The office approves, wholly or in part.
    "need_established": _("the need is established"),
    "conditions": _("with the conditions written below"),
    "already_held": _("images that are held already answer the need"),
    "pooled": _("another request covers this part"),
    "outside_project": _("this part does not serve the project"),
    "envelope_short": _("the envelope does not suffice for all of it"),
    "area_restricted": _("images of this place may not be ordered"),
    "not_feasible": _("the provider cannot take or make it"),
    "scene_unusable": _("clouds or defects make this image unusable"),
    # The office refuses.
    "need_not_shown": _("the need is not shown"),
    "wrong_purpose": _("the intended use is not covered"),
    "opinion": _("an opinion is unfavourable"),
    "no_budget": _("no envelope can pay"),
    "duplicate": _("the same request exists already"),
    "obligations_due": _("obligations of earlier orders are not met"),
    # The office asks for changes.
    "unclear_need": _("the need is not clear"),
    "area_too_large": _("the area is larger than the need"),
    "wrong_area": _("the area is not the right one"),
    "wrong_period": _("the period does not fit the need"),
    "options": _("the options do not fit the need"),
    "project_incomplete": _("the project is not described well enough"),
    # Opinions, the committee.
    "favourable": _("favourable opinion"),
    "favourable_with_conditions": _("favourable opinion with conditions"),
    "unfavourable": _("unfavourable opinion"),
    "passed_on": _("passed on to the next stage"),
    # The committee defers.
    "information_awaited": _("information is awaited"),
    "time_short": _("there was no time for it"),
    # Who may not decide.
    "same_organisation": _("belongs to the organisation that asks"),
    "project_partner": _("takes part in the project"),
    "personal_interest": _("has a personal interest"),
    # The requester, the office or the provider ends it.
    "not_needed": _("not needed any more"),
    "found_elsewhere": _("found elsewhere"),
    "mistake": _("ordered by mistake"),
    "project_ended": _("the project has ended"),
    "enough_delivered": _("what was delivered suffices"),
    "season_over": _("the useful season is over"),
    "price_changed": _("the price has changed"),
    "emergency": _("an emergency"),
    "event_over": _("the event is over"),
    # A delivery is disputed.
    "clouds_over_area": _("clouds over the area that was asked"),
    "haze": _("haze or smoke"),
    "wrong_place": _("not the place that was asked"),
    "part_missing": _("a part of the area is missing"),
    "files_damaged": _("files are missing or damaged"),
    "wrong_options": _("not the options that were ordered"),
    "radiometry": _("defects of the radiometry"),
    "geometry": _("defects of the geometry"),
    # A proposed image is refused.
    "snow": _("snow"),
    "shadows": _("shadows or a low sun"),
    "incidence": _("the view is too oblique"),
    "too_early": _("too early in the season"),
    "too_late": _("too late in the season"),
    # DINAMIS does it by itself, or the office does what a ticket told it of.
    "moved_on": _("it moved on by itself"),
    "handled": _("handled by the office"),
    "closed_by_time": _("nothing was left to do"),
    "shared": _("others wait for the same image"),
    "stop_too_late": _("it was too late to stop it"),
    "not_bought": _("nothing had been bought yet"),
    # A closed order is reopened; a disputed delivery is kept or withdrawn.
    "defect_found": _("a defect was found afterwards"),
    "files_needed": _("files are still needed"),
    "as_ordered": _("it is what was ordered"),
    "defect_confirmed": _("the defect is confirmed: the image is asked again"),
    # A hold-back is granted in part or not at all, extended, ended by the office.
    "too_long": _("the need does not justify so long a time"),
    "needed_by_others": _("others need these images now"),
    "several_parties": _("several organisations share the images"),
    "work_delayed": _("the work takes longer than foreseen"),
    "published": _("the results are published"),
    # What a provider invoices differs from what was spent, and the office says why it may.
    "rounding": _("rounded by the provider"),
    "discount": _("a discount of the provider"),
    "supplement": _("a supplement that was agreed"),
    "credit_awaited": _("a credit note is awaited"),
    "invoice_awaited": _("the invoice is awaited"),
    "free_of_charge": _("not charged by the provider"),
    "paid_in_advance": _("invoiced before the delivery, as agreed"),
    "other_budget": _("ordered and paid outside DINAMIS"),
    # A quote is refused, or ends by itself.
    "too_expensive": _("the price is too high"),
    "quote_overdue": _("the day until which it stood has passed"),
    "order_over": _("the order it was for is over"),
    # How an acquisition ends.
    "acquired": _("the area is acquired"),
    "partly_acquired": _("a part of the area was not acquired within the period"),
    "not_acquired": _("nothing was acquired within the period"),
    "voted": _("everybody concerned has answered"),
    "deadline": _("the deadline has passed: the default stands for those who did not answer"),
    "no_quorum": _("too few answered before the deadline"),
    # What a provider, or its production, says.
    "rejected_by_operator": _("the provider does not take this order"),
    "production_failed": _("the image could not be made"),
    "unavailable": _("the provider cannot deliver this image any more"),
    "cancelled": _("the provider cancelled it"),
    "user_cancelled": _("it was cancelled as asked"),
    "expired": _("the time for making the image has passed"),
    "no_acquisition_in_period": _("no image was taken within the period"),
    "other": _("other: see the words"),
}

SUBJECTS: dict[str, tuple[str, ...]] = {
    "approve": ("need_established", "conditions"),
    # What is not granted of an order that is: a line, or a part of one.
    "approve_part": (
        "need_not_shown",
        "already_held",
        "pooled",
        "outside_project",
        "envelope_short",
        "area_restricted",
        "not_feasible",
        "scene_unusable",
        "other",
    ),
    "refuse": (
        "need_not_shown",
        "already_held",
        "wrong_purpose",
        "opinion",
        "no_budget",
        "duplicate",
        "area_restricted",
        "not_feasible",
        "obligations_due",
        "other",
    ),
    "changes": (
        "unclear_need",
        "area_too_large",
        "wrong_area",
        "wrong_period",
        "options",
        "project_incomplete",
        "other",
    ),
    "pass_on": ("passed_on", "conditions"),
    "defer": ("information_awaited", "time_short", "other"),
    "opinion": ("favourable", "favourable_with_conditions", "unfavourable"),
    "recuse": ("same_organisation", "project_partner", "personal_interest", "other"),
    "cancel": ("not_needed", "found_elsewhere", "mistake", "project_ended", "price_changed", "other"),
    "stop": ("enough_delivered", "not_needed", "season_over", "found_elsewhere", "project_ended", "other"),
    "activate": ("emergency",),
    "activation_stopped": ("event_over", "enough_delivered", "mistake", "other"),
    "dispute": (
        "clouds_over_area",
        "haze",
        "wrong_place",
        "part_missing",
        "files_damaged",
        "wrong_options",
        "radiometry",
        "geometry",
        "other",
    ),
    "quote_ends": ("quote_overdue", "order_over", "price_changed", "not_feasible"),
    "acquisition_ends": ("acquired", "partly_acquired", "not_acquired"),
    "proposal_decided": ("voted", "deadline", "no_quorum"),
    "quote_refused": ("too_expensive", "not_needed", "options", "other"),
    "proposal_refused": (
        "clouds_over_area",
        "haze",
        "snow",
        "shadows",
        "incidence",
        "too_early",
        "too_late",
        "part_missing",
        "other",
    ),
    "by_itself": ("moved_on", "closed_by_time"),
    "ticket": ("handled",),
    "stop_answer": ("shared", "stop_too_late", "not_bought", "other"),
    "provider_ends": (
        "rejected_by_operator",
        "production_failed",
        "unavailable",
        "cancelled",
        "user_cancelled",
        "expired",
        "no_acquisition_in_period",
    ),
    "settle_priced": ("rounding", "discount", "supplement", "credit_awaited", "other"),
    "settle_not_ordered": ("other_budget", "credit_awaited", "other"),
    "settle_not_delivered": ("paid_in_advance", "credit_awaited", "other"),
    "settle_not_invoiced": ("free_of_charge", "invoice_awaited", "other"),
    "reopen": ("defect_found", "files_needed", "mistake", "other"),
    "hold_back_limited": ("need_not_shown", "too_long", "needed_by_others", "several_parties", "other"),
    "hold_back_extended": ("work_delayed", "other"),
    "hold_back_ended": ("needed_by_others", "published", "project_ended", "other"),
    "keep": ("as_ordered", "other"),
    "withdraw": ("defect_confirmed", "other"),
}
# The code that says nothing by itself: words are due with it.
OTHER = "other"
WORDS_DUE = _("“Other” needs words: write one sentence the other side can read.")


def codes(subject: str) -> tuple[str, ...]:
    """Return the codes an act on `subject` may carry, in the order they are shown."""
    return SUBJECTS[subject]


def choices(subject: str) -> list[tuple[str, Any]]:
    """Return (code, label) for a form field."""
    return [(code, LABELS[code]) for code in SUBJECTS[subject]]


def label_of(code: str) -> str:
    """Return the words of a code in the language in use; a code that is not known any more is shown as it is."""
    return str(LABELS.get(code, code))


def check_reason(subject: str, code: str, words: str, *, pointer: str = "reason_code") -> None:
    """Refuse a code that `subject` does not have, and "other" without words.

    Raises Invalid, naming `pointer` or `words`.
    """
    if code not in SUBJECTS[subject]:
        raise Invalid(gettext("Choose a reason."), pointer=pointer, repair=gettext("One of those that the list names."))
    if code == OTHER and not words.strip():
        raise Invalid(str(WORDS_DUE), pointer="words")
