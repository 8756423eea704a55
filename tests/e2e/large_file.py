# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs inside the instance: `make ITEM` publishes an image like another with a file of over 4 GiB and prints its id;
`remove ITEM` withdraws it again."""

import json
import os
import secrets
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.e2e.site_settings")
django.setup()

from django.conf import settings

from dinamis.catalogue.imagery.files import sha256_file
from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.services.withdraw import withdraw

KEY, NAME = "large", "large.bin"
SIZE = (1 << 32) + 12_345
# Words here and there, so that a piece in the wrong place would not go unnoticed.
STEP = (1 << 28) + 77


def path_of(key: str) -> Path:
    """Where a file lies."""
    return Path(settings.FILES_ROOT) / key


def make(item: int) -> int:
    """Publish a likeness of an image with one file; return its id."""
    likeness = Item.objects.get(pk=item)
    likeness.pk, likeness.stac_id, likeness.source_id = None, f"{likeness.stac_id}_{secrets.token_hex(4)}", ""
    likeness._state.adding, likeness.held = True, True
    likeness.save()
    storage_key = f"private/large/{likeness.pk}.bin"
    path = path_of(storage_key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(SIZE)
        for place in range(0, SIZE, STEP):
            file.seek(place)
            file.write(f"byte {place} of {SIZE}".encode())
    facts = {"file_name": NAME, "storage_key": storage_key, "media_type": "application/octet-stream", "size": SIZE}
    Asset.objects.create(item=likeness, key=KEY, sha256=sha256_file(path), **facts)
    return int(likeness.pk)


def remove(item: int) -> int:
    """Withdraw the likeness and delete its file."""
    withdraw(Item.objects.get(pk=item))
    path_of(Asset.objects.get(item=item, key=KEY).storage_key).unlink()
    return item


print(json.dumps({"make": make, "remove": remove}[sys.argv[1]](int(sys.argv[2]))))
