"""`charrnn sample --interactive`: a person types, the model continues, and remembers it all.

Generated text is on stdout, all answers to commands on stderr.
"""

import dataclasses
import signal
from io import TextIOWrapper
from types import FrameType
from typing import Any

from charrnn.cli.sample.loops import loop_notes, tail
from charrnn.cli.sample.options import Wanted
from charrnn.cli.sample.writer import writer_for
from charrnn.cli.terminal.signals import handled, noted
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.terminal.typed import ask
from charrnn.errors import CharRNNError, UsageError
from charrnn.generation.sampling import Uniforms, continued
from charrnn.generation.stopping import Rules
from charrnn.library import Model, seed_for
from charrnn.visible import unescape

HELP = r"""Type text and the model continues it, in one long conversation; Enter alone goes on.
  /temp 0.5     /top-k 10   /top-p 0.9   /min-p 0.05   "off" switches one off
  /length 200   characters at a time, 0 until Ctrl-C
  /seed 7       start the random numbers again      /reset  forget everything
  /help         this text                           /quit   leave (or Ctrl-D)
A text that begins with a slash is typed with two. \n is a new line. Ctrl-C stops the writing."""


class Conversation:
    """The model's state, which goes on from turn to turn, and the settings that can be changed."""

    def __init__(self, loaded: Model, wanted: Wanted, rules: Rules, terminal: Terminal) -> None:
        self.loaded, self.wanted, self.rules = loaded, wanted, rules
        (temperature, *more) = wanted.temperatures
        if more:
            raise UsageError("--interactive takes one temperature", "/temp 0.5 changes it.")
        self.filters = wanted.filters(loaded, temperature)
        rules.check(self.filters.writable(loaded.vocabulary.characters))
        self.stderr, self.writer = terminal.stderr, writer_for(terminal, wanted)
        self.seed(seed_for(wanted.seed, temperature))
        self.reset()

    def reset(self) -> None:
        """Begin anew, with the passage that the seed draws."""
        start = self.loaded.start(
            seeds=[self.seeded], cold=self.wanted.cold, ngram_weight=self.wanted.weight
        )
        self.stepper = start.streams()
        self.unit = ""  # of --until: what has been said since the last one ended

    def seed(self, seed: int) -> None:
        self.seeded, self.uniforms = seed, Uniforms([seed])
        if self.wanted.verbose:
            self.stderr.say(f"seed {seed}")

    def answer(self, line: str) -> int | None:
        """Obey a command or continue a text; an exit code if the conversation is over."""
        if line.startswith("/") and not line.startswith("//"):
            return 0 if self.command(line) else None
        received = self.turn(line[1:] if line.startswith("//") else line)
        return 128 + signal.SIGTERM if signal.SIGTERM in received else None

    def turn(self, typed: str) -> list[int]:
        """Read what was typed, then write until the rules or a signal end it; the signals."""
        text, notes = self.loaded.fit(unescape(typed), self.wanted.unknown)
        self.stderr.say(*(f"prompt: {note}" for note in notes))
        self.stepper.read(self.loaded.vocabulary.encode(self.loaded.marked(text)))
        self.unit += text if self.rules.until else ""
        streamed = continued(
            self.stepper,
            self.uniforms,
            self.loaded.vocabulary,
            self.filters,
            dataclasses.replace(self.rules, prompt=self.unit),
            measure=self.wanted.heat,
        )
        end = tail()
        with noted() as signals:
            for piece in streamed:
                self.writer.write(piece.text, piece.nats)
                end.extend(piece.text)
                if self.rules.until:
                    self.unit = "" if piece.ended == "until" else self.unit + piece.text
                if signals:
                    break
        self.writer.finish(newline=True)
        advice = "a higher /temp leads out of it"
        self.stderr.say(*loop_notes(end, self.loaded, advice, what="the text"))
        return signals

    def command(self, line: str) -> bool:
        """Obey a line such as `/temp 0.5`; True ends the conversation."""
        name, _, value = line[1:].strip().partition(" ")
        value = value.strip()
        if name in ("quit", "exit", "q"):
            return True
        if name == "help":
            self.stderr.say(*HELP.splitlines())
        elif name == "reset":
            self.reset()
        elif name in ("temp", "top-k", "top-p", "min-p"):
            field = {"temp": "temperature"}.get(name, name.replace("-", "_"))
            changes: dict[str, Any] = {field: setting(name, value)}
            self.filters = dataclasses.replace(self.filters, **changes)
        elif name in ("length", "seed"):
            number = setting(name, value)
            if not isinstance(number, int) or number < 0:
                raise UsageError(f"/{name} needs a whole number", f"For example /{name} 100.")
            if name == "seed":
                self.seed(number)
            else:
                self.rules = dataclasses.replace(self.rules, length=number)
        else:
            raise UsageError(f"there is no command /{name}", "/help lists them.")
        return False


def converse(loaded: Model, wanted: Wanted, rules: Rules, terminal: Terminal) -> int:
    """Take turns until the input ends; a mistake costs a line on stderr, nothing more."""
    stdin, stderr = terminal.stdin, terminal.stderr
    if stdin is None:
        raise UsageError(
            "--interactive reads what is typed from stdin, which is closed",
            "Run it in a terminal, or pipe lines into it.",
        )
    if isinstance(stdin, TextIOWrapper):  # what cannot be decoded is an unknown character
        stdin.reconfigure(errors="replace")
    conversation = Conversation(loaded, wanted, rules, terminal)
    person = stdin.isatty()
    if person:
        stderr.say("Type text and the model continues it. /help lists the commands, Ctrl-D leaves.")
    with handled([signal.SIGINT, signal.SIGTERM], interrupt):
        while True:
            try:
                line = ask(stdin, terminal)
                code = 0 if line is None else conversation.answer(line)
                if code is not None:
                    return code
            except KeyboardInterrupt as received:
                number: int = received.args[0]
                if not person or number == signal.SIGTERM:
                    return 128 + number
                stderr.say("")  # Ctrl-C ends a line, no more
            except CharRNNError as error:
                stderr.say(f"{error.message}. {error.hint}")


def interrupt(number: int, frame: FrameType | None) -> None:
    """Leave whatever is being done. A line that is edited has changed the terminal, which is put
    right on the way."""
    raise KeyboardInterrupt(number)


def setting(name: str, value: str) -> int | float | None:
    """A number, or None for "off"."""
    if value == "off" and name in ("top-k", "top-p", "min-p"):
        return None
    try:
        return float(value) if name in ("temp", "top-p", "min-p") else int(value)
    except ValueError:
        raise UsageError(f"/{name} needs a number", f"For example /{name} 1.") from None
