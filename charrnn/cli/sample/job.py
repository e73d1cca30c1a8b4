"""The texts of one `charrnn sample`: generated as batches, streamed, chosen, reported on."""

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any

from charrnn.cli.sample.loops import loop_notes, tail
from charrnn.cli.sample.options import Wanted
from charrnn.cli.sample.writer import writer_for
from charrnn.cli.terminal.terminal import Terminal
from charrnn.errors import UsageError
from charrnn.generation.filters import Filters
from charrnn.generation.novelty import Novelty, novelty
from charrnn.generation.stopping import Rules
from charrnn.library import Model, new_seed
from charrnn.text.corpus import Corpus

ADVICE = "a higher --temp leads out of it, and so does --no-repeat 12"


@dataclass
class Text:
    """One text as far as it is written; `parts` and `nats` only if somebody will ask for them."""

    seed: int
    temperature: float
    characters: int = 0
    parts: list[str] = field(default_factory=list)
    nats: list[float] = field(default_factory=list)
    ended: str | None = None
    end: deque[str] = field(default_factory=tail)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def mean(self) -> float:
        """Nats per character; a text without characters is the unlikeliest."""
        return sum(self.nats) / len(self.nats) if self.nats else float("inf")


class Job:
    """Writes all texts that were asked for, one temperature after the other."""

    def __init__(
        self,
        loaded: Model,
        wanted: Wanted,
        rules: Rules,
        prompt: str,
        corpus: Corpus | None,
        terminal: Terminal,
    ) -> None:
        self.loaded, self.wanted, self.rules = loaded, wanted, replace(rules, prompt=prompt)
        self.prompt, self.corpus = prompt, corpus
        self.seed = new_seed() if wanted.seed is None else wanted.seed
        self.many = wanted.count > 1 or "," in wanted.temp
        self.keep = wanted.json or wanted.novelty or wanted.best_of > 1
        if rules.endless and (self.keep or self.many):
            raise UsageError(
                "a text without an end cannot be followed by anything",
                "Give a --length, or another rule where it stops.",
            )
        self.measure = wanted.heat or wanted.json or wanted.best_of > 1
        self.stderr = terminal.stderr
        self.writer = writer_for(terminal, wanted)

    def write(self, filters: Filters, signals: list[int]) -> None:
        """Write all texts of one temperature, as one batch; the first is seen as it grows.

        A signal noted in `signals` ends them where they are.
        """
        wanted, began = self.wanted, time.perf_counter()
        seeds = [self.seed + index for index in range(wanted.count * wanted.best_of)]
        texts = [Text(seed, filters.temperature) for seed in seeds]
        live = not (wanted.json or wanted.best_of > 1)
        start = self.loaded.start(self.prompt)
        pieces = self.loaded.pieces(start, filters, self.rules, seeds, measure=self.measure)
        if live:
            self.announce(texts[0])
        for piece in pieces:
            if signals:
                self.writer.finish()
                self.warn(texts[0])
                return
            text = texts[piece.stream]
            text.characters += len(piece.text)
            text.ended = piece.ended
            text.end.extend(piece.text)
            if live and piece.stream == 0:
                self.writer.write(piece.text, piece.nats)
            if self.keep or piece.stream:
                text.parts.append(piece.text)
                text.nats += piece.nats
        seconds = time.perf_counter() - began
        for index in range(0, len(texts), wanted.best_of):
            best = min(texts[index : index + wanted.best_of], key=lambda text: text.mean)
            self.show(best, seen=live and index == 0)
        if wanted.verbose:
            total = sum(text.characters for text in texts)
            self.stderr.say(
                f"{total:,} characters in {seconds:.2f} s, {total / seconds:,.0f} a second"
            )

    def announce(self, text: Text) -> None:
        """Have it shown which text comes, if there are several, and what it continues."""
        label = f"--- temperature {text.temperature:g}, seed {text.seed} ---"
        self.writer.begin(label if self.many else "", self.prompt)

    def show(self, text: Text, *, seen: bool) -> None:
        """Finish one text: print what was not streamed, and what is to be said about it."""
        found = self.novelty(text)
        if self.wanted.json:
            line = json.dumps(self.record(text, found), allow_nan=False)
            self.writer.write(line + "\n")
            return
        if not seen:
            self.announce(text)
            self.writer.write(text.text, text.nats)
        self.writer.finish(newline=self.many)
        if self.wanted.verbose:
            mean = f", {text.mean:.3f} nats per character" if isfinite(text.mean) else ""
            self.stderr.say(f"seed {text.seed}: {text.characters:,} characters, {text.ended}{mean}")
        if found:
            self.stderr.say(*novelty_lines(found))
        else:  # novelty tells of loops too
            self.warn(text)

    def warn(self, text: Text) -> None:
        """Tell of a loop that the text has not left."""
        what = f"the text of seed {text.seed}" if self.many else "the text"
        self.stderr.say(*loop_notes(text.end, self.loaded, ADVICE, what=what))

    def novelty(self, text: Text) -> Novelty | None:
        return novelty(text.text, self.corpus) if self.corpus else None

    def record(self, text: Text, found: Novelty | None) -> dict[str, Any]:
        """The JSON object of one text; log-probabilities in nats, under the model itself."""
        novelty = found and {
            "copied": found.copied,
            "new": {str(n): round(share, 6) for n, share in found.new.items()},
            "loop": found.loop and asdict(found.loop),
        }
        return {
            "schema": "charrnn.sample/1",
            "prompt": self.prompt,
            "text": text.text,
            "seed": text.seed,
            "temperature": text.temperature,
            "ended": text.ended,
            "log_probabilities": [round(-nats, 6) for nats in text.nats],
        } | ({"novelty": novelty} if novelty else {})


def novelty_lines(found: Novelty) -> Iterator[str]:
    """What a person wants to know about the originality of a text."""
    yield f"novelty: the longest run copied has {len(found.copied)} characters: {found.copied!r}"
    if found.new:
        shares = ", ".join(f"{share:.0%} of {n}" for n, share in found.new.items())
        yield f"novelty: never seen in training: {shares} characters in a row"
    if loop := found.loop:
        yield f"novelty: a loop, {loop.repeats} times {loop.unit!r} from character {loop.start:,}"
