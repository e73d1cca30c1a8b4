"""Writes docs/reference.md from the program: options, exit codes, JSON, environment, file format.

    python tests/reference.py

The names come from the program, which is run for them; the words of what the help does not say
stand here. A name without words is a KeyError, and words without a name are an error too, so that
neither can be forgotten. A test compares the page with what this would write.
"""

import dataclasses
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import typer
from commands import MANY, SMALL, environment

from charrnn import cli
from charrnn.cli.sample.options import Wanted
from charrnn.inspection.request import VIEWS
from charrnn.inspection.request import Request as Inspected
from charrnn.machine.blas import MOST_THREADS, THREAD_VARIABLES
from charrnn.machine.launched import LAUNCHERS
from charrnn.training.events import WentBack
from charrnn.training.settings import Choices, Request

TOP = Path(__file__).parent.parent
PAGE = TOP / "docs" / "reference.md"
COMMANDS = {"train": (Request, Choices), "sample": (Wanted,), "inspect": (Inspected,)}

HEAD = """\
# Reference

Written by `make reference` from the program itself; a test fails where the two differ.
`charrnn COMMAND --help` says the same of the options, and [sampling](sampling.md),
[inspecting](inspecting.md), [held-out text](held-out.md) and [recipes](recipes.md) say more.

What stands here is stable: it changes only with another version and a line in the changelog.
"""

EXIT_CODES = """\
## Exit codes

| code | |
|---|---|
| 0 | done |
| 1 | failed; one line on stderr says why, and mostly a second one what to do |
| 2 | wrong usage: an option, a value, or two options that contradict each other |
| 129, 130, 143 | SIGHUP, Ctrl-C, SIGTERM; training has saved before it ends |
| 141 | the reader of stdout went away, as in `charrnn sample \\| head`; nothing is said |

Text and data go to stdout, all else to stderr. An error is a line that begins with
`charrnn: error: `.
"""

START = {
    "cell, activation, layers, hidden_size, context, members, dropout": "the network",
    "batch_size, sequence_length, learning_rate, weight_decay, clip_norm": "how it learns",
    "optimizer": "of the matrices between hidden units",
    "validation, held_out": "what is held out",
    "ngrams": "are n-grams counted beside the network?",
    "seed": "the one given, or drawn",
    "parameters": "how many the network has",
    "vocabulary_size": "different characters",
    "characters": "of the whole text",
    "baselines": "what counting reaches on the held-out text, nats: `unigram`, `ngram` of `order`;"
    " null if nothing is held out",
    "notes": "what was noticed of the text",
    "inherited": "what came from another file (`--init-from`)",
    "why": "why this network was chosen",
}
EVENTS: dict[str, dict[str, str]] = {
    "start": START,
    "step": {
        "step": "updates so far",
        "seconds": "of training so far",
        "share": "of the budget that was spent before this step, 0 to 1",
        "loss": "of the characters of this step, nats",
        "gradient_norm": "before clipping",
        "learning_rate": "of this step",
        "characters_per_second": "lately",
    },
    "evaluation": {
        "step": "updates so far",
        "seconds": "of training so far",
        "loss": "of the network on the held-out text, nats",
        "best": "are these the weights that are kept?",
        "characters": "on how many it was measured",
        "standard_error": "of the loss, where it is known",
    },
    "sample": {"step": "updates so far", "text": "of the network so far"},
    "went_back": {
        "step": "updates so far",
        "seconds": "of training so far",
        "strikes": "how often the loss has exploded; the third ends the run",
    },
    "end": {
        "steps": "updates in all",
        "seconds": "of training",
        "best_loss": "of what `sample` writes with, nats; null if nothing is held out",
        "network_loss": "of the network alone",
        "ngram_loss": "of the n-grams alone",
        "ngram_weight": "the exponent of the n-grams beside the network",
        "bits_per_character": "the best loss in bits",
        "measured_characters": "on how many it was measured",
        "standard_error": "of the network's loss, where it is known",
        "characters_per_second": "of the last steps",
        "checkpoint": "the file",
        "stopped_by": '"budget", or the name of a signal',
    },
    "dry_run": {
        "encoding, encodings, normalize, min_count, line_endings": "how the text was read",
        "alphabet": "its characters, in order",
        "rare": "characters that occur fewer than ten times, with their counts",
        "training_characters, held_out_characters": "how many",
        "only_held_out": "characters that only the held-out text has",
        "parameters_per_character": "of the training text",
        "forecast": "`characters_per_second`, `seconds`, `steps`, `epochs`",
        "memory, free_memory, checkpoint_bytes": "bytes; null where it is not known",
    },
}
SAMPLE = {
    "schema": "`charrnn.sample/1`",
    "prompt": "as the model read it",
    "text": "what follows it",
    "seed": "of this text",
    "temperature": "of this text",
    "ended": "by which rule: `length`, `lines`, `until`, `stop` or `unit`",
    "log_probabilities": "of each character, nats, under the model itself at temperature 1",
    "novelty": "with `--novelty`: `copied`, the longest run; `new`, shares of runs never seen;"
    " `loop`",
}
INSPECT = {
    "schema": "`charrnn.inspect/1`",
    "view": "which of the views below",
    "model": "`file`, `cell`, `activation`, `layers`, `hidden_size`, `vocabulary_size`",
    "text": "what was measured on: `source`, `characters`, `sha256`, `chosen_on`",
    "compare": "with `--compare` and `--ngrams`: a list of these objects, and in `minus_first`"
    " their differences to the first",
}
VARIABLES = {
    "COLUMNS": "width of the output, in place of the terminal's",
    "NO_COLOR": "not empty: no colour and no other escape sequence",
    "FORCE_COLOR": "not empty: colour, though the output is no terminal",
    "TERM": "`dumb`: no colour, no animation",
    "LC_ALL": "`C` or `POSIX`: ASCII alone is drawn",
    "OPENBLAS_CORETYPE": "kernels of OpenBLAS; set for processors that it does not know",
}
MEMBERS = {
    "meta": "JSON as bytes, see below",
    "vocabulary": "(V,) code points, ascending: the character of each index",
    "rnn.weight_ih_l*": "(G·H, V), above the first layer (G·H, H); G is 4 for lstm, 3 for gru",
    "rnn.weight_hh_l*": "(G·H, H)",
    "rnn.bias_ih_l*": "(G·H,)",
    "rnn.bias_hh_l*": "(G·H,)",
    "head.weight": "(V, H), the softmax layer",
    "head.bias": "(V,)",
    "ngrams.*": "the n-grams, if the network is not alone; `charrnn/storage/layout.py` has each",
    "resume.*": "what `train --resume` needs; `sample` and `inspect` ignore it",
}
META = {
    "format": '"charrnn"',
    "version": "of the format: 1 to 5, the first that can say what the file holds",
    "cell, activation, layers, hidden_size, vocabulary_size, parameters": "the network",
    "training": "the settings of the run, and its budget",
    "characters": "of the text",
    "corpus": "`files`, `characters`, `sha256`, `encoding`, `newlines`, ... of the text",
    "excerpt": "held-out text, up to 20,000 characters, for `inspect` and `sample`",
    "baselines, best, history": "losses, nats",
    "ngrams": "weights and losses of the n-grams",
    "seed, threads, versions": "of the run",
}
TORCH = """\
A network of `mlp` has `mlp.0.weight` (H, N·V; the oldest place first), `mlp.0.bias`,
`mlp.2.weight`, ... in place of `rnn.*`, and `context` in `meta`. A file of units (`train --unit`)
has `units` there, and `unit` and `separator` in `corpus`.

Names, shapes and the order of the gates are PyTorch's. An `lstm`, with its softmax layer:

```python
import json, numpy, torch

z = numpy.load("charrnn.npz", allow_pickle=False)
m = json.loads(bytes(z["meta"]))
weights = {name: torch.from_numpy(z[name]) for name in z if name.startswith(("rnn.", "head."))}
net = torch.nn.ModuleDict({
    "rnn": torch.nn.LSTM(m["vocabulary_size"], m["hidden_size"], m["layers"]),
    "head": torch.nn.Linear(m["hidden_size"], m["vocabulary_size"]),
})
net.load_state_dict(weights)
```

Of a `gru` it is `torch.nn.GRU`, of an `rnn` `torch.nn.RNN` with `nonlinearity=m["activation"]`.
The input is one-hot vectors. What PyTorch then says is the network alone: the n-grams are charrnn's
own. `tests/golden/check_checkpoint.py` does it for all cells and measures a text.
"""


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        records, members, meta = run_program(Path(folder))
    parts = [HEAD, *map(options, COMMANDS), EXIT_CODES, *json_lines(records), variables()]
    return "\n".join([*parts, *file_format(members, meta)])


# What the program says


def run_program(folder: Path) -> tuple[list[dict[str, Any]], list[str], dict[str, Any]]:
    """All JSON that the three commands write, and the members and `meta` of a file."""
    text = "".join(f"{n} lamps, and then {n * n % 97} ships. " for n in range(500))
    (folder / "book.txt").write_text(text, encoding="ascii")
    small = [*SMALL, "--threads", "1", "--seed", "1"]
    inspect = ["inspect", "m.npz", "--json", "--steps", "4", "--windows", "2", "--burn-in", "2"]
    lines = [
        ["train", "book.txt", *small, "--steps", "4", "--sample-every", "2", "-o", "m.npz"],
        ["train", "book.txt", *small, "--steps", "4", "--dry-run"],
        ["sample", "m.npz", "-n", "20", "--seed", "1", "--novelty"],
        *([*inspect, "--view", view] for view in VIEWS),
        [*inspect, "--compare", "m.npz"],
    ]
    commands = json.dumps([[*line, *(["--json"] * ("--json" not in line))] for line in lines])
    done = subprocess.run(
        [sys.executable, "-c", MANY, commands],
        cwd=folder,
        env=environment(PYTHONPATH=str(TOP)),
        capture_output=True,
        check=True,
    )
    *found, codes = map(json.loads, done.stdout.decode().splitlines())
    if any(codes):
        raise RuntimeError(f"{codes}: {done.stderr.decode()}")
    with np.load(folder / "m.npz", allow_pickle=False) as file:
        return found, list(file), json.loads(bytes(file["meta"]))


# What is written of it


def options(command: str) -> str:
    """The options of a command, each panel of its help a table."""
    group: Any = typer.main.get_command(cli.app)
    described = group.commands[command]
    fields = {f.name: f for config in COMMANDS[command] for f in dataclasses.fields(config)}
    panels: dict[str, list[str]] = {}
    argument = ""
    for each in described.params:
        if each.param_type_name == "argument":
            argument = f"{each.metavar}..." if each.required else f"[{each.metavar}]"
            argument_help = each.help
        else:
            rows = panels.setdefault(each.rich_help_panel, [])
            rows.append(option_row(each, fields[each.name]))
    lines = [f"## `charrnn {command} {argument}`", "", described.help.partition("\n")[0], ""]
    lines += [f"`{argument.strip('[].')}`: {argument_help}", ""]
    for panel, rows in panels.items():
        lines += [f"| {panel} | default | |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def option_row(option: Any, field: Any) -> str:
    about = field.metadata
    names = ", ".join(f"`{name}`" for name in option.opts)
    value = "" if option.is_flag else f" {option.metavar or '|'.join(about.get('choices', ()))}"
    default = about.get("show_default", field.default)
    shown = "" if default in (None, False) or option.is_flag else f"{default}"
    least, most = about.get("minimum"), about.get("maximum")
    endless = most is None or most >= 2**62
    span = (
        ""
        if least is None
        else f" {least:g} or more."
        if endless
        else f" From {least:g} to {most:g}."
    )
    return (
        "| "
        + " | ".join(cell(part) for part in (names + value, shown, about["help"] + span))
        + " |"
    )


def json_lines(records: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The keys of all that `--json` writes."""
    records = list(records)
    keys = {"went_back": {field.name for field in dataclasses.fields(WentBack)}}
    for record in records:
        if name := record.get("event"):
            keys[name] = set(record) - {"event"}
    yield (
        "## JSON\n\n`train --json` writes one object per line, `event` first. A number that is\n"
        "not finite is null. `ranks` is in `start` where there are several.\n"
    )
    for event, words in EVENTS.items():
        yield table(f"event `{event}`", words, keys.pop(event))
    assert not keys, keys
    yield "`sample --json` writes one object for each text:\n"
    yield table("key", SAMPLE, find(records, "schema", SAMPLE["schema"].strip("`")))
    yield "`inspect --json` writes one object:\n"
    views = {
        r["view"]: set(r) - set(INSPECT) for r in records if "view" in r and "compare" not in r
    }
    compared = next(r for r in records if "compare" in r)
    yield table("key", INSPECT, set(compared) | {"model"})
    assert set(views) == set(VIEWS)
    rows = [f"| `{view}` | {listed(sorted(views[view]))} |" for view in VIEWS]
    yield "\n".join(["| view | its own keys |", "|---|---|", *rows, ""])
    layers = next(r for r in records if r.get("view") == "gradients")["layers"]
    yield f"Each of `layers` of `gradients` has {listed(layers[0])}.\n"
    yield "[inspecting.md](inspecting.md) defines the figures.\n"


def variables() -> str:
    """The variables of the environment that the sources name, and the lists that they have."""
    named = re.compile(r'environ(?:ment)?(?:\.get\(|\[)"(\w+)"')
    sources = (p.read_text(encoding="utf-8") for p in (TOP / "charrnn").rglob("*.py"))
    found = {name for source in sources for name in named.findall(source)}
    threads = {
        ", ".join(THREAD_VARIABLES): "threads of the BLAS library; where none is set, 1, and for"
        f" `sample`, if it writes a single text, one for each core, but at most {MOST_THREADS}"
    }
    launchers = {
        ", ".join(dict.fromkeys(sum(LAUNCHERS, ()))): "read, as a launcher of MPI set them"
    }
    body = table("variable", VARIABLES, found).removesuffix("\n")
    more = "\n".join(map(row, *zip(*(threads | launchers).items(), strict=True)))
    return f"## Environment\n\n{body}\n{more}\n"


def file_format(members: list[str], meta: Mapping[str, Any]) -> Iterable[str]:
    """What is in a model's file."""
    yield (
        "## The file of a model\n\nAn `.npz`: a zip of stored arrays, for `numpy.load(path,"
        " allow_pickle=False)`; nothing in it\ncan run code. V characters, H units in a layer, G"
        " gates. Weights are float32.\n"
    )
    groups = {next(g for g in MEMBERS if re.fullmatch(g.replace("*", ".*"), m)) for m in members}
    yield table("member", MEMBERS, groups)
    yield table("key of `meta`", META, set(meta))
    yield TORCH


def table(head: str, words: Mapping[str, str], names: Iterable[str]) -> str:
    """Every name with its words: the same names on both sides, or it is a mistake of this file."""
    known = {name for key in words for name in key.split(", ")}
    if known != set(names):
        raise KeyError(
            f"{head}: no words for {set(names) - known}, no names for {known - set(names)}"
        )
    return "\n".join([f"| {head} | |", "|---|---|", *map(row, words, words.values()), ""])


def row(names: str, words: str) -> str:
    return f"| {listed(names.split(', '))} | {cell(words)} |"


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|")


def find(records: list[dict[str, Any]], key: str, value: str) -> set[str]:
    return set(next(record for record in records if record.get(key) == value))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
