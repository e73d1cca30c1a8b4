"""The text that is learnt, as indices into its alphabet.

`read_corpus` makes a `Corpus` of text files. The text is never in memory as a whole, only its
indices (N,), one byte each, or two above 256 different characters. How files become text is in
`files.py` and `decoding.py`, and what is held out of it in `division.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError
from charrnn.progress import Progress, silent
from charrnn.text import AUTO
from charrnn.text.decoding import Found, name_list, shown
from charrnn.text.division import is_short
from charrnn.text.files import texts
from charrnn.text.forms import both_forms
from charrnn.text.given import Given
from charrnn.text.guessing import is_odd
from charrnn.text.indexing import Indexer, gathered
from charrnn.text.lists import list_note
from charrnn.text.rare import replaced
from charrnn.text.reading import USUAL, Reading
from charrnn.text.units import Units
from charrnn.text.vocabulary import Vocabulary
from charrnn.visible import visible

MINIMUM_LENGTH = 20
REMARKABLE_VOCABULARY = 1000


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as indices into its vocabulary, and where it came from.

    ids         (N,) uint8, or uint16 above 256 different characters
    vocabulary  the V different characters
    counts      (V,) int64, how often each occurs
    sha256      of the text with its rare characters, in UTF-8: other encodings have the same hash
    files       the paths as they were given, none of a text that was; a pipe is "-", as it cannot
                be read again
    notes       what was changed or left out, a line each
    reading     how it was read
    encodings   how many files were found to be in which, if that was to be found out
    endings     how many line endings of each kind the files have: LF, CRLF, CR
    starts      (F,) int64, where each file begins; of a text of units that is not known
    is_list     does it seem to be a list, as a note says?
    """

    ids: Array
    vocabulary: Vocabulary
    counts: Array
    sha256: str
    files: tuple[str, ...]
    notes: tuple[str, ...]
    reading: Reading
    encodings: dict[str, int]
    endings: dict[str, int]
    starts: Array
    is_list: bool

    @property
    def boundary(self) -> int | None:
        """The index of the character that ends every unit, if the text is made of units."""
        units = self.reading.units
        return int(self.vocabulary.encode(units.boundary)[0]) if units else None

    @property
    def copies(self) -> int:
        """How many copies of the text a run has in memory: units are arranged in another."""
        return (not self.in_file) + (self.boundary is not None)

    @property
    def in_file(self) -> bool:
        """Are the indices in a file, because memory is short?"""
        return isinstance(self.ids, np.memmap)

    @property
    def short(self) -> bool:
        """Is it so short that it is learnt whole?"""
        units = None if self.boundary is None else int(self.counts[self.boundary])
        return is_short(len(self.ids), units)

    def rare(self, fewer_than: int) -> list[tuple[str, int]]:
        """The characters that occur fewer times than that, and how often each: rarest first."""
        rarest = np.argsort(self.counts, kind="stable")
        rarest = rarest[self.counts[rarest] < fewer_than]
        characters = self.vocabulary.decode(rarest)
        return list(zip(characters, self.counts[rarest].tolist(), strict=True))


def read_corpus(
    paths: Sequence[str] | Given,
    reading: Reading = USUAL,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Corpus:
    """Read files, folders (every text file below, sorted by path), pipes and "-" for stdin as one
    text, or a text that is given.

    Files that end in .gz, .bz2 or .xz are decompressed. A byte order mark is dropped; CRLF and lone
    CR become LF unless `newlines` is "keep". A newline is put between two files where the first
    does not end with one. Below a folder, hidden files and files that are not text are skipped.
    `normalize` "nfc" composes what is one character in Unicode's eyes, "nfd" takes it apart. Units
    are marked as `units.Units` says; files are not of one unit. Of rare characters see `rare`.
    Where memory is short the indices are kept in a file in `folder`, if one is given, that has no
    name and is gone when nobody uses it. `progress` is told of every piece.

    Raises CorpusError if something cannot be read, is not text or is too little of it, UsageError
    if there is no such encoding, form or unit, or nothing is piped into stdin.
    """
    found, indexer = Found(), Indexer(folder)
    files = () if isinstance(paths, Given) else paths
    for text in gathered(texts(paths, reading, found, progress)):
        indexer.add(text)
    ids, vocabulary, counts = indexer.finish()
    _check_enough(ids, vocabulary, found)
    _check_units(reading.units, vocabulary, counts)
    notes = found.notes(reading.encoding, reading.newlines)
    if isinstance(ids, np.memmap):
        notes.append(f"memory is short: {len(ids):,} characters are kept in a file in {folder}")
    if odd := _odd_note(vocabulary, counts, reading):
        notes.append(odd)
    if reading.min_count:
        boundary = reading.units.boundary if reading.units else None
        (ids, vocabulary, counts), note = replaced(
            (ids, vocabulary, counts), reading.min_count, boundary
        )
        notes.append(note)
    if len(vocabulary) > REMARKABLE_VOCABULARY:
        notes.append(f"{len(vocabulary):,} different characters: such a text takes long to learn")
    a_list = list_note(ids, vocabulary) if reading.units is None else None
    if a_list:
        notes.append(a_list)
    if in_both := both_forms(ids, vocabulary, counts):
        notes.append(in_both)
    return Corpus(
        ids,
        vocabulary,
        counts,
        indexer.digest.hexdigest(),
        files=tuple("-" if path in found.pipes else path for path in files),
        notes=tuple(notes),
        reading=reading,
        encodings={encoding: len(files) for encoding, files in found.encodings.items()},
        endings={"LF": found.lf, "CRLF": found.crlf, "CR": found.lone_cr},
        starts=np.array([] if reading.units else found.starts, np.int64),
        is_list=a_list is not None,
    )


def read_text(path: str, reading: Reading = USUAL, found: Found | None = None) -> str:
    """Read a small text by the rules and with the errors of `read_corpus`; it may be empty. What is
    met on the way is counted in `found`."""
    return "".join(texts([path], reading, found or Found()))


def _check_enough(ids: Array, vocabulary: Vocabulary, found: Found) -> None:
    hint = f"Give more text: at least {MINIMUM_LENGTH} characters, better a hundred thousand."
    if not len(ids):
        verb = "is" if len(found.empty) == 1 else "are"
        raise CorpusError(f"{name_list(found.empty) or 'all files'} {verb} empty", hint)
    if len(ids) < MINIMUM_LENGTH:
        length = "1 character" if len(ids) == 1 else f"{len(ids)} characters"
        raise CorpusError(f"the text has only {length}, and {MINIMUM_LENGTH} are needed", hint)
    if len(vocabulary) == 1:
        character = visible(vocabulary.characters, one_line=True)
        raise CorpusError(
            f"the text is only '{character}', {len(ids):,} times over",
            "There is nothing to learn; at least 2 different characters are needed.",
        )


def _check_units(units: Units | None, vocabulary: Vocabulary, counts: Array) -> None:
    if units is None or counts[vocabulary.encode(units.boundary)[0]] > 1:
        return
    missing = {
        "line": "it has no second line",
        "paragraph": f"'{visible(units.between, one_line=True)}' never stands in it"
        if units.separator
        else "no blank line stands in it",
        "file": "it is one file",
    }
    raise CorpusError(
        f"the text is a single {units.kind}: {missing[units.kind]}",
        "Leave --unit out to learn it as one running text, or give another.",
    )


def _odd_note(vocabulary: Vocabulary, counts: Array, reading: Reading) -> str | None:
    """A line for characters that no text should have: mostly signs of a wrong encoding."""
    odd = [
        (int(count), character)
        for character, count in zip(vocabulary.characters, counts, strict=True)
        if is_odd(character) and not (reading.units and character == reading.units.boundary)
    ]
    if not odd:
        return None
    most = sorted(odd, key=lambda each: (-each[0], each[1]))
    some = ", ".join(
        f"U+{ord(character):04X} {count:,} time" + "s" * (count > 1)
        for count, character in most[:3]
    )
    more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
    whole = reading.encoding in (AUTO, "utf-8")
    doubt = "" if whole else f"; is it {shown(reading.encoding)}? --encoding auto finds out"
    return f"characters that no text should have: {some}{more}{doubt}"
