# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the programs share: their one argument, their one answer, and how links to files are asked for."""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import requests

FILE_OF_ITEM = re.compile(r"/catalogue/items/(\d+)/files/([^/]+)/$")


def run(act: Callable[[dict[str, Any]], Any]) -> None:
    """Call `act` with the JSON object of the command line and print what it returns as JSON."""
    print(json.dumps(act(json.loads(sys.argv[1])), default=str))


def signed(hrefs: list[str], asked: dict[str, Any]) -> list[str]:
    """Return links of the download gateway for addresses of files; one ticket for all."""
    found = [FILE_OF_ITEM.search(href) for href in hrefs]
    files = [{"item": int(match[1]), "key": match[2]} for match in found if match]
    answer = requests.post(f"{asked['api']}tickets", json={"files": files}, auth=tuple(asked["key"]), timeout=30)
    answer.raise_for_status()
    return [link["href"] for link in answer.json()["links"]]
