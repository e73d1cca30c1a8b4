"""Which vector instructions NumPy has code for and this processor has.

What is fastest depends on them. It is a fact of the machine and not a measurement, because a run
that is repeated has to give the same bits.
"""

from functools import cache

from numpy.lib import introspect

#: NumPy's names for the instructions, the newer ones last.
KNOWN = {"AVX512": ("AVX512", "X86_V4"), "AVX2": ("AVX2", "X86_V3")}


@cache
def vectors() -> str:
    """ "AVX512", "AVX2", or "" for all others, and for a NumPy that was built to say nothing."""
    found = introspect.opt_func_info(func_name="^tanh$", signature="float32")
    targets = found.get("tanh", {}).get("ff", {})
    target = targets.get("current") or ""
    return next((v for v, names in KNOWN.items() if any(n in target for n in names)), "")
