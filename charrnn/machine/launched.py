"""Which of the processes of a job this one is, as its launcher says: `mpiexec`, or Slurm's `srun`.

Nothing of MPI is needed to know it, nor NumPy.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping

#: Where launchers write a process's number and how many there are: Open MPI, MPICH and its kin, and
#: Slurm's PMIx, which leaves the count to Slurm. That a job of Slurm has several tasks does not
#: mean that this process is one of them: it may be the script of the job.
LAUNCHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("PMIX_RANK", "SLURM_STEP_NUM_TASKS"),
)
LAST_WORDS = 0.5  # seconds in which a launcher passes on what has been said


def launched(environment: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """The number of this process and how many a launcher has started: (0, 1) if there was none."""
    for names in LAUNCHERS:
        number, size = (environment.get(name, "") for name in names)
        if number.isdigit() and size.isdigit():
            return int(number), int(size)
    return 0, 1


def end_job() -> None:
    """At the end of a process that has failed: end the others too, if they wait for it to join.

    Open MPI's launcher does that when a process ends with a code, MPICH's only when a signal ends
    it. Who has joined has better means.
    """
    if "mpi4py.MPI" in sys.modules or "OMPI_COMM_WORLD_SIZE" in os.environ:
        return
    time.sleep(LAST_WORDS)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
