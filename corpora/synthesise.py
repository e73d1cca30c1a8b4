"""Writes the texts that have an exact entropy: hello.txt, and the recall task at several lengths.

    python corpora/synthesise.py FOLDER

hello.txt is the word `hello` over and over: after the first l comes l, after the second o, so a
network has to remember one character more than it sees. Its entropy is 0.

recall-L.txt has lines `key noise key`: the key is A or B, the noise is L letters out of a to d, and
the key comes again. A line holds 1 + 2 L bits over L + 3 characters. All that a network can gain by
remembering the key is one bit: at the second key a network that has forgotten pays ln 2 = 0.693
nats, and one that remembers pays nothing. recall-L-test.txt is for measuring that.
"""

import random
import sys
from pathlib import Path

LENGTHS = (10, 20, 40, 80)
CHARACTERS = 400_000
TEST_CHARACTERS = 20_000


def hello(times: int = 200) -> str:
    return "hello" * times


def recall(length: int, characters: int = CHARACTERS, seed: int = 0) -> str:
    rng = random.Random(seed * 1_000_003 + length)
    lines = []
    for _ in range(characters // (length + 3)):
        key = rng.choice("AB")
        noise = "".join(rng.choices("abcd", k=length))
        lines.append(f"{key}{noise}{key}\n")
    return "".join(lines)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"hello.txt": hello()} | {f"recall-{n}.txt": recall(n) for n in LENGTHS}
    texts |= {f"recall-{n}-test.txt": recall(n, TEST_CHARACTERS, seed=1) for n in LENGTHS}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="ascii", newline="\n")
        print(f"{folder / name}: {len(text):,} characters")


if __name__ == "__main__":
    main()
