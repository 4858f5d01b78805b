"""What a worker process imports and reads before it works: it is forked from a process that has imported this.

That one must have one thread only: a fork copies no other, but the locks that others hold.
"""

import os
import tempfile
import threading
from pathlib import Path

import core.__main__
import core.cli.commands
import core.worker  # noqa: F401
from core import chain, database, failover, knowledge, llm, retention  # noqa: F401
from core.models import ResumeKind
from core.offline import analyse, writing
from core.samples import samples
from tests.support.environment import forget

llm.warm_up()
writing.warm_up()
_sample = samples()[0]
_told = {"resume": _sample.documents[ResumeKind.RESUME], "today": "2026-01-01"}
_told["job_description"] = _told["posting"] = next(iter(_sample.jobs.values()))
_told["job_summary"] = analyse("job_summary", _sample.locale, _told).model_dump_json()
for _task in ("resume_summary", "job_match"):
    analyse(_task, _sample.locale, _told)

with tempfile.TemporaryDirectory() as _folder:
    for _name in [name for name in os.environ if name.startswith("JOBMATCH_")]:
        del os.environ[_name]
    os.environ["JOBMATCH_DATA_DIR"] = _folder
    forget()
    knowledge.warm_up(database.local_owner())
    database.engine().dispose()
forget()
_tasks = Path("/proc/self/task")  # Linux counts the threads of libraries too
assert threading.active_count() == 1 == (len(list(_tasks.iterdir())) if _tasks.exists() else 1)
