"""`charrnn inspect`: the options of the instrument, and the way from a file to a report.

What is measured and how it is shown is in `charrnn.inspection`; `report` joins them. NumPy is
imported only when the command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from charrnn.cli.inspect.options import Request
from charrnn.cli.options import options
from charrnn.machine import blas


@options(Request, into="request")
def inspect(
    context: typer.Context,
    request: Request,
    model: Annotated[Path, typer.Argument(help="The checkpoint to look into.")] = Path(
        "charrnn.npz"
    ),
    compare: Annotated[
        list[Path] | None,
        typer.Option(metavar="OTHER.npz", help="Measure this one too, on one scale. Repeatable."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save as .svg, .html, .png, .csv or .json."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """See what the network remembers.

    Examples:

        charrnn inspect                                gradient norms per timestep

        charrnn inspect gru.npz --compare rnn.npz      two networks on one scale

        charrnn inspect --view unfold --prompt hell    the unrolled network, step by step

        charrnn inspect --view surprisal --text a.txt  where a text surprises it

        charrnn inspect --view surprisal --dynamic     and if it went on learning

        charrnn inspect --save memory.svg              the picture
    """
    blas.configure()
    from charrnn.cli.inspect.report import report

    report(request, [model, *(compare or [])], save=save, json=json, terminal=context.obj)
