# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs inside the instance that is being broken; each word prints a list as JSON.

`order` brings orders to approval, whatever fails; `unfinished` says what still moves; `verdict` what is wrong.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.demo")
django.setup()

from tests.chaos.people import insist, order, unfinished, verdict

WORDS = {"order": lambda count: order(int(count)), "unfinished": lambda: insist(unfinished), "verdict": verdict}

print(json.dumps(WORDS[sys.argv[1]](*sys.argv[2:])))
