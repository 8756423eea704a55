# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the people page says: who one can be, and the path in six steps."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from dinamis.demo import addresses, second_factors
from dinamis.demo.people import PASSWORD, PEOPLE, Person


@dataclass(frozen=True)
class Shown:
    """A person as the page shows them; `form` holds the hidden fields of the sign-in form, None without account;
    `code` what their authenticator application shows now.
    """

    person: Person
    initials: str
    form: dict[str, str] | None
    code: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the path: what to do, as whom, and where."""

    title: str
    text: str
    who: str
    url: str
    action: str


def url_of(name: str, *args: Any) -> str:
    """The path of a URL name, or "" when the site has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def people_shown() -> list[Shown]:
    """Everybody, in the order of the cast."""
    codes = second_factors.codes()
    return [
        Shown(person, _initials(person.name), _sign_in_form(person), codes.get(person.email, "")) for person in PEOPLE
    ]


def _initials(name: str) -> str:
    words = name.split()
    return f"{words[0][0]}{words[-1][0]}"


def _sign_in_form(person: Person) -> dict[str, str] | None:
    if not person.has_account:
        return None
    return {"login": person.email, "password": PASSWORD, "next": url_of(person.page) or "/"}


def links() -> list[dict[str, str]]:
    """Beside the site: mailbox, simulator, machine interfaces (label, url); those that do not exist are left out."""
    found = [
        (_("Mailbox: every mail the demonstration sent"), url_of("demo:mailbox")),
        (_("Provider simulator: does it answer, how many scenes it knows"), f"{addresses.simulator_url()}/healthz"),
        (_("Partner API"), addresses.served("/api/v1/") or ""),
        (_("STAC catalogue"), addresses.served("/stac/") or ""),
    ]
    return [{"label": label, "url": url} for label, url in found if url]


def steps() -> list[Step]:
    """The path from an organisation that is not there yet to an image shared with another one."""
    return [*_steps_to_a_right(), *_steps_to_an_image()]


def _steps_to_a_right() -> list[Step]:
    return [
        Step(
            _("An organisation joins"),
            _(
                "Open an adhesion. Its legal representative finds a link in the mailbox, reads and signs; a moderator "
                "looks at the evidence and approves."
            ),
            _("Fanny Delorme, then the mailbox, then Dora Lenoir"),
            url_of("licensing:adhesion_new"),
            _("Open an adhesion"),
        ),
        Step(
            _("A person joins the organisation"),
            _("Create an account, confirm the address from the mailbox, ask to join; the référent activates it."),
            _("A new account, then Rémi Caron"),
            url_of("account_signup"),
            _("Create an account"),
        ),
        Step(
            _("She signs a licence"),
            _("The text is shown with its version and language; nothing is ticked in advance."),
            _("Alice Martin"),
            url_of("licensing:rights"),
            _("See the rights and what is missing"),
        ),
    ]


def _steps_to_an_image() -> list[Step]:
    return [
        Step(
            _("She looks for an image and downloads it"),
            _(
                "On the map or in the list: coverages by year, dates, clouds, sensor. The right is asked again at each "
                "download."
            ),
            _("Alice Martin"),
            url_of("catalogue:search"),
            _("Open the catalogue"),
        ),
        Step(
            _("She orders one that nobody holds"),
            _(
                "Draw or upload an area, name the project, see the price. Approved, placed, produced by the simulator, "
                "checked, catalogued: each step is on the order’s timeline, and a mail says it is there."
            ),
            _("Alice Martin, then Dora Lenoir"),
            url_of("orders:list"),
            _("See the orders"),
        ),
        Step(
            _("Another organisation downloads it without any order"),
            _("That is what DINAMIS is for. Somebody who has not signed is told what is missing and where to sign."),
            _("Charlie Bertin, then Nadia Ferrand"),
            url_of("catalogue:search"),
            _("Open the catalogue"),
        ),
    ]
