"""Which of the processes of a job this one is, as its launcher says: `mpiexec`, or Slurm's `srun`.

Nothing of MPI is needed to know it, nor NumPy.
"""

import os
from collections.abc import Mapping

#: Where launchers write a process's number and how many there are: Open MPI, MPICH and its kin, and
#: Slurm's PMIx, which leaves the count to Slurm. That a job of Slurm has several tasks does not
#: mean that this process is one of them: it may be the script of the job.
LAUNCHERS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("PMIX_RANK", "SLURM_STEP_NUM_TASKS"),
)


def launched(environment: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """The number of this process and how many a launcher has started: (0, 1) if there was none."""
    for names in LAUNCHERS:
        number, size = (environment.get(name, "") for name in names)
        if number.isdigit() and size.isdigit():
            return int(number), int(size)
    return 0, 1
