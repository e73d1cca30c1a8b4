"""A text is read as it is or refused by name, byte and line; nothing is guessed, lost or hidden."""

import bz2
import encodings.aliases
import errno
import gzip
import hashlib
import importlib
import io
import lzma
import os
import random
import re
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.errors import CharRNNError, CorpusError, UsageError
from charrnn.text import corpus, opening
from charrnn.text.corpus import Corpus, read_corpus, read_text
from charrnn.text.decoding import Decoding, Found, check_encoding
from charrnn.text.reading import Reading

TEXT = "The lamp was lit at dusk.\nWind north-west, é€👍.\n"
GERMAN = "Über dem Fluß läutet es früh, und die Bäckerin öffnet die Tür.\n"
CHINESE = "村口的老桥修了三次，每次都比原来低一点。孩子们坐在桥上数鱼。\n"
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
FRAGMENTS = [b"a", b"bc ", b"\r", b"\n", b"\r\n", "é€👍".encode(), b"\xef\xbb\xbf", b"\0"]
WRONG = [b"\xff", b"\xfe", b"\xed\xa0\x80", b"\xe2\x82", b"\xf0\x9f", b"\xc0\xaf", b"\x80"]


def text_of(read: Corpus) -> str:
    return read.vocabulary.decode(read.ids)


def refusal(*paths: object, **options: Any) -> CharRNNError:
    """The error for `paths`, which is one printable line with a hint of printable lines."""
    with pytest.raises(CharRNNError) as caught:
        read_corpus([str(path) for path in paths], Reading(**options))
    assert caught.value.message.isprintable()
    assert all(map(str.isprintable, caught.value.hint.split("\n")))
    assert caught.value.hint
    return caught.value


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(content: bytes | str, name: str = "text.txt") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def send(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "ascii"))

    return send


# What is read


def test_a_corpus_is_the_text_its_alphabet_and_its_counts(file: Callable[..., str]) -> None:
    path = file(TEXT)
    read = read_corpus([path])
    assert text_of(read) == TEXT
    assert read.vocabulary.characters == "".join(sorted(set(TEXT)))
    assert read.counts.tolist() == [TEXT.count(c) for c in read.vocabulary.characters]
    assert (read.ids.dtype, read.counts.dtype) == (np.uint8, np.int64)
    assert read.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (read.files, read.notes, read.reading) == ((path,), (), Reading())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("suffix", ["", *COMPRESS, ".GZ"])
def test_encoding_and_compression_leave_no_trace(
    file: Callable[..., str], encoding: str, suffix: str
) -> None:
    plain = read_corpus([file(TEXT)])
    compress = COMPRESS.get(suffix.lower(), bytes)
    path = file(compress(TEXT.encode(encoding)), f"other.txt{suffix}")
    read = read_corpus([path], Reading(encoding=encoding))
    assert read.ids.tolist() == plain.ids.tolist()
    assert (read.vocabulary, read.sha256) == (plain.vocabulary, plain.sha256)
    assert read.notes == ()


def test_stdin_is_read_as_bytes_and_stays_open(pipe: Callable[[bytes], None]) -> None:
    pipe(TEXT.encode())
    assert text_of(read_corpus(["-"])) == TEXT
    assert not sys.stdin.closed


def test_byte_order_marks_and_foreign_line_ends_go_and_are_counted(
    file: Callable[..., str],
) -> None:
    one = file("\ufeffone\r\ntwo\r\n\r\n", "1")
    two = file("\ufeffthree\rfour\nfive six\r", "2")
    read = read_corpus([one, two])
    assert text_of(read) == "one\ntwo\n\nthree\nfour\nfive six\n"
    assert read.endings == {"LF": 1, "CRLF": 3, "CR": 2}
    assert read.notes == (
        "2 byte order marks dropped",
        "3 CRLF line endings became LF",
        "2 lone CR line endings became LF",
    )


def test_line_ends_stay_if_asked(file: Callable[..., str]) -> None:
    text = "one\r\ntwo\rthree\nfour five six\r"
    read = read_corpus([file(text)], Reading(newlines="keep"))
    assert text_of(read) == text
    assert read.notes == ()


def test_a_mark_inside_the_text_is_a_character(file: Callable[..., str]) -> None:
    assert "\ufeff" in read_corpus([file(TEXT + "\ufeff")]).vocabulary.characters


def test_files_are_parted_by_one_newline_where_there_is_none(file: Callable[..., str]) -> None:
    files = [
        ("one two\n", "1"),
        ("three four", "2"),
        ("", "3"),
        ("five six\r", "4"),
        ("seven", "5"),
    ]
    read = read_corpus([file(*f) for f in files], Reading(newlines="keep"))
    assert text_of(read) == "one two\nthree four\nfive six\rseven"
    assert len(read.notes) == 1
    assert read.notes[0].startswith("1 file without text: ")


def test_above_256_characters_an_index_takes_two_bytes(file: Callable[..., str]) -> None:
    text = "".join(map(chr, range(0x4E00, 0x4F01)))
    read = read_corpus([file(text)])
    assert read.ids.dtype == np.uint16
    assert text_of(read) == text
    assert read_corpus([file(text[1:])]).ids.dtype == np.uint8


@pytest.mark.parametrize(("size", "notes"), [(1000, 0), (1001, 1)])
def test_a_large_alphabet_is_remarked_upon(file: Callable[..., str], size: int, notes: int) -> None:
    read = read_corpus([file("".join(map(chr, range(0x4E00, 0x4E00 + size))))])
    assert len(read.notes) == notes


def test_rare_characters_come_rarest_first(file: Callable[..., str]) -> None:
    read = read_corpus([file("a" * 12 + "b" * 10 + "c" * 9 + "d\n\n" + "é")])
    assert read.rare(10) == [("d", 1), ("é", 1), ("\n", 2), ("c", 9)]
    assert read.rare(1) == []


def test_read_text_follows_the_same_rules(
    file: Callable[..., str], pipe: Callable[[bytes], None]
) -> None:
    assert read_text(file("\ufeffa\r\nb\r")) == "a\nb\n"
    assert read_text(file("a\r\nb\r"), Reading(newlines="keep")) == "a\r\nb\r"
    assert read_text(file("")) == ""
    pipe("ü".encode("latin-1"))
    assert read_text("-", Reading(encoding="latin-1")) == "ü"
    with pytest.raises(CorpusError, match="offset 1, line 1"):
        read_text(file(b"a\xff"))


# Folders


def test_a_folder_gives_its_text_files_in_order(file: Callable[..., str], tmp_path: Path) -> None:
    file("second\n", "texts/b.txt")
    file("the first\n", "texts/a/z.txt")
    file(gzip.compress(b"third\n"), "texts/c.txt.gz")
    file("hidden\n", "texts/.hidden")
    file("hidden\n", "texts/.git/config")
    file(b"\x89PNG\0\0", "texts/a/picture.png")
    file(b"f\xfcnf\n", "texts/latin.txt")
    read = read_corpus([str(tmp_path / "texts")])
    assert text_of(read) == "the first\nsecond\nthird\n"
    note, advice = read.notes
    assert "--encoding auto" in advice
    assert note.startswith("2 files skipped as not utf-8 text: ")
    assert "picture.png" in note
    assert "latin.txt" in note


def test_a_note_names_three_files_and_hides_no_control(
    file: Callable[..., str], tmp_path: Path
) -> None:
    file(TEXT, "t/text")
    for name in ("\x1b[2J", "b", "c", "d"):
        file(b"\0", f"t/{name}")
    (note,) = read_corpus([str(tmp_path / "t")]).notes
    assert note.startswith("4 files skipped")
    assert note.endswith("b, " + str(tmp_path / "t" / "c") + ", ...")
    assert note.isprintable()


def test_what_is_no_file_is_passed_over_in_a_folder(
    file: Callable[..., str], tmp_path: Path
) -> None:
    file(TEXT, "t/text")
    os.mkfifo(tmp_path / "t" / "fifo")
    (tmp_path / "t" / "broken").symlink_to("nowhere")
    (tmp_path / "t" / "loop").symlink_to(tmp_path / "t")
    read = read_corpus([str(tmp_path / "t")])
    assert text_of(read) == TEXT
    assert read.notes[0].startswith("2 files skipped")


def test_a_folder_without_text_is_refused(file: Callable[..., str], tmp_path: Path) -> None:
    file(b"\0", "t/binary")
    assert "binary" in refusal(tmp_path / "t").message
    (tmp_path / "empty").mkdir()
    assert "there is no utf-8 text file in the folder" in refusal(tmp_path / "empty").message


# What is refused


def test_a_wrong_byte_is_named_with_offset_and_line(file: Callable[..., str]) -> None:
    path = file("one\r\ntwo\rthré".encode() + b"e\xe9\n", "x\x1b\n.txt")
    error = refusal(path)
    assert error.message.endswith(
        r"x\x1b\n.txt is not utf-8 text: byte 0xe9 at offset 15, line 3 (invalid continuation byte)"
    )


def test_the_offset_is_that_of_the_decompressed_bytes(file: Callable[..., str]) -> None:
    content = b"line\n" * 100_000 + b"\xff"
    message = refusal(file(gzip.compress(content), "t.gz")).message
    assert "offset 500,000, line 100,001" in message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_foreign_byte_order_mark_names_the_encoding(
    file: Callable[..., str], encoding: str
) -> None:
    error = refusal(file(("\ufeff" + TEXT).encode(encoding)))
    assert error.hint == f"Read it with --encoding {encoding[:6]}"


def test_utf_16_without_a_mark_needs_its_byte_order(file: Callable[..., str]) -> None:
    path = file(TEXT.encode("utf-16-le"))
    assert "BOM" in refusal(path, encoding="utf-16").message
    assert "utf-16-le" in refusal(path, encoding="utf-16").hint
    assert "utf-16-le" in refusal(path).hint
    assert text_of(read_corpus([path], Reading(encoding="utf-16-le"))) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16", "utf16", "U32"])
def test_a_text_without_its_mark_is_refused_with_advice_that_works(
    file: Callable[..., str], encoding: str
) -> None:
    order = encoding[-2:]
    path = file(TEXT.encode(f"utf-{order}-be"))
    error = refusal(path, encoding=encoding)
    assert error.message.endswith("it does not start with a byte order mark (BOM)")
    assert error.hint.startswith(f"Read it with --encoding utf-{order}-be: north-west, é€👍.")


def test_the_mark_of_another_encoding_is_better_advice(file: Callable[..., str]) -> None:
    path = file(TEXT.encode("utf-16"))
    assert refusal(path, encoding="utf-32").hint == "Read it with --encoding utf-16"


def test_a_binary_file_is_called_so(file: Callable[..., str]) -> None:
    path = file("äb".encode() + bytes(30))
    assert refusal(path).message == f"{path} looks like a binary file (NUL at character 2)"


def test_a_surrogate_is_no_character(file: Callable[..., str]) -> None:
    error = refusal(file(b"abc+2AA-"), encoding="utf-7")
    assert error.message.endswith("holds half a character (a surrogate at character 3)")


def test_the_encoding_in_use_is_not_recommended(file: Callable[..., str]) -> None:
    error = refusal(file("\ufeffab".encode("utf-16-le") + b"\x00\xd8a\0"), encoding="utf-16")
    assert "byte 0x00 at offset 6, line 1" in error.message
    assert "--encoding" in error.hint
    assert "utf-16" not in error.hint


def test_a_decoder_with_states_goes_back_before_a_wrong_byte(file: Callable[..., str]) -> None:
    path = file(b"a\nb\n\x1b$B\xff\xff")
    assert "byte 0xff at offset 7, line 3" in refusal(path, encoding="iso2022_jp").message


def test_random_bytes_are_refused(file: Callable[..., str]) -> None:
    refusal(file(random.Random(1).randbytes(1 << 20)))


NOT_FOR_TEXT = ["hex", "rot13", "base64", "punycode", "undefined"]


@pytest.mark.parametrize("encoding", ["klingon", "", "\0", "\x1b\ud800", *NOT_FOR_TEXT])
def test_only_encodings_of_text_are_accepted(file: Callable[..., str], encoding: str) -> None:
    assert isinstance(refusal(file(TEXT), encoding=encoding), UsageError)


def test_an_unknown_way_of_reading_line_ends_is_refused(file: Callable[..., str]) -> None:
    assert isinstance(refusal(file(TEXT), newlines="dos"), UsageError)


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("damage", ["cut", "changed", "foreign", "nothing"])
def test_a_damaged_archive_is_one_line(file: Callable[..., str], suffix: str, damage: str) -> None:
    content = COMPRESS[suffix](random.Random(1).randbytes(5000).hex().encode())
    middle = len(content) // 2
    damaged = {
        "cut": content[:middle],
        "changed": content[:middle] + bytes(20) + content[middle + 20 :],
        "foreign": TEXT.encode(),
        "nothing": content[:1],
    }[damage]
    assert "is a damaged archive: " in refusal(file(damaged, f"t{suffix}")).message


def test_a_python_without_lzma_says_so(
    file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    assert "built without lzma" in refusal(file(b"", "t.xz")).message


def test_what_is_not_there_is_named(tmp_path: Path, file: Callable[..., str]) -> None:
    assert refusal(tmp_path / "a\nb").message == rf"there is no file {tmp_path}/a\nb"
    assert "there is no file" in refusal(file(TEXT) + "/below").message
    assert "there is no file" in refusal("a\0b").message
    assert refusal("n" * 5000).message.startswith("cannot read nnn")


def test_all_files_have_to_be_there_before_one_is_read(
    tmp_path: Path, file: Callable[..., str]
) -> None:
    assert "there is no file" in refusal(file(b"\xff"), tmp_path / "missing").message


def test_devices_are_refused() -> None:
    assert "is a device" in refusal("/dev/null").message


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
def test_what_the_system_refuses_is_one_line(
    file: Callable[..., str], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: str, stack: ExitStack) -> None:
        raise OSError(code, os.strerror(code))

    path = file(TEXT)
    monkeypatch.setattr(opening, "_open", refuse)
    assert refusal(path).message == f"cannot read {path}: {os.strerror(code)}"


def changed_while_read(paths: list[str], change: Callable[[], object]) -> CharRNNError:
    """The error for files of which one is changed as soon as anything has been read."""
    changes = [change]

    def progress(stage: str, done: int, total: int | None) -> None:
        while changes:
            changes.pop()()

    with pytest.raises(CharRNNError) as caught:
        read_corpus(paths, progress=progress)
    assert caught.value.message.isprintable()
    return caught.value


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_that_is_written_while_it_is_read_is_an_error(
    file: Callable[..., str], suffix: str
) -> None:
    content = COMPRESS[".gz"](TEXT.encode() * 9) if suffix else TEXT * 9
    path = Path(file(content, f"log{suffix}"))

    def append() -> None:
        with path.open("ab") as log:
            log.write(b"and one more line\n" if not suffix else gzip.compress(b"more\n"))

    error = changed_while_read([str(path)], append)
    assert f"{path} has changed while it was read" in error.message
    assert "copy" in error.hint


def test_a_file_that_vanishes_before_its_turn_is_an_error(file: Callable[..., str]) -> None:
    first, second = file(TEXT * 9, "a"), file(TEXT, "b")
    error = changed_while_read([first, second], Path(second).unlink)
    assert error.message.startswith(f"cannot read {second}: ")


def test_a_large_file_of_a_folder_is_read_as_if_it_were_small(
    file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is small is kept when it is looked at, so that it is read once."""
    file(TEXT * 9, "t/a")
    file(b"\xff\xfe", "t/b")
    folder = str(Path(file(TEXT, "t/c")).parent)
    usual = read_corpus([folder])
    monkeypatch.setattr(opening, "SMALL", 3)
    told: list[int] = []
    large = read_corpus([folder], progress=lambda stage, done, total: told.append(done))
    np.testing.assert_array_equal(large.ids, usual.ids)
    assert large.notes == usual.notes
    assert told[-1] > 1.9 * len((TEXT * 10).encode())


def test_a_folder_that_may_not_be_listed_is_an_error(
    file: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scandir(path: str) -> Any:
        if path.endswith("locked"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return listed(path)

    listed = os.scandir
    file(TEXT, "t/locked/text")
    monkeypatch.setattr(os, "scandir", scandir)
    message = refusal(tmp_path / "t").message
    assert message == f"cannot read {tmp_path}/t/locked: {os.strerror(errno.EACCES)}"


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stdin in (Terminal(), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        error = refusal("-")
        assert isinstance(error, UsageError)
        assert error.message.startswith("nothing is piped into stdin")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "text.txt is empty"),
        ("\ufeff", "text.txt is empty"),
        ("a", "only 1 character, and 20 are needed"),
        ("a\r\n" * 9, "only 18 characters, and 20 are needed"),
        ("abcdefghijklmnopqrs", "only 19 characters, and 20 are needed"),
        ("a" * 2000, "only 'a', 2,000 times over"),
        ("\r\n" * 20, r"only '\n', 20 times over"),
    ],
)
def test_too_little_text_is_refused_with_the_number(
    file: Callable[..., str], text: str, said: str
) -> None:
    assert refusal(file(text)).message.endswith(said)


def test_two_empty_files_are_both_named(file: Callable[..., str]) -> None:
    assert refusal(file("", "a"), file("", "b")).message.endswith("b are empty")
    assert "empty" in refusal().message


def test_65536_characters_are_the_most(file: Callable[..., str]) -> None:
    most = "".join(map(chr, range(0x10000, 0x20000)))
    assert len(read_corpus([file(most)]).vocabulary) == 65_536
    assert "more than 65,536" in refusal(file(most + "a")).message


# Encodings that nobody has named


def test_the_advice_names_encodings_with_the_words_that_tell(file: Callable[..., str]) -> None:
    path = file("She said “it’s late – isn’t it?”\n".encode("cp1252"))
    first, *others = refusal(path).hint.split("\n")
    assert first == "Read it with --encoding cp1252: She said “it’s late – isn’t it"
    assert all(line.startswith("          or --encoding ") for line in others)
    assert not any("latin-1" in line for line in others)


@pytest.mark.parametrize(("text", "encoding"), [(GERMAN, "cp1252"), (CHINESE, "gb18030")])
@pytest.mark.parametrize("named", ["utf-8", "ascii", "utf-16", "euc_jp", "cp1255"])
def test_advice_works_when_it_is_followed(
    file: Callable[..., str], text: str, encoding: str, named: str
) -> None:
    path = file(text.encode(encoding))
    try:
        read_corpus([path], Reading(encoding=named))
    except CorpusError as error:
        advised = re.search("--encoding ([a-z0-9_-]+)", error.hint)
        assert advised
        read_corpus([path], Reading(encoding=advised[1]))


def test_utf_8_is_advised_where_it_is_utf_8(file: Callable[..., str]) -> None:
    assert refusal(file(GERMAN), encoding="ascii").hint == "Read it with --encoding utf-8"


def test_utf_8_with_a_wrong_byte_is_to_be_mended(file: Callable[..., str]) -> None:
    content = GERMAN.encode() * 20 + b"\xff\n"
    path = file(content)
    assert refusal(path, encoding="auto").hint == refusal(path).hint
    command = refusal(path).hint.rpartition(": ")[2].split()
    assert command[0] == "iconv"
    mended = subprocess.run(
        [*command[: command.index("FILE")], path], capture_output=True, check=False
    ).stdout
    assert text_of(read_corpus([file(mended)])) == GERMAN * 20 + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "auto"])
def test_what_is_text_in_no_encoding_is_said_to_be_none(
    file: Callable[..., str], encoding: str
) -> None:
    for content in (b"\x89PNG\r\n" + bytes(90), random.Random(2).randbytes(3000)):
        assert "Only text can be learnt" in refusal(file(content), encoding=encoding).hint
    assert refusal(file(""), encoding=encoding).message.endswith("is empty")


def test_auto_reads_a_folder_of_many_encodings_as_a_whole(
    file: Callable[..., str], tmp_path: Path
) -> None:
    file(gzip.compress(GERMAN.encode("cp1252")), "t/1.gz")
    file(GERMAN.encode(), "t/2")
    file(CHINESE.encode("gb18030"), "t/3")
    file(CHINESE.encode("utf-16"), "t/4")
    file(CHINESE.encode("utf-16-be"), "t/5")
    file(GERMAN.encode("cp1252"), "t/6")
    file(b"\x89PNG\0\0", "t/7")
    file("", "t/8")
    read = read_corpus([str(tmp_path / "t")], Reading(encoding="auto"))
    assert text_of(read) == GERMAN * 2 + CHINESE * 3 + GERMAN
    assert read.encodings == {"cp1252": 2, "utf-8": 1, "gb18030": 1, "utf-16": 1, "utf-16-be": 1}
    first, *_, skipped, empty = read.notes
    assert first == f"2 files read as cp1252: {tmp_path}/t/1.gz, {tmp_path}/t/6"
    assert skipped == f"1 file skipped as no text: {tmp_path}/t/7"
    assert empty == f"1 file without text: {tmp_path}/t/8"


def test_auto_reads_stdin_and_says_as_what(pipe: Callable[[bytes], None]) -> None:
    pipe(GERMAN.encode("cp1252"))
    read = read_corpus(["-"], Reading(encoding="auto"))
    assert text_of(read) == GERMAN
    assert read.notes == ("1 file read as cp1252: stdin",)
    pipe(GERMAN.encode("cp1252"))
    assert "--encoding auto" in refusal("-").hint


def test_what_does_not_fit_into_memory_is_kept_in_a_file(
    pipe: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_IN_MEMORY", 10)
    pipe(GERMAN.encode("cp1252") * 99)
    assert text_of(read_corpus(["-"], Reading(encoding="auto"))) == GERMAN * 99


def test_a_full_disk_is_one_line(
    pipe: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, content: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(opening, "SpooledTemporaryFile", lambda size: Full())
    pipe(GERMAN.encode("cp1252"))
    assert os.strerror(errno.ENOSPC) in refusal("-", encoding="auto").message


@pytest.mark.parametrize("encoding", ["utf-8", "auto"])
def test_a_named_pipe_is_read_once(tmp_path: Path, encoding: str) -> None:
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: Path(path).write_bytes(TEXT.encode()))
    writer.start()
    read = read_corpus([path], Reading(encoding=encoding))
    writer.join()
    assert text_of(read) == TEXT
    assert read.files == ("-",)  # as nothing can read it again
    assert "is named twice" in refusal(path, path).message
    assert "is named twice" in refusal("-", "-").message


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0"])
def test_other_names_of_stdin_are_stdin(path: str, pipe: Callable[[bytes], None]) -> None:
    pipe(TEXT.encode())
    assert text_of(read_corpus([path])) == TEXT


def test_characters_that_no_text_has_are_told(file: Callable[..., str]) -> None:
    path = file("“No”, he said, “it’s not.”\n".encode("cp1252"))
    (note,) = read_corpus([path], Reading(encoding="latin-1")).notes
    assert "U+0093 2 times, U+0094 2 times, U+0092 1 time" in note
    assert "--encoding auto" in note
    (note,) = read_corpus([file(TEXT + "\ufffd\x1b")]).notes
    assert "U+001B 1 time, U+FFFD 1 time" in note
    assert read_corpus([file(TEXT), file(TEXT, "2")], Reading(unit="file")).notes == ()


# Laws


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("law") / "text"


BYTES = st.lists(st.sampled_from(FRAGMENTS + WRONG) | st.binary(max_size=30)).map(b"".join)
MOSTLY_TEXT = st.lists(st.sampled_from(FRAGMENTS[:-1] * 4 + WRONG[:1]), min_size=9).map(b"".join)


@given(content=BYTES | MOSTLY_TEXT, piece=st.sampled_from([4, 5, 7, 64, 1 << 18]))
@example(content=b"\0" * 50, piece=4)
@example(content=b"zzyyyxa" * 9, piece=4)
@example(content=("\ufeff\ufeff" + TEXT).encode(), piece=4)
@example(content="\ufeffaaaa\0".encode(), piece=4)
@example(content=b"a\r" * 30 + b"\xff", piece=4)
def test_any_bytes_are_read_as_python_decodes_them_or_refused_at_the_right_place(
    scratch: Path, content: bytes, piece: int
) -> None:
    scratch.write_bytes(content)
    wrong = len(content)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        wrong = error.start
    right = content[:wrong].decode()
    text = right.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "PIECE", piece)
        try:
            read = read_corpus([str(scratch)])
        except CorpusError as error:
            message = error.message
        else:
            assert text_of(read) == text
            assert read.counts.tolist() == [text.count(c) for c in sorted(set(text))]
            ends = Counter(re.findall("\r\n|\r|\n", right))
            assert list(read.endings.values()) == [ends["\n"], ends["\r\n"], ends["\r"]]
            assert wrong == len(content)
            return
    if "\0" in right:
        assert message.endswith(f"(NUL at character {right.index(chr(0)):,})")
    elif wrong < len(content):
        where = re.search(r"byte 0x(..) at offset ([0-9,]+), line ([0-9,]+) ", message)
        assert where is not None
        assert bytes.fromhex(where[1]) == content[wrong : wrong + 1]
        assert int(where[2].replace(",", "")) == wrong
        assert int(where[3].replace(",", "")) == 1 + text.count("\n")
    else:
        assert len(text) < corpus.MINIMUM_LENGTH or len(set(text)) == 1


@given(content=BYTES, newlines=st.sampled_from(["unix", "keep"]), data=st.data())
def test_where_pieces_end_does_not_matter(
    content: bytes, newlines: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(4, max(4, len(content))))))
    borders = zip([0, *cuts], [*cuts, len(content)], strict=True)
    pieces = [content[a:b] for a, b in borders if content[a:b]]
    whole = [content] if content else []
    assert decoded(pieces, "utf-8", newlines) == decoded(whole, "utf-8", newlines)


def decoded(pieces: list[bytes], encoding: str, newlines: str = "unix") -> object:
    found = Found()
    try:
        return "".join(Decoding("x", encoding, newlines, found).texts(pieces)), found
    except CorpusError as error:
        return error.message


@pytest.mark.parametrize("encoding", sorted(set(encodings.aliases.aliases.values())))
def test_every_encoding_of_python_decodes_or_refuses_whatever_the_pieces(encoding: str) -> None:
    try:
        check_encoding(encoding)
    except UsageError:
        return
    draw = random.Random(encoding)
    for _ in range(20):
        random_bytes = bytes(draw.choice([draw.randrange(256), 13, 97]) for _ in range(30))
        for content in (random_bytes, "né €\r\n日本語\r".encode(encoding, "ignore") or b"a"):
            every = [content[i : i + 1] for i in range(len(content))]
            assert decoded(every, encoding) == decoded([content], encoding)


def test_memory_is_two_copies_of_the_indices_and_a_little(file: Callable[..., str]) -> None:
    def peak(path: str) -> int:
        tracemalloc.reset_peak()
        read_corpus([path])
        return tracemalloc.get_traced_memory()[1]

    line = "The quick brown fox jumps over the lazy dog, 0123456789 times, and on.\n"
    small, large = file(line * 1000, "small"), file(line * 300_000, "large")
    tracemalloc.start()
    try:
        assert peak(small) < 12e6
        assert peak(large) < 2 * len(line) * 300_000 + 12e6
    finally:
        tracemalloc.stop()


@given(text=st.text(), piece=st.sampled_from([4, 5, 1 << 18]))
def test_auto_reads_utf_8_as_utf_8(scratch: Path, text: str, piece: int) -> None:
    scratch.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "PIECE", piece)
        try:
            plain = read_text(str(scratch))
        except CorpusError:
            assert "\0" in text
        else:
            assert read_text(str(scratch), Reading(encoding="auto")) == plain
