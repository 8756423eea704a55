# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProductFamily(TextChoices):
    """What an envelope, a tariff and a licence are about."""

    PLEIADES = "pleiades", _("Pléiades")
    PLEIADES_NEO = "pleiades-neo", _("Pléiades Neo")
    SPOT_6_7 = "spot-6-7", _("SPOT 6-7")
    SPOT_1_5 = "spot-1-5", _("SPOT 1-5")
    # Names of satellites that are the same in every language.
    SENTINEL_2 = "sentinel-2", "Sentinel-2"
    RAPIDEYE = "rapideye", "RapidEye"
    ASTER = "aster", "ASTER"
    COSMO_SKYMED = "cosmo-skymed", "COSMO-SkyMed"
    TERRASAR_X = "terrasar-x", "TerraSAR-X"


class SensorKind(TextChoices):
    """How a sensor sees: by the light of the sun, or by its own radar, through clouds and at night."""

    OPTICAL = "optical", _("optical")
    SAR = "sar", _("radar")


class CollectionKind(TextChoices):
    """How a collection came to be."""

    COVERAGE = "coverage", _("coverage")
    ARCHIVE = "archive", _("archive and deliveries")
    RELAY = "relay", _("relayed from another programme")


class ItemState(TextChoices):
    """The four states of an image for a person; the same word, colour and shape everywhere."""

    HELD = "held", _("Downloadable")
    UNLOCK = "unlock", _("After a signature")
    ORDER = "order", _("Can be ordered")
    NONE = "none", _("Not available")


class PublicationKind(TextChoices):
    """What a data centre did in one request."""

    INSERT = "insert", _("new images")
    UPSERT = "upsert", _("new and changed images")
    REPLACE = "replace", _("an image replaced")
    CHANGE = "change", _("an image changed")
    DELETE = "delete", _("an image deleted")


class CellStatus(TextChoices):
    """Where a cell of a yearly coverage stands."""

    PLANNED = "planned", _("planned")
    ACQUIRED = "acquired", _("acquired")
    PRODUCED = "produced", _("produced")
    DELIVERED = "delivered", _("delivered")


class AdminKind(TextChoices):
    """Administrative levels."""

    REGION = "region", _("region")
    DEPARTEMENT = "departement", _("département")
    EPCI = "epci", _("EPCI")
    COMMUNE = "commune", _("commune")


class Alert(TextChoices):
    """How often a mail tells what is new of a saved search."""

    OFF = "off", _("never")
    DAILY = "daily", _("each day")
    WEEKLY = "weekly", _("each Monday")
