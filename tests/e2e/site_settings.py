# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings of the site these tests start: the demonstration, where what takes minutes or days takes seconds.

Nothing else differs: the same code, servers and beat. Of the hours, see `hour`.
"""

from dinamis.settings.demo import *
from dinamis.settings.demo import CELERY_BEAT_SCHEDULE, DINAMIS, MIDDLEWARE

MIDDLEWARE = ["tests.e2e.hour.HourMiddleware", *MIDDLEWARE]
SECOND = 1 / 86_400
DINAMIS = {
    **DINAMIS,
    # A provider that has received an order says within ten seconds that it accepts it, nine times in ten.
    "STATE_DAYS": {
        **DINAMIS["STATE_DAYS"],
        "orders.providerorder": {
            **DINAMIS["STATE_DAYS"]["orders.providerorder"],
            "received": (5 * SECOND, 10 * SECOND),
        },
    },
}
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,
    "orders.watch_waits": {**CELERY_BEAT_SCHEDULE["orders.watch_waits"], "schedule": 10},
    "orders.count_figures": {**CELERY_BEAT_SCHEDULE["orders.count_figures"], "schedule": 20},
}
