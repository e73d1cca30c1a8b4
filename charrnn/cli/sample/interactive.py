"""`charrnn sample --interactive`: a person types, the model continues, and remembers it all.

The prompt sign and all answers to commands are on stderr, generated text on stdout.
"""

import dataclasses
import signal
import sys
from typing import Any

from charrnn.cli.sample.interrupts import noted
from charrnn.cli.sample.options import Wanted
from charrnn.cli.terminal.stream import Writer, on_terminal, say
from charrnn.errors import CharRNNError, UsageError
from charrnn.generation.prompts import fit, unescape
from charrnn.generation.sampling import Uniforms, continued
from charrnn.generation.stopping import Rules
from charrnn.library import Model, new_seed

HELP = r"""Type text and the model continues it, in one long conversation; Enter alone goes on.
  /temp 0.5     /top-k 10   /top-p 0.9   /min-p 0.05   "off" switches one off
  /length 200   characters at a time, 0 until Ctrl-C
  /seed 7       start the random numbers again      /reset  forget everything
  /help         this text                           /quit   leave (or Ctrl-D)
A text that begins with a slash is typed with two. \n is a new line. Ctrl-C stops the writing."""


class Conversation:
    """The model's state, which goes on from turn to turn, and the settings that can be changed."""

    def __init__(self, loaded: Model, wanted: Wanted, rules: Rules) -> None:
        self.loaded, self.wanted, self.rules = loaded, wanted, rules
        (temperature, *more) = wanted.temperatures
        if more:
            raise UsageError("--interactive takes one temperature", "/temp 0.5 changes it.")
        self.filters = loaded.filters(
            temperature, wanted.top_k, wanted.top_p, wanted.min_p, wanted.only, wanted.ban
        )
        rules.check(self.filters.writable(loaded.vocabulary.characters))
        self.stepper = loaded.start()
        self.seed(new_seed() if wanted.seed is None else wanted.seed)
        escape = wanted.escape or (on_terminal() and not wanted.raw)
        self.writer = Writer(escape=escape, heat=wanted.heat)

    def seed(self, seed: int) -> None:
        self.uniforms = Uniforms([seed])
        if self.wanted.verbose:
            say(f"seed {seed}")

    def turn(self, typed: str) -> None:
        """Read what was typed, then write until the rules or Ctrl-C end it."""
        text, notes = fit(unescape(typed), self.loaded.vocabulary, self.wanted.unknown)
        for note in notes:
            say(f"prompt: {note}")
        self.stepper.read(self.loaded.vocabulary.encode(text))
        streamed = continued(
            self.stepper,
            self.uniforms,
            self.loaded.vocabulary,
            self.filters,
            self.rules,
            measure=self.wanted.heat,
        )
        with noted() as signals:
            for piece in streamed:
                self.writer.write(piece.text, piece.nats)
                if signals:
                    break
        self.writer.finish(newline=True)
        if signal.SIGTERM in signals:
            raise SystemExit(128 + signal.SIGTERM)

    def command(self, line: str) -> bool:
        """Obey a line such as `/temp 0.5`; True ends the conversation."""
        name, _, value = line[1:].strip().partition(" ")
        value = value.strip()
        if name in ("quit", "exit", "q"):
            return True
        if name == "help":
            say_lines(HELP)
        elif name == "reset":
            self.stepper = self.loaded.start()
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


def converse(loaded: Model, wanted: Wanted, rules: Rules) -> int:
    """Take turns until the input ends; a mistake costs a line on stderr, nothing more."""
    conversation = Conversation(loaded, wanted, rules)
    person = sys.stdin.isatty()
    if person:
        say("Type text and the model continues it. /help lists the commands, Ctrl-D leaves.")
    while True:
        try:
            line = ask(person)
            if line is None:
                return 0
            if line.startswith("/") and not line.startswith("//"):
                if conversation.command(line):
                    return 0
            else:
                conversation.turn(line.removeprefix("/") if line.startswith("//") else line)
        except KeyboardInterrupt:
            say("")
            if not person:
                return 130
        except CharRNNError as error:
            say(f"{error.message}. {error.hint}")


def ask(person: bool) -> str | None:
    """The next line without its newline; None at the end of the input."""
    if person:
        sys.stderr.write("> ")
        sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        if person:
            say("")
        return None
    return line.rstrip("\r\n")


def setting(name: str, value: str) -> int | float | None:
    """A number, or None for "off"."""
    if value == "off" and name in ("top-k", "top-p", "min-p"):
        return None
    try:
        return float(value) if name in ("temp", "top-p", "min-p") else int(value)
    except ValueError:
        raise UsageError(f"/{name} needs a number", f"For example /{name} 1.") from None


def say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)
