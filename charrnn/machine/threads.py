"""One thread for the BLAS library behind NumPy, for as long as something is trained or measured.

The command has it from the environment, before NumPy is imported (`machine.blas`); a program has
NumPy already, with a thread for each core. Those would wait for each other and for the workers:
measured with an LSTM of 256 units on two cores, training took twice the time.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

#: What NumPy's wheels call OpenBLAS, and what others do.
FORMS = ("scipy_openblas_{}64_", "openblas_{}64_", "scipy_openblas_{}", "openblas_{}")


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the context products are computed by the thread that asks for them, wherever NumPy
    uses an OpenBLAS that can be asked; elsewhere nothing changes."""
    get, set_to = _found("get_num_threads"), _found("set_num_threads")
    before = get() if get and set_to else 1
    if set_to is None or before <= 1:
        yield
        return
    set_to(1)
    try:
        yield
    finally:
        set_to(before)


def _found(name: str) -> Callable[..., int] | None:
    try:
        library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    except (ImportError, AttributeError, OSError):
        return None
    known = (getattr(library, form.format(name), None) for form in FORMS)
    return next(filter(None, known), None)
