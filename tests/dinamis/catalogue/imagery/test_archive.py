# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives: what is unpacked, what is refused, and that nothing is left of what is refused."""

import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from dinamis.catalogue.imagery.archive import ArchiveLimits, safe_unpack
from dinamis.catalogue.imagery.errors import ImageryError

FILES = {"A/DIM_X.XML": b"<x/>", "A/IMG_X_R1C1.TIF": os.urandom(3000), "VOL.XML": b"<v/>"}


def make_zip(path: Path, files: dict[str, bytes], **modes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = modes.get("mode", 0o100644) << 16
            archive.writestr(info, data)
    return path


def make_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return path


def tar_file(name: str, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def refused(archive: Path, *, limits: ArchiveLimits | None = None) -> ImageryError:
    """The refusal, after which the folder holds the archive and nothing else."""
    target = archive.parent / "out" / "delivery"
    with pytest.raises(ImageryError) as caught:
        safe_unpack(archive, target, limits=limits or ArchiveLimits())
    assert not target.exists()
    assert list(target.parent.iterdir()) == []
    assert {path.name for path in archive.parent.iterdir()} == {archive.name, "out"}
    return caught.value


def test_a_zip_is_unpacked(tmp_path):
    target = tmp_path / "out" / "delivery"
    paths = safe_unpack(make_zip(tmp_path / "a.zip", FILES), target)
    assert paths == [target / "A/DIM_X.XML", target / "A/IMG_X_R1C1.TIF", target / "VOL.XML"]
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in paths} == FILES
    assert list(target.parent.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) & 0o700 == 0o700


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_so_is_a_tar(tmp_path, mode):
    top = tarfile.TarInfo("./")
    top.type = tarfile.DIRTYPE
    members = [(top, b""), *(tar_file(f"./{name}", data) for name, data in FILES.items())]
    target = tmp_path / "delivery"
    paths = safe_unpack(make_tar(tmp_path / "a.tar", members, mode), target)
    assert {path.relative_to(target).as_posix(): path.read_bytes() for path in paths} == FILES


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "climbs out"),
        ("A/../../evil", "climbs out"),
        ("A/..", "climbs out"),
        ("/etc/evil", "is absolute"),
        ("C:/evil", "backslash or a colon"),
        ("A\\..\\evil", "backslash or a colon"),
        ("A/ev\nil", "control character"),
        ("A/" * 30 + "x", "too many folders"),
        ("x" * 256, "too long"),
        ("x/" * 10 + "y" * 395, "too long"),
        ("...", "no usable name"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path, name, reason):
    files = {"VOL.XML": b"<v/>", name: b"evil"}
    error = refused(make_zip(tmp_path / "a.zip", files))
    assert error.code == "unsafe_name"
    assert reason in error.reason
    assert error.file.startswith("a.zip: ")
    (tmp_path / "tar").mkdir()
    assert (
        refused(make_tar(tmp_path / "tar" / "a.tgz", [tar_file(n, d) for n, d in files.items()])).code == "unsafe_name"
    )


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip(tmp_path, kind):
    error = refused(make_zip(tmp_path / "a.zip", {"link": b"/etc/passwd"}, mode=kind | 0o777))
    assert "symbolic links and special files" in error.reason
    assert error.file == "a.zip: link"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    error = refused(make_tar(tmp_path / "a.tgz", [tar_file("first"), (info, b"")]))
    assert "symbolic links and special files" in error.reason


def test_a_bomb_in_a_zip(tmp_path):
    error = refused(make_zip(tmp_path / "a.zip", {"VOL.XML": b"<v/>", "bomb": bytes(20_000_000)}))
    assert (error.code, error.file) == ("bomb", "a.zip: bomb")
    assert "to 20000000 bytes, more than 100 to 1" in error.reason


def test_a_bomb_of_many_members(tmp_path):
    files = {f"{i}": bytes(900_000) for i in range(30)}
    error = refused(make_zip(tmp_path / "a.zip", files))
    assert error.code == "bomb"


def test_a_bomb_in_a_tar(tmp_path):
    error = refused(make_tar(tmp_path / "a.tgz", [tar_file("VOL.XML"), tar_file("bomb", bytes(20_000_000))]))
    assert error.code == "bomb"


def test_a_small_text_may_compress_as_well_as_it_likes(tmp_path):
    assert len(safe_unpack(make_zip(tmp_path / "a.zip", {"mask.gml": b" " * 1_000_000}), tmp_path / "d")) == 1


def test_members_that_share_their_bytes(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"one": os.urandom(4000), "two": os.urandom(10)})
    data = path.read_bytes()
    # The second entry of the directory is pointed at the first member.
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    first = data.index(b"PK\x01\x02")
    sizes = data[first + 16 : first + 28]
    data = data[: second + 16] + sizes + data[second + 28 : second + 42] + struct.pack("<I", 0) + data[second + 46 :]
    path.write_bytes(data)
    error = refused(path)
    assert error.code == "bomb"
    assert "overlapping" in error.reason


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ArchiveLimits(max_members=2), "limit is 2"),
        (ArchiveLimits(max_file_bytes=1000), "3000 bytes, the limit is 1000"),
        (ArchiveLimits(max_total_bytes=3001), "the limit is 3001"),
    ],
)
def test_limits_of_a_zip(tmp_path, limits, reason):
    error = refused(make_zip(tmp_path / "a.zip", FILES), limits=limits)
    assert error.code == "too_large"
    assert reason in error.reason


@pytest.mark.parametrize(
    "limits", [ArchiveLimits(max_members=2), ArchiveLimits(max_file_bytes=1000), ArchiveLimits(max_total_bytes=3001)]
)
def test_limits_of_a_tar(tmp_path, limits):
    archive = make_tar(tmp_path / "a.tgz", [tar_file(name, data) for name, data in FILES.items()])
    assert refused(archive, limits=limits).code == "too_large"


def test_two_members_of_one_name(tmp_path):
    assert "same name" in refused(make_zip(tmp_path / "a.zip", {"A/x": b"1", "a/X": b"2"})).reason
    (tmp_path / "tar").mkdir()
    assert "same name" in refused(make_tar(tmp_path / "tar/a.tgz", [tar_file("A/x"), tar_file("A/x")])).reason


def test_a_file_that_is_also_a_folder(tmp_path):
    assert "both a file and a folder" in refused(make_zip(tmp_path / "a.zip", {"A": b"1", "A/x": b"2"})).reason
    (tmp_path / "tar").mkdir()
    assert "both a file" in refused(make_tar(tmp_path / "tar/a.tgz", [tar_file("A"), tar_file("A/x")])).reason


def test_a_member_whose_bytes_were_changed(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first", b"fine")
        archive.writestr("second", b"A" * 5000)
    path.write_bytes(path.read_bytes().replace(b"A" * 100, b"B" * 100, 1))
    error = refused(path)
    assert error.code == "bad_archive"
    assert "damaged" in error.reason


def test_a_cut_archive(tmp_path):
    path = make_zip(tmp_path / "a.zip", FILES)
    path.write_bytes(path.read_bytes()[:-30])
    assert refused(path).code == "bad_archive"
    (tmp_path / "tar").mkdir()
    path = make_tar(tmp_path / "tar/a.tgz", [tar_file(name, data) for name, data in FILES.items()])
    path.write_bytes(path.read_bytes()[:2000])
    assert refused(path).code == "bad_archive"


def test_an_encrypted_member(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refused(path).reason == "the member is encrypted"


def test_neither_zip_nor_tar(tmp_path):
    path = tmp_path / "a.rar"
    path.write_bytes(b"Rar!\x1a\x07\x00")
    assert refused(path).reason == "not a zip or tar archive"


def test_an_absent_archive(tmp_path):
    with pytest.raises(ImageryError, match="does not exist"):
        safe_unpack(tmp_path / "absent.zip", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_there_is_left_alone(tmp_path):
    target = tmp_path / "delivery"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(ImageryError, match="exists already"):
        safe_unpack(make_zip(tmp_path / "a.zip", FILES), target)
    assert (target / "old").read_text() == "old"
    assert len(list(target.iterdir())) == 1
