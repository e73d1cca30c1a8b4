"""charrnn in another program: `charrnn.load("charrnn.npz").stream(prompt="Once ")`.

The command line uses the same calls. Nothing here prints.

    model     what other programs have: `Model`, `load`   stored         the network and its facts
    writing   where a text begins and ends, batches       looking        the views as methods
    measure   each view's measurement, with defaults      measured_text  what is measured
    checks    what cannot be asked of a model             wording        errors for programs
    training  from a text to a model, for programs        sources        a text, or paths?
"""

from charrnn.library.model import Model, load
from charrnn.library.writing import LARGEST_SEED, LENGTH, seed_for

__all__ = ["LARGEST_SEED", "LENGTH", "Model", "load", "seed_for"]
