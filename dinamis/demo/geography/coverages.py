# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which image was chosen for which cell, year by year. Seeded: always the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from dinamis.catalogue.enums import CellStatus
from dinamis.demo.geography.cells import COAST, OVERSEAS, SPOT, Cell, cells_of
from dinamis.demo.geography.scenes import SATELLITES, SEED, Satellite, Scene, scene_of_cell

SPOT_YEARS = range(2014, 2026)
COAST_YEARS = (2023, 2024, 2025)
OVERSEAS_YEARS = (2022, 2023, 2024, 2025)
UNFINISHED_YEAR = 2025
# Of ten cells of the unfinished year: how far each is.
PROGRESS = (CellStatus.DELIVERED,) * 6 + (CellStatus.PRODUCED,) * 2 + (CellStatus.ACQUIRED, CellStatus.PLANNED)
# The cells whose files are at hand (the others' sit on the archive's tapes): always delivered.
HELD_SPOT_2025 = ("H08", "G07", "I16", "F16", "N17", "Q17", "S06", "K05", "Q13", "V19")
HELD_SPOT_2024 = ("H08", "O13", "D07", "S14", "K12", "M03", "G18", "R16")
HELD_COAST_2025 = (
    *("GI-06", "LA-05", "RO-06", "LI-05", "VE-05", "CM-03"),
    *("MO-03", "CO-05", "CA-06", "NP-05", "CE-03", "GF-15"),
)
HELD_OVERSEAS_2025 = ("GP-05", "MQ-05", "RE-05", "YT-02", "MF-01", "BL-01")


@dataclass(frozen=True)
class Yearly:
    """A coverage of a collection: its year and the cells it is made of."""

    collection: str
    grid: str
    year: int


@dataclass(frozen=True)
class Filled:
    """A cell of a yearly coverage: how far it is, its scene (None while it is planned), whether files are at hand."""

    yearly: Yearly
    cell: Cell
    status: CellStatus
    scene: Scene | None
    held: bool

    @property
    def stac_id(self) -> str:
        """The id of the image of this cell."""
        name = {SPOT: "FRANCE-ORTHO", COAST: "LITTORAL-ORTHO", OVERSEAS: "OUTREMER-ORTHO"}[self.yearly.grid]
        sensor = self.scene.satellite.sensor if self.scene else ""
        return f"{sensor}_{self.yearly.year}_{name}_PMS_{self.cell.code}"


def yearly_coverages() -> list[Yearly]:
    """Every coverage: twelve of SPOT 6-7, three of the coasts, four overseas."""
    return [
        *(Yearly("spot-6-7-coverage", SPOT, year) for year in SPOT_YEARS),
        *(Yearly("pleiades-coast", COAST, year) for year in COAST_YEARS),
        *(Yearly("pleiades-overseas", OVERSEAS, year) for year in OVERSEAS_YEARS),
    ]


def filled_cells(yearly: Yearly) -> Iterator[Filled]:
    """Yield the cells of one coverage."""
    random = Random(f"{SEED} {yearly.collection} {yearly.year}")  # noqa: S311  invented data, not a secret
    held = held_codes(yearly)
    for cell in cells_of(yearly.grid):
        unfinished = yearly.year == UNFINISHED_YEAR and yearly.grid == SPOT and cell.code not in held
        status = random.choice(PROGRESS) if unfinished else CellStatus.DELIVERED
        scene = None if status == CellStatus.PLANNED else scene_of_cell(random, cell, *_window(random, yearly))
        yield Filled(yearly, cell, status, scene, cell.code in held)


def held_codes(yearly: Yearly) -> tuple[str, ...]:
    """The codes of the cells of a coverage whose files the demonstration makes."""
    return {
        ("spot", 2025): HELD_SPOT_2025,
        ("spot", 2024): HELD_SPOT_2024,
        ("coast", 2025): HELD_COAST_2025,
        ("overseas", 2025): HELD_OVERSEAS_2025,
    }.get((yearly.grid, yearly.year), ())


def _window(random: Random, yearly: Yearly) -> tuple[Satellite, datetime, datetime]:
    """A satellite that flew that year, and the season: April to September, all year round overseas."""
    if yearly.grid == SPOT:
        names = ["SPOT6", "SPOT7"] if 2015 <= yearly.year <= 2022 else ["SPOT6"]
    else:
        names = ["PHR1A", "PHR1B"]
    months = (1, 12) if yearly.grid == OVERSEAS else (4, 9)
    first = datetime(yearly.year, months[0], 1, tzinfo=UTC)
    last = datetime(yearly.year, months[1], 30, tzinfo=UTC)
    return SATELLITES[random.choice(names)], first, last
