# SPDX-License-Identifier: AGPL-3.0-or-later
"""An activation of CIEST²: Charlie was named by the office half a year ago, and activates today for a volcano.

Once the simulator is up it plays the ten days, an hour for each second; the images come one by one.
"""

from datetime import timedelta

from shapely.geometry import box

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago, postpone, release
from dinamis.demo.story.work import CHARLIE, KM2, year_of
from licensing.models import Project
from orders.domain.emergency_rules import Event
from orders.enums import EnvelopeKind, EventKind
from orders.models import Activation, EmergencyScientist, Envelope, NationalProgramme, OrderItem
from orders.services.ciest2 import emergency
from orders.services.ciest2.emergency_scientists import name_scientist
from orders.services.money import ledger

PROGRAMME, PURSE_KM2 = "CIEST²", 12_000
NAMED_DAYS, YEARS_DAYS = 180, 3 * 365
# The summit of the Soufrière of Saint Vincent (domain facts, 3.4: the activation of 2021), about 4 x 4 km.
SUMMIT = box(-61.201, 13.312, -61.163, 13.349)
PROJECT = "Dômes et coulées des Petites Antilles"


def load_emergency() -> int:
    """Name the scientist, fill the envelope, activate; each once. Returns how many activations were made."""
    charlie = user(CHARLIE)
    if not EmergencyScientist.objects.filter(person=charlie).exists():
        with days_ago(NAMED_DAYS):
            _name()
    _fill()
    if Activation.objects.exists():
        return 0
    with days_ago(0, 23):
        project = Project.objects.get(title=PROJECT)
        activation, _new = emergency.activate(
            scientist=charlie, organisation=project.organisation, project=project, event=_event()
        )
        for line in activation.order.items.all():
            postpone(f"orders.place:{line.pk}")
    return 1


def release_emergency() -> None:
    """Let the days be placed, now that the simulator is there."""
    for line in OrderItem.objects.filter(order__activation__isnull=False):
        release(f"orders.place:{line.pk}")


def _name() -> None:
    today = clock.today()
    name_scientist(
        actor=user(person("moderator").email),
        email=CHARLIE,
        first=today,
        last=today + timedelta(days=YEARS_DAYS),
        words="Volcanologue d’astreinte de l’observatoire ; désigné avec le CNES.",
    )


def _fill() -> None:
    period = year_of(clock.now())
    programme, _new = NationalProgramme.objects.get_or_create(name=PROGRAMME)
    envelope, _new = Envelope.objects.get_or_create(
        name=f"{PROGRAMME} {period[0].year}",
        family=ProductFamily.PLEIADES,
        kind=EnvelopeKind.PROGRAMME,
        programme=programme,
        defaults={"period": period},
    )
    ledger.grant(envelope=envelope, amount_m2=PURSE_KM2 * KM2, actor=SYSTEM, key=f"demo:{envelope.name}")


def _event() -> Event:
    return Event(
        kind=EventKind.ERUPTION,
        place="Soufrière de Saint-Vincent",
        event_on=clock.today() - timedelta(days=1),
        why="Un dôme croît dans le cratère : volume extrudé par jour, coulées pyroclastiques.",
        area=SUMMIT,
    )
