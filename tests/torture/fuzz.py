"""A fuzzer guided by coverage, for developers: it finds what changes at random would not.

    .venv/bin/pip install atheris     # nothing else needs it
    .venv/bin/python tests/torture/fuzz.py checkpoint|text|options [-max_total_time=120 ...]

libFuzzer gets what follows. It leaves a crash-* here; with that as an argument it tries it again.
"""

import importlib
import io
import os
import pkgutil
import random
import sys
import tempfile
import zipfile
from contextlib import chdir, suppress
from encodings.aliases import aliases
from pathlib import Path
from unittest import mock

import typer

import charrnn

TEXT = "The quick brown fox jumps\r\nover the lazy dog.\r" * 4
ENCODINGS = sorted({*aliases.values(), "utf_8_sig", "unicode_escape", "idna", "undefined", "nope"})
VALUES = ["0", "-1", "1", "2", "nan", "-inf", "1e-300", "0.2,1", "", "a-z", "--", "9" * 20]
VALUES += ["line", "skip", "rnn", "mlp", "relu", "unfold", "neurons", "next", "x.svg", "x.html"]
# The large values of these mean hours, or output without end.
ENDLESS = ("--length", "-n", "--lines", "--count", "-c", "--best-of", "--windows", "--steps")
CELLS, ENDS = ("rnn", "gru", "lstm", "mlp"), ("unix", "keep")
LINES = ["train text --dry-run", "sample m.npz -n 9", "inspect m.npz --windows 1 --steps 5"]
SMALL = "train text --hidden-size 1 --batch-size 1 --sequence-length 2 --steps 1 -o m.npz --force"


def try_checkpoint(data: bytes) -> None:
    Path("m.npz").write_bytes(data)
    with suppress(charrnn.errors.CheckpointError):
        loaded = charrnn.storage.checkpoint.load(Path("m.npz"), with_resume=True)
        assert all(abs(array).max() < float("inf") for array in loaded.parameters.values())


def mutate_checkpoint(data: bytes, max_size: int, seed: int) -> bytes:
    """Change one member and make the zip right again, with its CRCs, lengths and offsets."""
    from atheris import Mutate

    rng, members = random.Random(seed), []
    if rng.random() < 0.5:  # most of what libFuzzer keeps is beyond repair
        data = Path("seeds", rng.choice(CELLS)).read_bytes()
    with suppress(Exception), zipfile.ZipFile(io.BytesIO(data)) as archive:  # or damaged before
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    if not members or rng.random() < 0.2:
        return bytes(Mutate(data, max_size))
    where = rng.randrange(len(members)) if rng.random() < 0.6 else 0  # 0 is meta
    name, content = members.pop(where)
    head, body = content[:128], content[128:]  # as long as NumPy makes the header
    match rng.choice(["values", "values", "json", "header", "name", "drop"]):
        case "values":  # as many as before
            changed = bytes(Mutate(body, len(body) + 1))[: len(body)]
            members.insert(where, (name, head + changed.ljust(len(body), b"\xff")))
        case "json":  # of any length, which the header tells
            body = bytes(Mutate(body, len(body) + 64))
            told = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({len(body)},), }}".encode()
            members.insert(where, (name, b"\x93NUMPY\1\0\x76\0" + told.ljust(118) + body))
        case "header":
            members.insert(where, (name, bytes(Mutate(head, 160)) + body))
        case "name":
            changed = bytes(Mutate(name.encode(), 60)).decode("latin-1").replace("\0", "")
            members.insert(rng.randrange(len(members) + 1), (changed, content))
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()[:max_size]


def try_text(data: bytes) -> None:
    """Three bytes say the encoding, the newlines and how much is read at once."""
    encoding, newlines, piece = data[:3].ljust(3, b"\0")
    Path("bytes").write_bytes(data[3:])
    asked = {"encoding": ENCODINGS[encoding % len(ENCODINGS)], "newlines": ENDS[newlines % 2]}
    expected = suppress(charrnn.errors.CorpusError, charrnn.errors.UsageError)
    with mock.patch.object(charrnn.text.files, "PIECE", piece + 4), expected:
        corpus = charrnn.text.corpus.read_corpus(["bytes"], **asked)
        assert len(corpus.ids) == corpus.counts.sum() >= 20


def try_options(data: bytes) -> None:
    """The first byte is the command; each piece is an option, the kind of its value, a value."""
    line = LINES[sum(data[:1]) % len(LINES)].split()
    found = typer.main.get_command(charrnn.cli.app).commands[line[0]].params
    names = [(n, getattr(p, "is_flag", False)) for p in found for n in p.opts if n[0] == "-"]
    for piece in filter(None, data[1:].split(b"\0")[:6]):
        (name, flag), value = names[piece[0] % len(names)], os.fsdecode(piece[2:])
        if piece[1:2] < b"\x80":  # a value that means something to some option
            value = VALUES[sum(piece[1:2]) % len(VALUES)]
        with suppress(ValueError):
            value = str(int(value) % 9 + 1) if name in ENDLESS else value
        if name in ("--save", "--out", "-o"):
            value = value.replace("/", "")  # nothing is written elsewhere
        line += [name] if flag else [name, value]
    assert (code := run(line)) in (0, 1, 2, 130, 141), (code, line)


def run(line: list[str]) -> int:
    with open(os.devnull, "w", encoding="utf-8") as nowhere, open(os.devnull) as empty:
        streams = {"stdin": empty, "stdout": nowhere, "stderr": nowhere}
        with mock.patch.multiple(sys, argv=["charrnn", *line], **streams):
            return charrnn.cli.run()


def write_seeds(target: str, folder: Path) -> None:
    Path("text").write_text(TEXT)
    for cell in CELLS:
        assert run([*SMALL.split(), "--cell", cell]) == 0
        if target == "checkpoint":
            (folder / cell).write_bytes(Path("m.npz").read_bytes())
    for number, encoding in enumerate(ENCODINGS if target == "text" else []):
        with suppress(LookupError, UnicodeError):
            (folder / encoding).write_bytes(bytes([number, 0, 255]) + TEXT.encode(encoding))
    for number in range(120 if target == "options" else 0):
        (folder / str(number)).write_bytes(bytes([number % 3, 1 + number // 3, 255]) + b"1")


def fuzz(target: str, options: list[str]) -> None:
    """Does not return: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["charrnn"]):
        for module in pkgutil.walk_packages(charrnn.__path__, "charrnn."):
            importlib.import_module(module.name)
    os.mkdir("seeds")
    write_seeds(target, Path("seeds"))
    again = any(map(os.path.isfile, options))
    line = ["fuzz", *options, *([] if again else ["seeds", "-keep_seed=1", "-len_control=0"])]
    more = {"custom_mutator": mutate_checkpoint} if target == "checkpoint" else {}
    atheris.Setup(line, globals()[f"try_{target}"], **more)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] not in (["checkpoint"], ["text"], ["options"]):
        sys.exit(__doc__)
    here = os.getcwd()
    given = [o if o.startswith("-") else os.path.join(here, o) for o in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as work, chdir(work):
        if not (child := os.fork()):
            fuzz(sys.argv[1], [f"-artifact_prefix={here}/", *given])
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
