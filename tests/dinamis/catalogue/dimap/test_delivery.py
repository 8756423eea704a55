# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries on disk: folders, volume indexes, zips."""

import shutil
import zipfile
from pathlib import Path

import pytest

from dinamis.catalogue.dimap import DimapError, delivery, missing_files, read_dimap
from tests.dinamis.catalogue.dimap.helpers import DATA, ORTHO, PRIMARY, V1

BUNDLE = DATA / "spot6_bundle"
MS = "IMG_SPOT6_MS_001/DIM_SPOT6_MS_202505111031189_SEN_FIXTURE-2.XML"
PAN = "IMG_SPOT6_P_001/DIM_SPOT6_P_202505111031189_SEN_FIXTURE-2.XML"


def zipped(folder: Path, target: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{prefix}{path.relative_to(folder).as_posix()}")
    return target


def copied(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


def test_a_bundle_is_two_products():
    assert [(p.document, p.spectral_processing) for p in read_dimap(BUNDLE)] == [(MS, "MS"), (PAN, "P")]


def test_its_index_alone_leads_to_both():
    assert [p.document for p in read_dimap(BUNDLE / "SPOT_VOL.XML")] == [MS, PAN]


def test_a_document_given_by_itself():
    assert [p.document for p in read_dimap(PRIMARY)] == [PRIMARY.name]
    assert [p.document for p in read_dimap(V1)] == ["METADATA.DIM"]


def test_a_folder_without_index(tmp_path):
    folder = copied(BUNDLE, tmp_path / "delivery")
    (folder / "SPOT_VOL.XML").unlink()
    assert [p.document for p in read_dimap(folder)] == [MS, PAN]


def test_lineage_is_never_a_product():
    assert [p.document for p in read_dimap(DATA / "phr_ortho")] == [f"IMG_PHR1B_PMS_001/{ORTHO.name}"]


def test_a_zip_reads_as_its_folder_does(tmp_path):
    archive = zipped(BUNDLE, tmp_path / "delivery.zip", "ORDER_1/")
    assert [p.document for p in read_dimap(archive)] == [f"ORDER_1/{MS}", f"ORDER_1/{PAN}"]
    assert list(tmp_path.iterdir()) == [archive]


def test_a_document_the_index_lists_under_another_name(tmp_path):
    folder = copied(DATA / "phr_ortho", tmp_path / "delivery")
    shutil.rmtree(folder / "IMG_PHR1B_PMS_001")
    (folder / "product.xml").write_bytes(ORTHO.read_bytes())
    index = folder / "VOL_PHR.XML"
    index.write_text(index.read_text().replace(f"IMG_PHR1B_PMS_001/{ORTHO.name}", "product.xml"))
    assert [p.document for p in read_dimap(index)] == ["product.xml"]


def test_an_index_of_indexes(tmp_path):
    folder = tmp_path / "delivery"
    copied(BUNDLE, folder / "one")
    index = (DATA / "phr_ortho/VOL_PHR.XML").read_text()
    (folder / "VOL_ALL.XML").write_text(index.replace(f"IMG_PHR1B_PMS_001/{ORTHO.name}", "one/SPOT_VOL.XML"))
    assert [p.document for p in read_dimap(folder / "VOL_ALL.XML")] == [f"one/{MS}", f"one/{PAN}"]


def test_an_index_that_lists_itself_ends(tmp_path):
    index = tmp_path / "VOL_PHR.XML"
    text = (DATA / "phr_ortho/VOL_PHR.XML").read_text()
    index.write_text(text.replace(f"IMG_PHR1B_PMS_001/{ORTHO.name}", "VOL_PHR.XML"))
    with pytest.raises(DimapError, match="lists itself"):
        read_dimap(index)


def test_a_component_that_was_not_delivered_is_named(tmp_path):
    folder = copied(DATA / "phr_ortho", tmp_path / "delivery")
    shutil.rmtree(folder / "IMG_PHR1B_PMS_001")
    with pytest.raises(DimapError, match="is listed and not delivered") as caught:
        read_dimap(folder)
    assert caught.value.file == "VOL_PHR.XML"
    assert caught.value.element == "Dimap_Document/Dataset_Content/Dataset_Components/Component[1]/COMPONENT_PATH/@href"


@pytest.mark.parametrize("href", ["../secret.xml", "/etc/secret.xml", "..\\secret.xml"])
def test_an_index_does_not_lead_out_of_the_delivery(tmp_path, href):
    folder = copied(DATA / "phr_ortho", tmp_path / "delivery")
    (tmp_path / "secret.xml").write_bytes(ORTHO.read_bytes())
    index = folder / "VOL_PHR.XML"
    index.write_text(index.read_text().replace(f"IMG_PHR1B_PMS_001/{ORTHO.name}", href))
    with pytest.raises(DimapError) as caught:
        read_dimap(folder)
    assert caught.value.code == "unsafe_path"


def test_nor_does_a_link(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    (tmp_path / "secret.xml").write_bytes(ORTHO.read_bytes())
    (folder / "DIM_X.XML").symlink_to(tmp_path / "secret.xml")
    with pytest.raises(DimapError, match="a link that leaves the delivery"):
        read_dimap(folder)


def test_other_xml_is_passed_over_and_a_broken_dim_is_not(tmp_path):
    folder = copied(BUNDLE, tmp_path / "delivery")
    (folder / "notes.xml").write_text("<broken")
    (folder / "iso.xml").write_text("<MD_Metadata/>")
    assert len(read_dimap(folder)) == 2
    (folder / "DIM_BROKEN.XML").write_text("<broken")
    with pytest.raises(DimapError, match=r"^DIM_BROKEN.XML: line 1"):
        read_dimap(folder)


@pytest.mark.parametrize("name", ["absent", "absent.zip"])
def test_nothing_there(tmp_path, name):
    with pytest.raises(DimapError, match="no such file or folder"):
        read_dimap(tmp_path / name)


def test_an_empty_folder_or_zip_has_no_product(tmp_path):
    with pytest.raises(DimapError, match="no DIMAP product was found"):
        read_dimap(tmp_path)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(DimapError, match="no DIMAP product was found"):
        read_dimap(tmp_path / "empty.zip")


def test_a_zip_with_an_escaping_member_is_refused_by_name(tmp_path):
    archive = zipped(BUNDLE, tmp_path / "delivery.zip")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("../evil.xml", "<x/>")
    with pytest.raises(DimapError, match="climbs out of the archive") as caught:
        read_dimap(archive)
    assert (caught.value.file, caught.value.element) == ("delivery.zip", "'../evil.xml'")
    assert not (tmp_path.parent / "evil.xml").exists()


def test_a_bomb_is_refused_before_it_is_opened(tmp_path):
    archive = zipped(BUNDLE, tmp_path / "delivery.zip")
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("DIM_BOMB.XML", b" " * 5_000_000)
    with pytest.raises(DimapError, match="more than 100 to 1"):
        read_dimap(archive)


def test_a_damaged_zip(tmp_path):
    archive = zipped(BUNDLE, tmp_path / "delivery.zip")
    data = bytearray(archive.read_bytes())
    start = data.index(b"DIM_SPOT6_MS") + 80
    data[start : start + 60] = b"\0" * 60
    archive.write_bytes(data)
    with pytest.raises(DimapError, match="damaged"):
        read_dimap(archive)


def test_missing_rasters_are_listed(tmp_path):
    folder = copied(BUNDLE, tmp_path / "delivery")
    ms, pan = read_dimap(folder)
    place = "IMG_SPOT6_P_001/IMG_SPOT6_P_202505111031189_SEN_FIXTURE-2_R1C1.TIF"
    (folder / place).write_bytes(b"pixels")
    assert missing_files(pan, folder) == []
    assert missing_files(ms, folder) == ["IMG_SPOT6_MS_001/IMG_SPOT6_MS_202505111031189_SEN_FIXTURE-2_R1C1.TIF"]


def test_a_folder_that_is_no_delivery_is_not_walked_for_ever(monkeypatch):
    monkeypatch.setattr(delivery, "MAX_FILES", 3)
    with pytest.raises(DimapError, match="more than 3 files"):
        read_dimap(BUNDLE)
    monkeypatch.undo()
    monkeypatch.setattr(delivery, "MAX_DOCUMENTS", 2)
    with pytest.raises(DimapError, match="3 XML documents, the limit is 2"):
        read_dimap(BUNDLE)


def test_a_huge_document_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(delivery, "MAX_XML_BYTES", 1000)
    with pytest.raises(DimapError, match="more than 1000 bytes"):
        read_dimap(PRIMARY)
    with pytest.raises(DimapError, match="more than 1000 bytes"):
        read_dimap(BUNDLE)


def test_a_huge_document_in_a_zip(tmp_path, monkeypatch):
    archive = zipped(BUNDLE, tmp_path / "delivery.zip")
    monkeypatch.setattr(delivery, "MAX_XML_BYTES", 1000)
    with pytest.raises(DimapError, match=r"IMG_SPOT6_MS_001/DIM.*the limit is 1000"):
        read_dimap(archive)
