# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items read by several processes, in their order (docs/adr/0057).

They are started anew and not forked: they hold neither Django nor a connection, and no lock of a thread of ours.
"""

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from dinamis.catalogue.services.reading import Read, Reader, Terms

Chunk = tuple[int, Sequence[Any]]
# Chunks on their way for each process: what it reads, and what waits for it or for us.
AHEAD = 3


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def read_by(processes: int, terms: Terms, chunks: Iterable[Chunk]) -> Iterator[Read]:
    """Yield what became of each chunk of items (the place of the first one, and all), read by so many processes.

    Raises BrokenProcessPool when one of them ends before its work does. None is left when this ends, however it does.
    """
    others = set(active_children())
    pool = _Pool(processes, get_context("spawn"), _begin, (terms,))
    try:
        yield from _in_order(pool, iter(chunks), processes * AHEAD)
    except BrokenProcessPool:
        # Those that were started beside one that could not be.
        for child in set(active_children()) - others:
            child.kill()
            child.join()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    """Starts all of its processes before a thread of it watches over them, as the one of forked processes does.

    Else it starts them one by one while that thread goes through them: when one is killed then, it may wait for ever
    for one that began later, or end with an error (Python 3.11).
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._safe_to_dynamically_spawn_children = False


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[Chunk], ahead: int) -> Iterator[Read]:
    waiting = deque(_given(pool, chunk) for chunk in islice(chunks, ahead))
    while waiting:
        read = waiting.popleft().result()
        waiting.extend(_given(pool, chunk) for chunk in islice(chunks, 1))
        yield read


def _given(pool: ProcessPoolExecutor, chunk: Chunk) -> Future[Read]:
    try:
        return pool.submit(_read, *chunk)
    except OSError as error:
        # One was killed while it was being told what to begin with.
        raise BrokenProcessPool("A process of the pool was killed.") from error


# --- in a process of the pool ---

_reader: Reader | None = None


def _begin(terms: Terms) -> None:
    global _reader  # noqa: PLW0603  (one a process, as the pool would have it)
    # Ctrl-C reaches the whole group: the one that writes stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()
    _reader = Reader(terms)


def _end_with_parent() -> None:
    """Of a parent that was killed nobody else tells us."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _read(first: int, given: Sequence[Any]) -> Read:
    if _reader is None:
        raise RuntimeError("a process of the pool has not begun")
    return _reader.read(first, given)
