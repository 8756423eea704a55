# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bad documents: each refused with the file, the element and the reason."""

import pickle

import pytest

from dinamis.catalogue.dimap import DimapError, parse_document
from dinamis.catalogue.dimap.xml import MAX_XML_BYTES
from tests.dinamis.catalogue.dimap.helpers import MOSAIC, ORTHO, V1, changed, vertex, with_vertices

EXTENT = "Dimap_Document/Dataset_Content/Dataset_Extent"
STRIP = "Dimap_Document/Dataset_Sources/Source_Identification[1]/Strip_Source[1]"
CENTER = "Dimap_Document/Geometric_Data/Use_Area/Located_Geometric_Values[2]"
SQUARE = vertex(5, 43) + vertex(6, 43) + vertex(6, 44) + vertex(5, 44)


def refused(data: bytes, name: str = "DIM_X.XML") -> DimapError:
    with pytest.raises(DimapError) as caught:
        parse_document(data, name=name)
    error = caught.value
    assert error.file == name
    assert error.reason
    assert error.repair
    assert str(error).startswith(f"{name}: ")
    return error


def test_the_square_itself_is_accepted():
    assert parse_document(with_vertices(ORTHO, SQUARE), name="DIM_X.XML").bbox == [5, 43, 6, 44]


@pytest.mark.parametrize(
    ("vertices", "code", "element", "reason"),
    [
        ("", "bad_ring", "Vertex", "only 0 distinct vertices"),
        (vertex(5, 43) + vertex(6, 43), "bad_ring", "Vertex", "only 2 distinct vertices"),
        ((vertex(5, 43) + vertex(6, 43)) * 3, "bad_ring", "Vertex", "only 2 distinct vertices"),
        (
            vertex(5, 43) + vertex(6, 44) + vertex(6, 43) + vertex(5, 44),
            "bad_ring",
            "Vertex",
            "crosses or touches itself",
        ),
        (vertex("NaN", 43) + SQUARE, "not_a_number", "Vertex[1]/LON", "'NaN' is not a finite number"),
        (SQUARE + vertex(5, "inf"), "not_a_number", "Vertex[5]/LAT", "'inf' is not a finite number"),
        (SQUARE + vertex("1e999", 43), "not_a_number", "Vertex[5]/LON", "'1e999' is not a finite number"),
        (SQUARE + vertex("LON", "LAT"), "not_a_number", "Vertex[5]/LON", "'LON' is not a finite number"),
        (SQUARE + vertex("5,5", 43), "not_a_number", "Vertex[5]/LON", "'5,5' is not a finite number"),
        (SQUARE + vertex("1_0", 43), "not_a_number", "Vertex[5]/LON", "'1_0' is not a finite number"),
        (SQUARE + vertex("٥", 43), "not_a_number", "Vertex[5]/LON", "is not a finite number"),
        (SQUARE + vertex(180.5, 43), "out_of_range", "Vertex[5]/LON", "180.5 is outside -180 to 180"),
        (SQUARE + vertex(5, -90.01), "out_of_range", "Vertex[5]/LAT", "-90.01 is outside -90 to 90"),
        (SQUARE + "<Vertex><LON>5</LON></Vertex>", "missing", "Vertex[5]/LAT", "the number is missing"),
        (SQUARE + vertex("", 43), "missing", "Vertex[5]/LON", "the number is missing"),
    ],
)
def test_extents(vertices, code, element, reason):
    error = refused(with_vertices(ORTHO, vertices))
    assert (error.code, error.element) == (code, f"{EXTENT}/{element}")
    assert reason in error.reason


def test_no_extent():
    data = ORTHO.read_text().replace("Dataset_Extent>", "Dataset_Extents>").encode()
    error = refused(data)
    assert (error.code, error.element) == ("missing", EXTENT)


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        ("<GAIN>8</GAIN>", "<GAIN>GAIN</GAIN>", "not_a_number", "Band_Radiance[3]/GAIN"),
        (">10.126<", ">CENTER_INCIDENCE_ANGLE<", "not_a_number", f"{CENTER}/Acquisition_Angles/INCIDENCE_ANGLE"),
        (">28.505<", ">98<", "out_of_range", f"{CENTER}/Solar_Incidences/SUN_ELEVATION"),
        (">4.25<", ">CLOUD<", "not_a_number", "Dimap_Document/Dataset_Content/CLOUD_COVERAGE"),
        (">4.25<", ">101<", "out_of_range", "Dimap_Document/Dataset_Content/CLOUD_COVERAGE"),
        (">4.25<", ">-1<", "out_of_range", "Dimap_Document/Dataset_Content/CLOUD_COVERAGE"),
        ("<NROWS>520<", "<NROWS>520.5<", "not_a_number", "Dimap_Document/Raster_Data/Raster_Dimensions/NROWS"),
        ("<NROWS>520<", "<NROWS>0<", "out_of_range", "Dimap_Document/Raster_Data/Raster_Dimensions/NROWS"),
        ("<NBANDS>4<", "<NBANDS>4000000<", "out_of_range", "Dimap_Document/Raster_Data/Raster_Dimensions/NBANDS"),
        ("2026-02-14<", "2026-02-30<", "bad_date", f"{STRIP}/IMAGING_DATE"),
        ("2026-02-14<", "IMAGING_DATE<", "bad_date", f"{STRIP}/IMAGING_DATE"),
        ("<IMAGING_TIME>11:03:20.7Z</IMAGING_TIME>", "", "missing", f"{STRIP}/IMAGING_TIME"),
        ("<MISSION>PHR<", "<MISSION>IKONOS<", "out_of_range", f"{STRIP}/MISSION"),
        ("2026-03-02T08:15:00.500Z", "PRODUCTION_DATE", "bad_date", "Delivery_Identification/PRODUCTION_DATE"),
        ('tile_R="2" tile_C="2"', 'tile_R="two" tile_C="2"', "not_a_number", "Data_File[4]/@tile_R"),
        ("IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R2C2.JP2", "../../../etc/passwd", "unsafe_path", "Data_File[4]"),
        ("IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R2C2.JP2", "/etc/passwd", "unsafe_path", "Data_File[4]"),
        ("IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R2C2.JP2", "C:\\secret.jp2", "unsafe_path", "Data_File[4]"),
        ("IMG_PHR1B_PMS_202602141103207_ORT_FIXTURE-1_R2C2.JP2", "", "missing", "Data_File[4]/DATA_FILE_PATH/@href"),
        ("PREVIEW.JPG", "http://example.org/x.jpg", "unsafe_path", "Dimap_Document"),
    ],
)
def test_dimap_v2(old, new, code, element):
    error = refused(changed(ORTHO, old, new))
    assert error.code == code
    assert error.element.endswith(element)


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        ("1999-08-15", "1999-02-29", "bad_date", "Scene_Source[1]/IMAGING_DATE"),
        (">-7.455<", ">INCIDENCE<", "not_a_number", "Scene_Source[1]/INCIDENCE_ANGLE"),
        ("Dataset_Frame>", "Frame>", "missing", "Dimap_Document/Dataset_Frame"),
        ("<FRAME_LON>3.1<", "<FRAME_LON>nan<", "not_a_number", "Dimap_Document/Dataset_Frame/Vertex[1]/FRAME_LON"),
        ("Scene_Source>", "Other_Source>", "missing", "Dataset_Sources/Source_Information/Scene_Source"),
        ("IMAGERY.TIF", "../../../../IMAGERY.TIF", "unsafe_path", "Data_File[1]"),
    ],
)
def test_dimap_v1(old, new, code, element):
    error = refused(changed(V1, old, new), "METADATA.DIM")
    assert error.code == code
    assert error.element.endswith(element)


def test_a_second_strip_with_an_impossible_date_is_named():
    error = refused(changed(MOSAIC, "2025-04-02", "2025-04-31"))
    assert error.element == "Dimap_Document/Dataset_Sources/Source_Identification[2]/Strip_Source[1]/IMAGING_DATE"


def test_a_nameless_product():
    data = changed(MOSAIC, "PHR fixture mosaïc / Fiji", "").replace(b"DS_PHR1B_SECOND", b"")
    assert refused(data).element == "Dimap_Document/Dataset_Identification"


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<Dimap_Document>&d;</Dimap_Document>"""
EXTERNAL = b"""<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Dimap_Document>&e;</Dimap_Document>"""


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (b"", "not_xml", "not well-formed XML"),
        (b"not xml at all", "not_xml", "not well-formed XML"),
        (b"\x89PNG\r\n\x1a\n", "not_xml", "not well-formed XML"),
        (ORTHO.read_bytes()[:2000], "not_xml", "not well-formed XML"),
        (BOMB, "not_xml", "a document type or entity declaration is not accepted"),
        (EXTERNAL, "not_xml", "a document type or entity declaration is not accepted"),
        (b"<!DOCTYPE Dimap_Document><Dimap_Document/>", "not_xml", "a document type or entity declaration"),
        (b"<?xml version='1.0' encoding='nonsense'?><Dimap_Document/>", "not_xml", ""),
        (b"<html/>", "wrong_root", "the root element is 'html', not Dimap_Document"),
        (b"<PHR_Dimap_Document/>", "wrong_root", "ground segment file (PHR_Dimap_Document), not a DIMAP V2 product"),
        (b"<Dimap_Document/>", "missing", "the element is missing"),
        (b"<Dimap_Document>" + b"<a>" * 300_000 + b"</a>" * 300_000 + b"</Dimap_Document>", "missing", "is missing"),
        (b"<Dimap_Document>" + b"<a/>" * 800_001 + b"</Dimap_Document>", "too_large", "more than 400000 elements"),
        (b" " * (MAX_XML_BYTES + 1), "too_large", f"the limit is {MAX_XML_BYTES}"),
    ],
    ids=[
        "empty", "words", "png", "cut", "bomb", "external", "dtd", "encoding", "html", "ground", "bare", "deep", "wide",
        "huge",
    ],
)  # fmt: skip
def test_documents_that_are_no_dimap(data, code, reason):
    error = refused(data)
    assert error.code == code
    assert reason in error.reason


def test_a_volume_index_given_as_a_document():
    data = (ORTHO.parents[1] / "VOL_PHR.XML").read_bytes()
    assert "a volume index, not a product" in refused(data, "VOL_PHR.XML").reason


def test_the_error_survives_pickling():
    error = refused(b"<html/>")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert copy.code == "wrong_root"
