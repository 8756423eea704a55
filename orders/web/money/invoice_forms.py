# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the office about invoices of providers and what differs from the ledger."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from licensing.services.evidence import too_large
from orders.domain.invoice_lines import WantedLine
from orders.reasons import choices
from orders.selectors.money.reconciliation import Compared
from orders.web.money.envelope_forms import MOST_EUROS, area_field, cents_of, day_field, euros_field, m2_of

LINES_HELP = _("The first line reads: reference,part,km2,unit_price,amount. One order on each line below.")


class InvoiceForm(forms.Form):
    """An invoice to record, with its document and, if wanted, its lines."""

    provider = forms.ChoiceField(label=_("Provider"))
    number = forms.CharField(label=_("Number of the invoice"), max_length=60)
    day = day_field(_("Date of the invoice"))
    first_day = day_field(_("First day invoiced"))
    last_day = day_field(_("Last day invoiced"))
    net = euros_field(_("Amount before tax, in euros"), least=-MOST_EUROS, help_text=_("Below zero for a credit note."))
    gross = euros_field(_("Amount after tax, in euros"), least=-MOST_EUROS)
    file = forms.FileField(label=_("Document"), help_text=_("PDF, at most 10 MB."), allow_empty_file=True)
    lines = forms.FileField(label=_("Lines as CSV"), required=False, help_text=LINES_HELP, allow_empty_file=True)

    def __init__(self, *args: Any, cut: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {name: settings.DINAMIS["PROVIDER_LABELS"].get(name, name) for name in settings.PROVIDERS}
        provider: Any = self.fields["provider"]
        provider.choices = list(names.items())
        if cut:
            error = too_large()
            self.fields["file"].error_messages["required"] = f"{error} {error.repair}"

    def said(self) -> dict[str, Any]:
        """Return the arguments of the verb."""
        data = dict(self.cleaned_data)
        lines = data.pop("lines")
        return {
            "net_cents": cents_of(data.pop("net")),
            "gross_cents": cents_of(data.pop("gross")),
            "upload": data.pop("file"),
            "lines": lines.read() if lines else None,
            **data,
        }


class LinesForm(forms.Form):
    """A CSV that replaces the lines of an invoice."""

    file = forms.FileField(label=_("CSV file"), help_text=LINES_HELP, allow_empty_file=True)


class LineForm(forms.Form):
    """One line of an invoice."""

    # Under which field of the form what is wrong with a column is shown.
    pointers: ClassVar[dict[str, str]] = {"km2": "area", "unit_price": "unit"}

    reference = forms.CharField(label=_("Reference of the order"), max_length=60)
    part = forms.IntegerField(
        label=_("Part"),
        min_value=1,
        max_value=999,
        initial=1,
        help_text=_("An order that is invoiced in parts: 1, 2, 3…"),
    )
    area = area_field(_("Area in km²"), least=0, required=False)
    unit = euros_field(_("Price of a km², in euros"), least=0, required=False)
    amount = euros_field(_("Amount before tax, in euros"), least=-MOST_EUROS)

    def wanted(self) -> WantedLine:
        """Return the line that is asked for."""
        data = self.cleaned_data
        unit: Decimal | None = data["unit"]
        return WantedLine(
            reference=data["reference"].strip(),
            amount_cents=cents_of(data["amount"]),
            area_m2=m2_of(data["area"]),
            unit_cents=None if unit is None else cents_of(unit),
            part=data["part"],
        )


class SettleForm(forms.Form):
    """Why a difference may stand."""

    code = forms.ChoiceField(label=_("Reason"))
    words = forms.CharField(label=_("Words"), max_length=2000, required=False)

    def __init__(self, row: Compared, data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_{row.reference}_%s")
        self.reference = row.reference
        code: Any = self.fields["code"]
        code.choices = choices(f"settle_{row.finding}")
