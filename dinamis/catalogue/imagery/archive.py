# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivered archives opened without trust: names, kinds, sizes and ratios are checked before a byte is written."""

import os
import re
import secrets
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dinamis.catalogue.imagery.errors import ImageryError

CHUNK = 2**20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold. Sizes in bytes.

    A full Pléiades scene is 15.5 GB as GeoTIFF (product sizes published by the operator); a
    member may be ``max_ratio`` times larger than its compressed form, once above ``ratio_floor``
    (small texts compress well and harm nobody).
    """

    max_total_bytes: int = 64 * 2**30
    max_file_bytes: int = 32 * 2**30
    max_members: int = 10_000
    max_ratio: int = 100
    ratio_floor: int = 2**20
    max_name_bytes: int = 400
    max_depth: int = 20


DEFAULT_LIMITS = ArchiveLimits()


def check_name(name: str, archive: str, limits: ArchiveLimits = DEFAULT_LIMITS) -> str:
    """A member name that is a clean relative POSIX path, without its trailing slash.

    Raises ImageryError (``unsafe_name``): absolute, ``..``, drive letters, backslashes, control
    characters, empty, too long or too deep.
    """
    reason = _name_fault(name, limits)
    if reason:
        raise ImageryError(f"{archive}: {name[:120]!r}", reason, "unsafe_name")
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def _name_fault(name: str, limits: ArchiveLimits) -> str | None:
    parts = name.rstrip("/").split("/")
    rules = (
        (not name.strip("/."), "the member has no usable name"),
        (name.startswith("/"), "the member's name is absolute"),
        (".." in parts, "the member's name climbs out of the archive with '..'"),
        ("\\" in name or ":" in name, "the member's name has a backslash or a colon"),
        (bool(_CONTROL.search(name)), "the member's name has a control character"),
        (len(os.fsencode(name)) > limits.max_name_bytes, "the member's name is too long"),
        (any(len(os.fsencode(part)) > 255 for part in parts), "a part of the member's name is too long"),
        (len(parts) > limits.max_depth, "the member is in too many folders"),
    )
    return next((reason for broken, reason in rules if broken), None)


def checked_zip_members(
    archive: zipfile.ZipFile, name: str, limits: ArchiveLimits = DEFAULT_LIMITS
) -> dict[str, zipfile.ZipInfo]:
    """Clean path → member, files only, of an open zip that passes every check made without unpacking.

    ``name`` is the archive's name for messages. Raises ImageryError: ``unsafe_name``, ``bomb``, ``too_large``,
    ``bad_archive``.
    """
    infos = archive.infolist()
    if len(infos) > limits.max_members:
        raise ImageryError(name, f"{len(infos)} members, the limit is {limits.max_members}", "too_large")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        path = check_name(info.filename, name, limits)
        _check_zip_member(info, f"{name}: {path}", limits)
        if not info.is_dir():
            members[path] = info
    _check_tree(members, name, sum(not info.is_dir() for info in infos))
    _check_zip_total(archive, name, infos, limits)
    return members


def _check_zip_member(info: zipfile.ZipInfo, place: str, limits: ArchiveLimits) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ImageryError(place, "symbolic links and special files are not accepted", "unsafe_name")
    if info.flag_bits & 0x1:
        raise ImageryError(place, "the member is encrypted", "bad_archive")
    if info.file_size > limits.max_file_bytes:
        raise ImageryError(place, f"{info.file_size} bytes, the limit is {limits.max_file_bytes}", "too_large")
    if info.file_size > limits.ratio_floor and info.file_size > limits.max_ratio * info.compress_size:
        reason = f"inflates from {info.compress_size} to {info.file_size} bytes, more than {limits.max_ratio} to 1"
        raise ImageryError(place, reason, "bomb")


def _check_zip_total(archive: zipfile.ZipFile, name: str, infos: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if archive.fp is None:
        raise ImageryError(name, "the archive is closed", "bad_archive")
    archive.fp.seek(0, os.SEEK_END)
    size = archive.fp.tell()
    if packed > size:
        raise ImageryError(name, "members share the same bytes, as overlapping bombs do", "bomb")
    if total > limits.max_total_bytes:
        raise ImageryError(name, f"unpacks to {total} bytes, the limit is {limits.max_total_bytes}", "too_large")
    if total > limits.ratio_floor and total > limits.max_ratio * size:
        raise ImageryError(name, f"inflates from {size} to {total} bytes, more than {limits.max_ratio} to 1", "bomb")


def _check_tree(paths: dict[str, zipfile.ZipInfo], name: str, count: int) -> None:
    """No two members at one place (also on a file system that ignores case), no file that is also a folder."""
    if len({path.casefold() for path in paths}) != count:
        raise ImageryError(name, "two members have the same name", "bad_archive")
    folded = {path.casefold() for path in paths}
    for path in folded:
        parts = path.split("/")
        if any("/".join(parts[:i]) in folded for i in range(1, len(parts))):
            raise ImageryError(f"{name}: {path}", "a member is both a file and a folder", "bad_archive")


def safe_unpack(archive: Path, target: Path, *, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[Path]:
    """Unpack a zip or tar(.gz, .bz2, .xz) into ``target``, a folder that must not exist yet.

    Everything is written into a hidden sibling which takes the name ``target`` only at the end: on any
    error nothing is left. Returns the files, sorted, as paths under ``target``. Raises ImageryError:
    ``unsafe_name``, ``bomb``, ``too_large``, ``bad_archive``, ``no_space``, ``exists``.
    """
    if target.exists() or target.is_symlink():
        raise ImageryError(target.name, "the target folder exists already", "exists")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.parent / f".{target.name}.{secrets.token_hex(6)}.part"
    staging.mkdir(mode=0o755)
    try:
        with _readable(archive):
            paths = _unpack(archive, staging, limits)
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return sorted(target / path for path in paths)


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    """Every way an archive can be broken, as an ImageryError."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError) as error:
        raise ImageryError(archive.name, f"the archive is damaged ({error})", "bad_archive") from error
    except FileNotFoundError as error:
        raise ImageryError(archive.name, "the archive does not exist", "bad_archive") from error


def _unpack(archive: Path, staging: Path, limits: ArchiveLimits) -> list[str]:
    if zipfile.is_zipfile(archive):
        return _unpack_zip(archive, staging, limits)
    if tarfile.is_tarfile(archive):
        return _unpack_tar(archive, staging, limits)
    raise ImageryError(archive.name, "not a zip or tar archive", "bad_archive")


def _unpack_zip(archive: Path, staging: Path, limits: ArchiveLimits) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        members = checked_zip_members(opened, archive.name, limits)
        _check_space(archive, staging, sum(info.file_size for info in members.values()))
        for path, info in members.items():
            with opened.open(info) as source:
                _write(source, staging / path, info.file_size, f"{archive.name}: {path}")
    return list(members)


def _unpack_tar(archive: Path, staging: Path, limits: ArchiveLimits) -> list[str]:
    """A tar has no index to trust: each member is checked, and the running total compared with the archive's size."""
    packed = archive.stat().st_size
    seen: set[str] = set()
    total = count = 0
    with tarfile.open(archive, mode="r|*") as opened:
        for member in opened:
            count += 1
            total += member.size
            if member.isdir() and member.name in {".", "./"}:
                continue
            path = check_name(member.name, archive.name, limits)
            _check_tar_member(member, f"{archive.name}: {path}", limits, seen)
            _check_tar_total(archive.name, total, count, packed, limits)
            source = opened.extractfile(member)
            if source is not None:
                _check_space(archive, staging, member.size)
                _write(source, staging / path, member.size, f"{archive.name}: {path}")
                seen.add(path)
    return list(seen)


def _check_tar_member(member: tarfile.TarInfo, place: str, limits: ArchiveLimits, seen: set[str]) -> None:
    if not (member.isreg() or member.isdir()):
        raise ImageryError(place, "symbolic links and special files are not accepted", "unsafe_name")
    if member.size > limits.max_file_bytes:
        raise ImageryError(place, f"{member.size} bytes, the limit is {limits.max_file_bytes}", "too_large")
    if place.partition(": ")[2] in seen:
        raise ImageryError(place, "two members have the same name", "bad_archive")


def _check_tar_total(name: str, total: int, count: int, packed: int, limits: ArchiveLimits) -> None:
    if count > limits.max_members:
        raise ImageryError(name, f"more than {limits.max_members} members", "too_large")
    if total > limits.max_total_bytes:
        raise ImageryError(name, f"unpacks to more than {limits.max_total_bytes} bytes", "too_large")
    if total > limits.ratio_floor and total > limits.max_ratio * packed:
        raise ImageryError(name, f"inflates from {packed} to {total} bytes, more than {limits.max_ratio} to 1", "bomb")


def _check_space(archive: Path, folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ImageryError(archive.name, f"needs {needed} bytes, the disk has {free} left", "no_space")


def _write(source: IO[bytes], path: Path, size: int, place: str) -> None:
    """Copy exactly ``size`` bytes; a member that holds another number is refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as sink:
            written = 0
            while chunk := source.read(CHUNK):
                written += len(chunk)
                if written > size:
                    break
                sink.write(chunk)
    except (FileExistsError, NotADirectoryError) as error:
        raise ImageryError(place, "a member is both a file and a folder", "bad_archive") from error
    if written != size:
        raise ImageryError(place, f"holds another number of bytes than the {size} it declares", "bad_archive")


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, name: str) -> bytes:
    """The bytes of one zip member, at most ``limit``. Raises ImageryError (``too_large``, ``bad_archive``)."""
    place = f"{name}: {info.filename}"
    if info.file_size > limit:
        raise ImageryError(place, f"{info.file_size} bytes, the limit is {limit}", "too_large")
    try:
        with archive.open(info) as source:
            return source.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ImageryError(place, f"the member is damaged ({error})", "bad_archive") from error
