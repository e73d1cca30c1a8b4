"""The texts of `texts/writings.txt`, in the encodings that such texts have.

Guessing an encoding is measured on them: `python tests/writings.py` prints how often the right one
comes first, and how often it is named at all.
"""

from collections.abc import Iterator
from pathlib import Path

from charrnn.text.guessing import guesses

LENGTHS = (40, 100, 300)


def writings() -> Iterator[tuple[str, str, list[str]]]:
    """A language, a text in it, and its encodings."""
    path = Path(__file__).parent / "texts" / "writings.txt"
    for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
        heading, text = paragraph.strip().split("\n")
        language, _, encodings = heading.partition(": ")
        yield language, text, encodings.split()


def passages(length: int, every: int) -> Iterator[tuple[str, str, str]]:
    """A language, an encoding, and a passage of `length` characters from each `every`th on, or the
    whole text if it is shorter; characters that the encoding lacks are left out."""
    for language, writing, encodings in writings():
        for start in range(0, max(len(writing) - length, 0) + 1, every):
            for encoding in encodings:
                passage = writing[start : start + length].encode(encoding, "ignore")
                if not (text := passage.decode(encoding)).isascii():
                    yield language, encoding, text


def rank(text: str, encoding: str) -> int | None:
    """How many guesses come before one that reads `text`; None if there is none."""
    content = text.encode(encoding)
    texts = [content.decode(guess.encoding) for guess in guesses(lambda: iter([content]))]
    return texts.index(text) if text in texts else None


def main() -> None:
    print("| Characters | Passages | Right first | Among three |\n|---:|---:|---:|---:|")
    for length in LENGTHS:
        ranks = [rank(text, encoding) for _, encoding, text in passages(length, every=20)]
        first, named = ranks.count(0) / len(ranks), 1 - ranks.count(None) / len(ranks)
        print(f"| {length} | {len(ranks)} | {first:.1%} | {named:.1%} |")


if __name__ == "__main__":
    main()
