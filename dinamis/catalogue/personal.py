# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue tells of images, places and grids, never of people."""

from dinamis.core.personal import tells_nothing

IMAGES = ("collection", "item", "itemdocument", "documentdictionary", "asset", "change", "coverage", "coveragecell")
for model in (*IMAGES, "adminunit", "sensor", "sensor_collections", "tally"):
    tells_nothing(f"catalogue.{model}", "*", why="images, places and grids")
tells_nothing("catalogue.searcharea", "*", why="an outline, kept once for all who search it, without who drew it")
tells_nothing("catalogue.crawl", "*", why="another catalogue, and how much of it was read")
tells_nothing("catalogue.publication", "*", why="the key of an organisation, and images")
