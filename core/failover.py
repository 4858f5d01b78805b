"""What dead processes have left in work goes to a living one, on PostgreSQL; on SQLite the next to start takes it up.

A process is dead when its slot is free. Whoever finds it so holds that slot from then on, and after a while hands over
what was in work there: in the meantime a process that lives, and has only lost its connection, notices and stops.
"""

import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from core.slots import Slot

if TYPE_CHECKING:
    from dbos import DBOSClient

log = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds between finding a slot free and handing over; more than a living process needs to notice


class Reaper:
    """Looks for dead processes on behalf of the one that holds `slot`."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self._found: dict[str, float] = {}  # the clock when an executor was found dead, by its id

    def look(self, client: "DBOSClient") -> None:
        """Hand over what is due; to be called every second or so."""
        left: dict[str, dict[str | None, list[str]]] = defaultdict(lambda: defaultdict(list))
        for workflow in client.list_workflows(status="PENDING", load_input=False, load_output=False):
            if workflow.executor_id and workflow.executor_id != self.slot.executor_id:
                left[workflow.executor_id][workflow.queue_name].append(workflow.workflow_id)
        for executor in self._found.keys() - left.keys():
            self._forget(executor)
        for executor, queues in left.items():
            if not self.slot.claim(executor):
                self._found.pop(executor, None)
                continue
            if time.monotonic() - self._found.setdefault(executor, time.monotonic()) < PATIENCE:
                continue
            for queue, ids in queues.items():
                client.resume_workflows(ids, queue_name=queue)
            log.warning(
                "runs of a dead process handed over executor=%s runs=%d", executor, sum(map(len, queues.values()))
            )
            self._forget(executor)

    def _forget(self, executor: str) -> None:
        self._found.pop(executor, None)
        self.slot.unclaim(executor)
