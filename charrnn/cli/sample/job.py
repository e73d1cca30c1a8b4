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
from charrnn.errors import CharRNNError, UsageError
from charrnn.generation.filters import Filters
from charrnn.generation.novelty import Novelty, novelty
from charrnn.generation.stopping import Rules
from charrnn.generation.units import KnownUnits
from charrnn.library import Model, seed_for
from charrnn.text.corpus import Corpus
from charrnn.text.units import Units

TRIES = 50  # for each new text that is wanted, at most
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
        self.seed = seed_for(wanted.seed, *wanted.temperatures)
        self.many = wanted.count > 1 or "," in wanted.temp
        self.units = loaded.units if rules.ending else None
        self.shown = 0  # texts
        self.known = self.known_units()
        self.keep = wanted.json or wanted.novelty or wanted.best_of > 1 or wanted.new
        self.live = not (wanted.json or wanted.best_of > 1 or wanted.new)
        if rules.endless and (self.keep or self.many):
            raise UsageError(
                "a text without an end cannot be followed by anything",
                "Give a --length, or another rule where it stops.",
            )
        self.measure = wanted.heat or wanted.json or wanted.best_of > 1
        self.stderr = terminal.stderr
        self.writer = writer_for(terminal, wanted)

    def write(self, filters: Filters, signals: list[int]) -> None:
        """Write all texts of one temperature, as batches; the first is seen as it grows if it is
        sure to be shown. A signal noted in `signals` ends them where they are."""
        wanted, began, total, tried = self.wanted, time.perf_counter(), 0, 0
        left = wanted.count
        while left:
            if tried >= TRIES * wanted.count:
                raise CharRNNError(
                    f"only {wanted.count - left:,} of {wanted.count:,} texts are new, of {tried:,}",
                    "The model knows its text by heart: a higher --temp writes more new ones.",
                )
            first = self.seed + tried * wanted.best_of
            seeds = [first + index for index in range(left * wanted.best_of)]
            texts = self.generate(filters, seeds, signals)
            if signals:
                return
            total += sum(text.characters for text in texts)
            for index in range(0, len(texts), wanted.best_of):
                best = min(texts[index : index + wanted.best_of], key=lambda text: text.mean)
                tried += 1
                if self.is_new(best):
                    self.show(best, seen=self.live and index == 0)
                    left -= 1
        seconds = time.perf_counter() - began
        if wanted.verbose:
            self.stderr.say(
                f"{total:,} characters in {seconds:.2f} s, {total / seconds:,.0f} a second"
            )

    def generate(self, filters: Filters, seeds: list[int], signals: list[int]) -> list[Text]:
        """A text for each seed; what is there when a signal comes."""
        texts = [Text(seed, filters.temperature) for seed in seeds]
        start = self.loaded.start(
            self.prompt, seeds, cold=self.wanted.cold, ngram_weight=self.wanted.weight
        )
        pieces = self.loaded.pieces(start, filters, self.rules, measure=self.measure)
        if self.live:
            self.announce(texts[0])
        for piece in pieces:
            if signals:
                self.writer.finish()
                self.warn(texts[0])
                break
            text = texts[piece.stream]
            text.characters += len(piece.text)
            text.ended = piece.ended
            text.end.extend(piece.text)
            if self.live and piece.stream == 0:
                self.writer.write(piece.text, piece.nats)
            if self.keep or piece.stream:
                text.parts.append(piece.text)
                text.nats += piece.nats
        return texts

    def is_new(self, text: Text) -> bool:
        """Is its unit, the prompt's part of it included, one that nobody knows? Any is, if that was
        not asked for."""
        if self.known is None:
            return True
        units, known = self.known
        return known.add(units.within(self.prompt + text.text).split(units.boundary)[-1])

    def known_units(self) -> tuple[Units, KnownUnits] | None:
        """What `--new` compares with, if that was asked for."""
        if not self.wanted.new or self.corpus is None:
            return None
        until = self.rules.until
        units = self.units or (Units(until) if until in ("line", "paragraph") else None)
        if units is None:
            problem = "--new compares units, such as lines, and these texts are none"
            if self.loaded.units:
                raise UsageError(problem, "Leave --length and --lines out; --count 20 writes 20.")
            raise UsageError(problem, "Add --until line, or train with --unit line.")
        return units, KnownUnits(self.corpus, units)

    def announce(self, text: Text) -> None:
        """Have it shown which text comes, if there are several, and what it continues."""
        label = f"--- temperature {text.temperature:g}, seed {text.seed} ---"
        if self.units and self.shown and not self.wanted.json:
            between = self.units.between.removeprefix("\n")  # with which the last text ended
            self.writer.write(between, [0.0] * len(between))
        many = "," in self.wanted.temp if self.units else self.many
        self.writer.begin(label if many else "", self.prompt)
        self.shown += 1

    def show(self, text: Text, *, seen: bool) -> None:
        """Finish one text: print what was not streamed, and what is to be said about it."""
        found = self.novelty(text) if self.wanted.novelty else None
        if self.wanted.json:
            line = json.dumps(self.record(text, found), allow_nan=False)
            self.writer.write(line + "\n")
            return
        if not seen:
            self.announce(text)
            self.writer.write(text.text, text.nats)
        self.writer.finish(newline=bool(self.many or self.units))
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
