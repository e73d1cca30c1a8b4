"""Tells the BLAS library behind NumPy which kernels to use, and how many threads.

One as a rule: the program has its own way of using several cores (see `workers`). But a single text
is written one product of a matrix and a vector after the other, and those of a large network wait
for memory, which several cores read faster than one.

Both are read from the environment when NumPy is first imported, so this module imports nothing of
NumPy and has to be asked first. A setting that the user made always wins.
"""

import os
import platform
import sys
from pathlib import Path

from charrnn.machine.cores import cores

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: What OpenBLAS's SkylakeX kernels use; a processor without one of them must not be given them.
AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
#: The first AMD family (Zen 5) that OpenBLAS 0.3.31 does not know and serves with AVX2 kernels,
#: which measured 1.5 to 1.9 times slower. Zen 4 (family 25) it knows.
FIRST_UNKNOWN_AMD_FAMILY = 26
#: Threads for a single text, at most; more were not tried. With two a text of an LSTM 2x256 took
#: 0.73 of the time, of 2x512 0.56 (Intel Xeon, two cores); with one of them taken by another
#: program, 1.5 and 1.1 times the time.
MOST_THREADS = 4
CPUINFO = Path("/proc/cpuinfo")
INTEL = "GenuineIntel"


def configure(threads: int = 1, cpuinfo: Path = CPUINFO) -> None:
    """Set up the environment for the BLAS library; too late, and without effect, once NumPy is
    imported."""
    if "numpy" in sys.modules:
        return
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, str(threads))
    if "OPENBLAS_CORETYPE" not in os.environ and wants_avx512_kernels(cpuinfo):
        os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"


def threads_for(texts: int) -> int:
    """How many threads write so many texts at once: several have workers, if anything."""
    return min(cores(), MOST_THREADS) if texts == 1 else 1


def wants_avx512_kernels(cpuinfo: Path) -> bool:
    """Has this processor AVX-512, and would OpenBLAS not use it by itself?"""
    said = processor(cpuinfo)
    family = said.get("cpu family", "")
    return (
        said.get("vendor_id") == "AuthenticAMD"
        and family.isdigit()
        and int(family) >= FIRST_UNKNOWN_AMD_FAMILY
        and set(said.get("flags", "").split()) >= AVX512
    )


def is_intel(cpuinfo: Path = CPUINFO) -> bool:
    """Is this one of Intel's processors?"""
    return INTEL in (processor(cpuinfo).get("vendor_id") or platform.processor())


def processor(cpuinfo: Path) -> dict[str, str]:
    """What Linux says of the first core; elsewhere nothing is known."""
    try:
        text = cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in lines}
