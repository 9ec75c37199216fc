"""Instances that were worked on a moment ago, kept in memory between two operations of this process.

What is kept is the instance exactly as it was stored: it is used again only under the revision that it was stored
with, by one transaction at a time, and only after the commit that stored it. Whatever else changed the case meanwhile
(another process, a migration) raised the revision, and the instance is restored from its state as if nothing had been
kept. Restoring is a twentieth of a completion; that a restored instance goes on like one that was never stored is what
`tests/processes/random_paths.py` shows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine.bpmn.instance import Instance

MOST = 256  # a shipped process takes some 50 KB in memory


class LiveInstances:
    """The instances by the id of their root, the one used last at the end."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, Instance]] = OrderedDict()

    def take(self, root_id: str, revision: int) -> Instance | None:
        """Returns the instance if it was kept under this revision. It belongs to the caller then."""
        with self._lock:
            revised, instance = self._kept.pop(root_id, (None, None))
        return instance if revised == revision else None

    def keep(self, root_id: str, revision: int, instance: Instance) -> None:
        """Keeps an instance that is stored under a revision; called after the commit."""
        instance.rest()
        with self._lock:
            self._kept[root_id] = (revision, instance)
            self._kept.move_to_end(root_id)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
