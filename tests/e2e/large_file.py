# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs inside the instance: `make ITEM` gives an image one more file of over 4 GiB, `remove ITEM` takes it away."""

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.e2e.site_settings")
django.setup()

from django.conf import settings

from dinamis.catalogue.imagery.files import sha256_file
from dinamis.catalogue.models import Asset
from orders.models import TicketObject

KEY, NAME = "large", "large.bin"
SIZE = (1 << 32) + 12_345
# Words here and there, so that a piece in the wrong place would not go unnoticed.
STEP = (1 << 28) + 77


def path_of(key: str) -> Path:
    """Where a file lies."""
    return Path(settings.FILES_ROOT) / key


def make(item: int) -> dict[str, str]:
    """Write the file and its row; return its key."""
    storage_key = f"private/large-{item}.bin"
    path = path_of(storage_key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(SIZE)
        for place in range(0, SIZE, STEP):
            file.seek(place)
            file.write(f"byte {place} of {SIZE}".encode())
    facts = {"file_name": NAME, "storage_key": storage_key, "media_type": "application/octet-stream", "size": SIZE}
    Asset.objects.update_or_create(item_id=item, key=KEY, defaults=facts | {"sha256": sha256_file(path)})
    return {"key": KEY}


def remove(item: int) -> dict[str, str]:
    """Take the row and the file away."""
    for asset in Asset.objects.filter(item_id=item, key=KEY):
        TicketObject.objects.filter(asset=asset).delete()
        asset.delete()
        path_of(asset.storage_key).unlink(missing_ok=True)
    return {}


print(json.dumps({"make": make, "remove": remove}[sys.argv[1]](int(sys.argv[2]))))
