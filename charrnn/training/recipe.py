"""The recipe: what a corpus and a budget suggest, when the user has not decided.

Everything follows from two numbers: the characters of the training text, and the work that the
budget pays for, in floating-point operations. The constants were measured on one text and checked
on others (docs/searches.md); each is a trend, and any option overrides it.
"""

import math

from charrnn.errors import UsageError
from charrnn.network.cells import CELLS
from charrnn.network.parameters import parameter_shapes
from charrnn.text.batches import fit
from charrnn.training.settings import Choices, Settings
from charrnn.training.situation import Situation

#: The share of the speed of lone steps that is left with updates, evaluations and other workers.
EFFICIENCY = 0.85
#: Operations a second, before a machine has been tried.
GUESS = 50e9
#: Parameters that a budget of one TFLOP can train.
SIZE = 0.085e6
#: Parameters for each training character, at most.
MOST = 3.5
#: A network that would read the text more often than `most_passes` had better be larger. Best were
#: about 5 passes with 20 to 64 million operations for each character, 5 to 11 with 113 million, 10
#: with 200 (docs/searches.md).
OFTEN, OFTEN_AT_LEAST, OFTEN_AT_MOST = 0.85, 5, 10
#: Passes over a text, and steps, that are enough for any: a time is cut short after both. With a
#: schedule for 9,000 passes over 4,500 characters the loss was 2.32, with one for 40 to 160 2.0.
PASSES, STEPS = 160, 400
#: Passes from which on some outputs are dropped. At 5 to 16 passes four texts were better without
#: what was dropped from 4 on, by 0.015 to 0.022, and two with it, by 0.007 and 0.014.
DROPPED_FROM = 5
#: Passes up to which Muon is better than Adam. At 2 to 4 it is, by 0.01 to 0.02; at 23 it is worse
#: by 0.01, and at 100 by 0.05, for it learns the text by heart sooner.
MUON_PASSES = 8
BATCH_SIZE = 32
SEQUENCE_LENGTH = 64
WIDTHS = (64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024)
#: Operations for each training character from which on a time is better spent on so many members,
#: each with its share of it. Two are worse than one at 26e6 and 29e6, better at 43e6 on 200 KB of
#: Russian, as good at 46e6 on 1 MB, and better at 70e6 and 90e6 on 110 and 150 KB; four are worse
#: than two at 180e6, better at 2e9.
MEMBERS = {2: 30e6, 4: 1e9}
#: The least parameters of a network that are better spent on two layers.
TWO_LAYERS = 0.2e6


def choose(
    choices: Choices, situation: Situation, *, validation: float, seed: int
) -> tuple[Settings, str]:
    """Fill in what was left open; returns the settings and, in words, the reason for them."""
    cell = choices.cell or "lstm"
    activation = choices.activation or "tanh"
    if activation not in CELLS[cell].learning_rates:
        raise UsageError(
            f"the {cell} cell has no activation {activation!r}",
            "Leave --activation out, or add --cell rnn.",
        )
    context = context_for(cell, choices, situation)
    members = members_for(choices, situation)
    layers, width = member_size(cell, choices, situation, members, context)
    size = parameter_count(cell, layers, width, situation.vocabulary_size, context)
    batch_size, sequence_length = chunk(choices, situation)
    epochs = passes(choices, situation, members, size)
    settings = Settings(
        cell=cell,
        activation=activation,
        layers=layers,
        hidden_size=members * width,
        members=members,
        context=context,
        dropout=given(choices.dropout, dropout_for(epochs)),
        batch_size=batch_size,
        sequence_length=sequence_length,
        learning_rate=given(choices.learning_rate, rate_for(cell, activation, layers, width)),
        weight_decay=given(choices.weight_decay, decay_for(epochs)),
        optimizer=choices.optimizer or optimizer_for(epochs),
        clip_norm=given(choices.clip_norm, 1.0),
        validation=validation,
        seed=seed,
    )
    return settings, reason(choices, situation, members, epochs)


def given(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def parameter_count(
    cell: str, layers: int, hidden_size: int, vocabulary_size: int, context: int | None = None
) -> int:
    shapes = parameter_shapes(cell, layers, hidden_size, vocabulary_size, context or 0)
    return sum(math.prod(shape) for shape in shapes.values())


def context_for(cell: str, choices: Choices, situation: Situation) -> int | None:
    """The places that a feed-forward network reads at once; None for a recurrent one."""
    if not CELLS[cell].default_context:
        return None
    most = situation.characters - 1
    context = choices.context or min(CELLS[cell].default_context, most)
    if context > most:
        length = f"{situation.characters:,} characters to learn from"
        problem = f"--context {context} is too long for this text, which has {length}"
        raise UsageError(problem, f"Give at most {most}, or a longer text.")
    return context


def work(choices: Choices, situation: Situation, members: int) -> float:
    """The floating-point operations that a time allows for each of some members."""
    workers = situation.useful_workers(*chunk(choices, situation), members)
    return situation.operations * workers / members


def passes(choices: Choices, situation: Situation, members: int, size: float) -> float:
    """How often the text is read by a network of `size` parameters."""
    read = characters_read(choices, situation)
    if read is not None:
        return read / situation.characters
    # A character costs 6 operations for each parameter.
    return min(work(choices, situation, members) / (6 * size) / situation.characters, PASSES)


def members_for(choices: Choices, situation: Situation) -> int:
    """More than one network for a time in which one would hardly gain from its second half; and for
    cores that one would leave idle, or keep waiting for the network between them."""
    if choices.members:
        return choices.members
    if choices.hidden_size or characters_read(choices, situation) is not None:
        return 1
    spent = work(choices, situation, 1) / situation.characters
    batch = chunk(choices, situation)
    one = situation.useful_workers(*batch, 1)
    gain = {k: situation.useful_workers(*batch, k) / one for k in MEMBERS}
    return max([1, *(k for k, least in MEMBERS.items() if spent >= least or gain[k] >= k)])


def best_size(choices: Choices, situation: Situation, members: int) -> float:
    """The number of parameters that the budget can train in each member: it grows with the work to
    the power 0.7.

    Measured best sizes for an LSTM on 1 MB: 0.35 M parameters at 8 TFLOP (a minute on two cores),
    0.9 M at 24, 1.9 M at 110, 3.4 M at 310. A short text wants more, so that it is not read too
    often; but more than `MOST` parameters for each of its characters only learn it by heart.
    """
    read = characters_read(choices, situation)
    if read is None:
        operations = work(choices, situation, members)
        size = SIZE * math.pow(operations / 1e12, 0.7)
        each = operations / situation.characters
        size = max(size, each / (6 * most_passes(each)))
    else:  # solve for the size
        size = math.pow(SIZE * math.pow(6 * read / 1e12, 0.7), 1 / 0.3)
    return min(size, MOST * situation.characters)


def most_passes(operations: float) -> float:
    """How often a text is best read at most, with so many operations for each of its characters."""
    return min(max(OFTEN * math.sqrt(operations / 1e6), OFTEN_AT_LEAST), OFTEN_AT_MOST)


def member_size(
    cell: str, choices: Choices, situation: Situation, members: int, context: int | None
) -> tuple[int, int]:
    """Layers and hidden size of a member, nearest (in ratio) to the best number of parameters."""
    target = max(best_size(choices, situation, members), 1)
    # A second ReLU layer sums sums; it needs a rate of its own and gains little.
    most = 1 if choices.activation == "relu" else 2
    layers = choices.layers or min(most, 2 if target > TWO_LAYERS else 1)
    if choices.hidden_size:
        if choices.hidden_size % members:
            raise UsageError(
                f"--hidden-size {choices.hidden_size} cannot be shared by {members} members",
                f"Give a multiple of {members}, or leave one of the two out.",
            )
        return layers, choices.hidden_size // members

    def distance(width: int) -> float:
        size = parameter_count(cell, layers, width, situation.vocabulary_size, context)
        return abs(math.log(size) - math.log(target))

    return layers, min(WIDTHS, key=distance)


def chunk(choices: Choices, situation: Situation) -> tuple[int, int]:
    """Batch size and sequence length, smaller for a text that is too short for them."""
    B, T = choices.batch_size or BATCH_SIZE, choices.sequence_length or SEQUENCE_LENGTH
    return fit(B, T, situation.characters)


def characters_read(choices: Choices, situation: Situation) -> float | None:
    """How many characters the budget reads; None for a time, when it depends on the network."""
    if situation.epochs is not None:
        return situation.epochs * situation.characters
    if situation.steps is not None:
        return float(situation.steps * math.prod(chunk(choices, situation)))
    return None


def steps_for(epochs: float, settings: Settings, characters: int) -> int:
    """The number of updates in so many passes over the training text."""
    return math.ceil(epochs * characters / (settings.batch_size * settings.sequence_length))


def most_steps(settings: Settings, characters: int) -> int:
    """The updates after which more time gains nothing."""
    return max(steps_for(PASSES, settings, characters), STEPS)


def dropout_for(epochs: float) -> float:
    """None while the text is new; more with every doubling of the passes over it."""
    return round(min(max(0.09 * math.log2(max(epochs, 1) / DROPPED_FROM), 0.0), 0.5), 2)


def optimizer_for(epochs: float) -> str:
    """Muon while the text is new."""
    return "muon" if epochs <= MUON_PASSES else "adam"


def rate_for(cell: str, activation: str, layers: int, hidden_size: int) -> float:
    """The peak learning rate falls with the width, and with a second layer."""
    base = CELLS[cell].learning_rates[activation][layers > 1]
    return float(f"{base * min(math.sqrt(256 / hidden_size), 1.25):.2g}")


def decay_for(epochs: float) -> float:
    """Weight decay grows with the passes over the text.

    Measured: at 3.3 passes 0.1 is better than 0.15, at 22 over 150 thousand characters 0.3 is
    better than 0.15, and at 27 over the lighthouse journal 0.15 better than 0.3.
    """
    return round(min(0.1 * math.pow(max(epochs / 3.3, 1), 0.45), 0.25), 2)


def reason(choices: Choices, situation: Situation, members: int, epochs: float) -> str:
    """Why a network has its size, and how often the budget lets it read the text."""
    size = "the size that this budget trains best"
    if choices.hidden_size:
        size = "the size that was asked for"
    elif best_size(choices, situation, members) == MOST * situation.characters:
        size = "the most that this text can use"
    times = float(f"{epochs:.2g}")
    timed = characters_read(choices, situation) is None
    enough = ", which is enough" if timed and epochs == PASSES else ""
    text = f"{situation.characters:,} characters"
    return f"{size}, expected to read {text} about {times:g} times{enough}"
