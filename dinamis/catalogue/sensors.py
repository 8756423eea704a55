# SPDX-License-Identifier: AGPL-3.0-or-later
"""The satellites of the collections: names, resolutions, and the days between which each was in service.

Platform names are those our items carry: the scheme of `dimap.families` for what is read from DIMAP, the words of the
catalogues they come from for the others (`sentinel-2a`). The resolution is that of the finest product, in metres.

Sources. Resolutions and the launches of Pléiades, SPOT 1-7, COSMO-SkyMed (year) and TerraSAR-X (year): the products’
own sheets (dinamis.data-terra.org/produits-pleiades, /en/spot-6-7-imagery) and eoPortal. SPOT 7 failed on 17 March 2023
(Airbus). Pléiades Neo 3 and 4: Arianespace flights VV18 and VV19. Ends of SPOT: 1 de-orbited from 17 November 2003,
2 switched off on 29 July 2009 (CNES), 3 lost on 14 November 1996 (eoPortal), 4 after its Take5 experiment on 29 June
2013, 5 after its own on 15 September 2015 (CESBIO). RapidEye: eoPortal, launched together, stopped in March 2020.
Sentinel-2: ESA. ASTER flies on Terra: launched on 18 December 1999 (NASA). Where no end is known the sensor is offered.
"""

from dataclasses import dataclass
from datetime import date

from dinamis.catalogue.enums import ProductFamily, SensorKind

NBSP = "\u00a0"


@dataclass(frozen=True, kw_only=True)
class Known:
    """A sensor as it is loaded; see the model for units."""

    platform: str
    name: str
    family: ProductFamily
    resolution: float
    kind: SensorKind = SensorKind.OPTICAL
    launched_on: date | None = None
    ended_on: date | None = None


def _known(
    platform: str, name: str, family: ProductFamily, resolution: float, *service: date, radar: bool = False
) -> Known:
    launched_on, ended_on = (*service, None, None)[:2]
    return Known(
        platform=platform,
        name=name.replace(" ", NBSP),
        family=family,
        resolution=resolution,
        kind=SensorKind.SAR if radar else SensorKind.OPTICAL,
        launched_on=launched_on,
        ended_on=ended_on,
    )


_F = ProductFamily
_RAPIDEYE = (date(2008, 8, 29), date(2020, 3, 31))
SENSORS: tuple[Known, ...] = (
    _known("PLEIADES-1A", "Pléiades 1A", _F.PLEIADES, 0.5, date(2011, 12, 17)),
    _known("PLEIADES-1B", "Pléiades 1B", _F.PLEIADES, 0.5, date(2012, 12, 2)),
    _known("PLEIADES-NEO-3", "Pléiades Neo 3", _F.PLEIADES_NEO, 0.3, date(2021, 4, 29)),
    _known("PLEIADES-NEO-4", "Pléiades Neo 4", _F.PLEIADES_NEO, 0.3, date(2021, 8, 17)),
    _known("SPOT-6", "SPOT 6", _F.SPOT_6_7, 1.5, date(2012, 9, 9)),
    _known("SPOT-7", "SPOT 7", _F.SPOT_6_7, 1.5, date(2014, 6, 30), date(2023, 3, 17)),
    _known("SPOT-1", "SPOT 1", _F.SPOT_1_5, 10, date(1986, 2, 22), date(2003, 11, 17)),
    _known("SPOT-2", "SPOT 2", _F.SPOT_1_5, 10, date(1990, 1, 22), date(2009, 7, 29)),
    _known("SPOT-3", "SPOT 3", _F.SPOT_1_5, 10, date(1993, 9, 26), date(1996, 11, 14)),
    _known("SPOT-4", "SPOT 4", _F.SPOT_1_5, 10, date(1998, 3, 24), date(2013, 6, 29)),
    _known("SPOT-5", "SPOT 5", _F.SPOT_1_5, 2.5, date(2002, 5, 4), date(2015, 9, 15)),
    _known("sentinel-2a", "Sentinel-2A", _F.SENTINEL_2, 10, date(2015, 6, 23)),
    _known("sentinel-2b", "Sentinel-2B", _F.SENTINEL_2, 10, date(2017, 3, 7)),
    _known("sentinel-2c", "Sentinel-2C", _F.SENTINEL_2, 10, date(2024, 9, 5)),
    *(_known(f"RAPIDEYE-{number}", f"RapidEye {number}", _F.RAPIDEYE, 5, *_RAPIDEYE) for number in range(1, 6)),
    _known("TERRA", "Terra (ASTER)", _F.ASTER, 15, date(1999, 12, 18)),
    _known("COSMO-SKYMED-1", "COSMO-SkyMed 1", _F.COSMO_SKYMED, 1, date(2007, 6, 8), radar=True),
    _known("COSMO-SKYMED-2", "COSMO-SkyMed 2", _F.COSMO_SKYMED, 1, date(2007, 12, 9), radar=True),
    _known("COSMO-SKYMED-3", "COSMO-SkyMed 3", _F.COSMO_SKYMED, 1, date(2008, 10, 25), radar=True),
    _known("COSMO-SKYMED-4", "COSMO-SkyMed 4", _F.COSMO_SKYMED, 1, date(2010, 11, 6), radar=True),
    _known("TERRASAR-X", "TerraSAR-X", _F.TERRASAR_X, 1, date(2007, 6, 15), radar=True),
)
NAMES = {sensor.platform: sensor.name for sensor in SENSORS}
