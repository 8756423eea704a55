# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue tells of images, places and grids; of people only what they keep for themselves."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.personal import Basis, End, Holding, Rule, Until, belongs, holds, tells_nothing

SEARCHES = Holding(
    _("Saved searches: their names, what they look for, how often a mail tells what is new"),
    _("run them again, and tell you what arrives"),
    Basis.PUBLIC_TASK,
)
BASKET = Holding(_("Basket: the images you have put aside"), _("show them to you again"), Basis.PUBLIC_TASK)
ACCOUNT_END = Until(_("until you delete it, or the account is erased"))

OFFICE = Holding(
    _("Rights to publish that you gave or ended, as an administrator"),
    _("know who let an organisation write in the catalogue"),
    Basis.PUBLIC_TASK,
)
holds("catalogue.savedsearch", Rule(SEARCHES, ("owner", "name", "query"), ACCOUNT_END, End.ERASE))
holds("catalogue.basketitem", Rule(BASKET, ("owner",), ACCOUNT_END, End.ERASE))
belongs("catalogue.savedsearch", "owner")
belongs("catalogue.basketitem", "owner")

IMAGES = ("collection", "item", "itemdocument", "documentdictionary", "asset", "change", "coverage", "coveragecell")
for model in (*IMAGES, "adminunit", "sensor", "sensor_collections", "tally", "extentnote", "landcell", "newestimage"):
    tells_nothing(f"catalogue.{model}", "*", why="images, places and grids")
tells_nothing("catalogue.searcharea", "*", why="an outline, kept once for all who search it, without who drew it")
tells_nothing("catalogue.crawl", "*", why="another catalogue, and how much of it was read")
tells_nothing("catalogue.publication", "*", why="the key of an organisation, and images")
holds("catalogue.publishingright", Rule(OFFICE, ("given_by", "ended_by"), ACCOUNT_END, End.NUMBER))
tells_nothing("catalogue.publishingright", "organisation", "collection", "given_at", "ended_at", why="an organisation")
tells_nothing("catalogue.arrivalmark", "*", why="numbers of images")
