# SPDX-License-Identifier: AGPL-3.0-or-later
import pickle

import pytest

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.imagery.files import fsync_file, multihash, replacing, sha256_file

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_checksum_of_abc(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_file(path) == ABC
    assert multihash(ABC) == f"1220{ABC}"
    fsync_file(path)


def test_a_file_longer_than_one_read(tmp_path):
    path = tmp_path / "million"
    path.write_bytes(b"a" * 1_100_000)
    assert sha256_file(path) == "6aafaf4ef7899e48a5590041668ae9a810e9156a9924ea484e3594072192fbd4"


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "new" / "x.tif"
    with replacing(target) as temporary:
        temporary.write_bytes(b"whole")
        assert not target.exists()
        assert temporary.suffix == ".tif"
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def test_or_the_old_one_stays(tmp_path):
    target = tmp_path / "x.tif"
    target.write_bytes(b"old")

    def interrupted() -> None:
        with replacing(target) as temporary:
            temporary.write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_error_survives_pickling():
    error = ImageryError("x.jp2", "is cut", "truncated")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code) == ("x.jp2: is cut", "truncated")
