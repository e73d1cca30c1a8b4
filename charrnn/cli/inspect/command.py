"""`charrnn inspect`: the options of the instrument, and the way from a file to a report.

What is measured and how it is shown is in `charrnn.inspection`; `report` joins them. NumPy is
imported only when the command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli.options import options
from charrnn.inspection.request import Request
from charrnn.machine import blas


@options(Request, into="request")
def inspect(
    context: typer.Context,
    request: Request,
    model: Annotated[Path, typer.Argument(help="The model to look into.", metavar="MODEL")] = Path(
        "charrnn.npz"
    ),
) -> None:
    """See what the network remembers.

    Examples:

        charrnn inspect                                   gradient norms per timestep

        charrnn inspect --compare gru.npz                 two networks on one scale

        charrnn inspect --view unfold --prompt hell       the unrolled network

        charrnn inspect --view surprisal --text book.txt  where a text surprises it

        charrnn inspect --view surprisal --dynamic        and if it went on learning

        charrnn inspect --save memory.svg                 the picture
    """
    blas.configure()
    from charrnn.cli.inspect.report import report

    report(request, [model, *(request.compare or [])], context.obj)
