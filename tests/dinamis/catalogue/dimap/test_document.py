# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents of each kind, read field by field."""

import re
from datetime import UTC, datetime

import pytest

from dinamis.catalogue.dimap import Band, DataFile, OrderReferences, parse_document
from tests.dinamis.catalogue.dimap.helpers import FULL_SPECTRUM, MOSAIC, ORTHO, PRIMARY, V1, parse


def test_a_pleiades_ortho():
    product = parse(ORTHO)
    assert (product.dimap_version, product.profile) == ("2.15", "PHR_ORTHO")
    assert (product.family, product.platform, product.instruments) == ("pleiades", "PLEIADES-1B", ("hiri",))
    assert product.start_datetime == product.end_datetime == datetime(2026, 2, 14, 11, 3, 20, 700000, tzinfo=UTC)
    assert product.rings == (((3.8, 43.56), (3.84, 43.56), (3.85, 43.58), (3.84, 43.6), (3.8, 43.6), (3.8, 43.56)),)
    assert (product.cloud_cover, product.snow_cover, product.area_km2, product.gsd) == (4.25, 0, 12.5, 0.5)
    assert product.angles.incidence == 10.126
    assert product.angles.off_nadir == 9.125
    assert (product.angles.azimuth, product.angles.sun_azimuth, product.angles.sun_elevation) == (
        182.5,
        151.254,
        28.505,
    )
    assert (product.epsg, product.shape) == (32631, (520, 640))
    assert product.transform == (0.5, 0.0, 564000.0, 0.0, -0.5, 4828000.0)
    assert (product.level, product.level_code, product.spectral_processing) == ("L3", "ORT", "PMS")
    assert (product.bits_per_sample, product.data_type, product.nodata) == (12, "uint16", 0)
    assert product.order == OrderReferences(
        customer="DIN-2026-000123-1",
        internal="INT-DIN-2026-000123-1",
        commercial="COM-DIN-2026-000123-1",
        commercial_item="1",
    )
    assert product.production_date == datetime(2026, 3, 2, 8, 15, 0, 500000, tzinfo=UTC)
    assert product.masks == ("MASKS/CLD_FIXTURE_MSK.GML", "MASKS/ROI_FIXTURE_MSK.GML")
    assert product.is_georeferenced


def test_bands_are_in_file_order_with_their_calibration():
    bands = parse(ORTHO).bands
    assert [band.name for band in bands] == ["red", "green", "blue", "nir"]
    assert bands[0] == Band(
        name="red", common_name="red", center_wavelength=0.65, full_width_half_max=0.12, gain=8.0, bias=0.0
    )
    assert [band.gain for band in bands] == [8.0, 10.0, 9.5, 16.0]


def test_tiles_are_read_with_their_place():
    files = parse(ORTHO).data_files
    assert [(item.row, item.column) for item in files] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert files[1].href == "IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R1C2.JP2"


def test_a_primary_has_an_rpc_model_and_no_grid():
    product = parse(PRIMARY)
    assert (product.level, product.level_code, product.transform) == ("L1A", "SEN", None)
    assert product.rpc_href == "RPC_SPOT6_P_FIXTURE.XML"
    assert not product.is_georeferenced
    assert (product.platform, product.family, product.instruments) == ("SPOT-6", "spot-6-7", ("naomi",))


def test_six_bands_in_two_images():
    product = parse(FULL_SPECTRUM)
    assert [band.name for band in product.bands] == ["red", "green", "blue", "nir", "rededge", "coastal"]
    assert product.file_groups == {
        ("red", "green", "blue"): (DataFile(href="IMG_RGB_R1C1.TIF", bands=("red", "green", "blue")),),
        ("nir", "rededge", "coastal"): (DataFile(href="IMG_NED_R1C1.TIF", bands=("nir", "rededge", "coastal")),),
    }


def test_a_spacing_in_degrees_becomes_metres_even_when_it_says_metres():
    assert parse(FULL_SPECTRUM).gsd == 1.2
    assert parse(FULL_SPECTRUM, '<RESAMPLING_SPACING unit="m">', '<RESAMPLING_SPACING unit="deg">').gsd == 1.2


def test_the_centre_written_as_a_last_vertex_is_not_a_corner():
    assert parse(FULL_SPECTRUM).rings == (((4.92, 45.75), (4.94, 45.75), (4.94, 45.77), (4.92, 45.77), (4.92, 45.75)),)


def test_a_mosaic_has_a_time_range_and_may_cross_the_antimeridian():
    product = parse(MOSAIC)
    assert product.start_datetime == datetime(2025, 4, 1, 22, 15, tzinfo=UTC)
    assert product.end_datetime == datetime(2025, 4, 3, 22, 30, 0, 250000, tzinfo=UTC)
    assert product.source_ids == ("DS_PHR1B_SECOND", "DS_PHR1A_FIRST")
    assert product.geometry["type"] == "MultiPolygon"
    assert product.bbox == [179.5, -17.0, -179.5, -16.5]
    assert product.area_km2 == 4200
    assert product.angles.incidence is None


def test_a_spot_4_of_dimap_v1():
    product = parse(V1)
    assert (product.dimap_version, product.profile) == ("1.1", "SPOTSCENE_2A")
    assert (product.platform, product.family, product.instruments) == ("SPOT-4", "spot-world-heritage", ("hrvir2",))
    assert product.start_datetime == datetime(1999, 8, 15, 10, 47, 12, tzinfo=UTC)
    assert product.rings == (((2.9, 42.7), (3.7, 42.6), (3.9, 43.1), (3.1, 43.2), (2.9, 42.7)),)
    assert (product.angles.incidence, product.angles.off_nadir) == (7.455, 6.5)
    assert product.angles.sun_azimuth == 144.90376282
    assert (product.epsg, product.gsd, product.level, product.level_code) == (32631, 20.0, "L2A", "2A")
    assert [band.name for band in product.bands] == ["nir", "red", "green", "swir16"]
    assert (product.data_type, product.nodata, product.shape) == ("uint8", 0, (2800, 3000))
    assert product.data_files == (DataFile(href="IMAGERY.TIF"),)
    assert product.copyright == "Fixture without rights, protégé par rien"


@pytest.mark.parametrize(("code", "metres"), [("A", 5.0), ("T", 2.5), ("J", 10.0), ("X", 20.0), ("Z", None)])
def test_without_a_grid_the_sensor_code_gives_the_size_of_a_v1_pixel(code, metres):
    data = V1.read_bytes().replace(b"<SENSOR_CODE>I<", f"<SENSOR_CODE>{code}<".encode())
    start, end = data.index(b"<Geoposition>"), data.index(b"</Geoposition>")
    assert parse_document(data[:start] + b"<Geoposition>" + data[end:], name="METADATA.DIM").gsd == metres


@pytest.mark.parametrize(
    ("level", "expected"),
    [("SENSOR", "L1A"), ("PROJECTED", "L2A"), ("ORTHO", "L3"), ("MOSAIC", "L3"), ("", "L3"), ("PERFECT", "L3")],
)
def test_levels_fall_back_on_the_profile(level, expected):
    product = parse(ORTHO, "<PROCESSING_LEVEL>ORTHO<", f"<PROCESSING_LEVEL>{level}<")
    assert product.level == expected


@pytest.mark.parametrize(
    ("mission", "index", "platform", "family"),
    [
        ("PHR", "1A", "PLEIADES-1A", "pleiades"),
        ("PNEO", "4", "PLEIADES-NEO-4", "pleiades-neo"),
        ("SPOT", "7", "SPOT-7", "spot-6-7"),
        ("spot", "5", "SPOT-5", "spot-world-heritage"),
    ],
)
def test_platforms_and_families(mission, index, platform, family):
    old = "<MISSION>PHR</MISSION><MISSION_INDEX>1B</MISSION_INDEX>"
    if family == "spot-world-heritage":
        old, path = "<MISSION>SPOT</MISSION><MISSION_INDEX>4</MISSION_INDEX>", V1
    else:
        path = ORTHO
    product = parse(path, old, f"<MISSION>{mission}</MISSION><MISSION_INDEX>{index}</MISSION_INDEX>")
    assert (product.platform, product.family) == (platform, family)


@pytest.mark.parametrize(
    ("spectral", "count", "names"),
    [
        ("PAN", 1, ["pan"]),
        ("P", 1, ["pan"]),
        ("PMS-X", 3, ["nir", "red", "green"]),
        ("MS-N", 3, ["red", "green", "blue"]),
        ("UNHEARD", 2, ["band-1", "band-2"]),
        ("PMS", 5, ["band-1", "band-2", "band-3", "band-4", "band-5"]),
    ],
)
def test_bands_nobody_can_name_are_not_named(spectral, count, names):
    data = (
        ORTHO.read_text().replace(">PMS</SPECTRAL", f">{spectral}</SPECTRAL").replace("<NBANDS>4<", f"<NBANDS>{count}<")
    )
    assert [band.name for band in parse_document(data.encode(), name="DIM.XML").bands] == names


def test_the_total_angle_is_made_of_its_components_when_missing():
    product = parse(ORTHO, '<INCIDENCE_ANGLE unit="deg">10.126</INCIDENCE_ANGLE>', "")
    assert product.angles.incidence == pytest.approx(8.9430, abs=1e-4)


def test_ground_sampling_replaces_a_missing_spacing():
    assert parse(ORTHO, '<RESAMPLING_SPACING unit="m">0.5</RESAMPLING_SPACING>', "").gsd == 0.72


def test_a_document_may_be_silent_about_what_is_not_needed():
    text = re.sub(
        r"(?s)<(Geometric_Data|Raster_Data|Product_Information|Processing_Information)>.*?</\1>", "", ORTHO.read_text()
    )
    product = parse_document(text.encode(), name="DIM_X.XML")
    assert (product.gsd, product.shape, product.job_id, product.data_files, product.bands) == (None, None, None, (), ())
    assert product.order == OrderReferences()
    assert (product.level, product.spectral_processing) == ("L3", None)


def test_without_a_centre_there_are_no_angles():
    product = parse(ORTHO, "<LOCATION_TYPE>Center<", "<LOCATION_TYPE>Centre gauche<")
    assert (product.angles.incidence, product.angles.sun_elevation) == (None, None)


def test_an_older_instrument_is_named_by_the_document():
    assert parse(V1, "<INSTRUMENT>HRVIR</INSTRUMENT>", "").instruments == ()


def test_a_single_unnamed_band_of_v1_is_panchromatic():
    text = re.sub(r"(?s)<Image_Interpretation>.*?</Image_Interpretation>", "", V1.read_bytes().decode("latin-1"))
    product = parse_document(text.replace("<NBANDS>4<", "<NBANDS>1<").encode("latin-1"), name="METADATA.DIM")
    assert [band.name for band in product.bands] == ["pan"]
    product = parse_document(text.encode("latin-1"), name="METADATA.DIM")
    assert [band.common_name for band in product.bands] == [None] * 4
