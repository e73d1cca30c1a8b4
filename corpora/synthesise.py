"""Writes the texts with an exact entropy: hello.txt, recall tasks, and the tides of Skerrow.

    python corpora/synthesise.py FOLDER

hello.txt is the word `hello` over and over: after the first l comes l, after the second o, so a
network has to remember one character more than it sees. Its entropy is 0.

recall-L.txt has lines `key noise key`: the key is A or B, the noise is L letters out of a to d, and
the key comes again. A line holds 1 + 2 L bits over L + 3 characters. All that a network can gain by
remembering the key is one bit: at the second key a network that has forgotten pays ln 2 = 0.693
nats, and one that remembers pays nothing. recall-L-test.txt is for measuring that.

tides.txt is a time series: the height of the sea every half hour in whole centimetres, three digits
each, a line for every twelve hours. The tide is the sum of two cosines with periods of 25 and 24
readings, so spring tides come every 600 readings, rounded; to that the waves add a noise of -2 to
2. The text has pages of 50 lines with an empty line between them, and each page begins at one of
the 25 hours at which a line can, drawn at random: without that a network learns a clock and stops
listening to the sea. Whoever knows the hour pays the entropy of the noise, 1.408 nats a reading,
and finding the hour costs ln 25 a page. tides-test.txt has other pages; tides-fault.txt is one page
with the errors of an instrument at FAULTS.
"""

import math
import random
import sys
from pathlib import Path

LENGTHS = (10, 20, 40, 80)
CHARACTERS = 400_000
TEST_CHARACTERS = 20_000

MOON, SUN, TOGETHER = 25, 24, 600  # periods in readings, of half an hour
LINE = 24  # readings
WAVES = {-2: 1 / 16, -1: 4 / 16, 0: 6 / 16, 1: 4 / 16, 2: 1 / 16}  # centimetres: probability
LINES = 50  # of a page
PAGES, TEST_PAGES = 100, 10
#: Readings of tides-fault.txt from 0: one with a wrong tens digit, those for which the gauge was
#: stuck, and one that is 6 cm too high.
FAULTS = {"digit": range(300, 301), "stuck": range(509, 515), "high": range(900, 901)}


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


def tide(reading: int) -> int:
    """The height in centimetres without waves, from 111 to 530: always three digits.

    No height comes nearer than 0.004 to a half, so that every machine rounds it alike.
    """
    moon = 150 * math.cos(2 * math.pi * (reading % MOON) / MOON)
    sun = 60 * math.cos(2 * math.pi * (reading % SUN) / SUN)
    return round(320 + moon + sun)


def pages(count: int, seed: int) -> list[tuple[int, list[int]]]:
    """For each page the hour of its first reading, from 0 to 599, and its heights with waves."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        hour = LINE * rng.randrange(MOON)
        waves = rng.choices(list(WAVES), list(WAVES.values()), k=LINE * LINES)
        found.append((hour, [tide(hour + i) + wave for i, wave in enumerate(waves)]))
    return found


def written(heights: list[int]) -> str:
    """Three digits for each height, and what follows them: a space, or a newline after LINE."""
    ends = [" "] * (LINE - 1) + ["\n"]
    return "".join(f"{height:03}{ends[i % LINE]}" for i, height in enumerate(heights))


def tides(count: int = PAGES, seed: int = 0) -> str:
    return "\n".join(written(heights) for _, heights in pages(count, seed))


def faulty_tides(seed: int = 2) -> str:
    [(_, heights)] = pages(1, seed)
    for i in FAULTS["digit"]:
        heights[i] += 50 if heights[i] // 10 % 10 < 5 else -50
    for i in FAULTS["stuck"]:
        heights[i] = heights[i - 1]
    for i in FAULTS["high"]:
        heights[i] += 6
    return written(heights)


def tides_entropy() -> float:
    """Nats per character. The waves are independent of all else; and a page tells its hour, of
    which nothing was known before."""
    reading = -sum(p * math.log(p) for p in WAVES.values())
    return (LINE * LINES * reading + math.log(MOON)) / (4 * LINE * LINES + 1)


def tides_entropy_by_place() -> tuple[float, float, float]:
    """Nats in the hundreds, the tens and the units of a reading, each given the hour and the digits
    before it; the fourth character is certain."""
    totals = [0.0, 0.0, 0.0]
    for hour in range(TOGETHER):
        digits = {f"{tide(hour) + wave:03}": p for wave, p in WAVES.items()}
        for place in range(3):
            for number, p in digits.items():
                same = [q for n, q in digits.items() if n[:place] == number[:place]]
                next_same = [q for n, q in digits.items() if n[: place + 1] == number[: place + 1]]
                totals[place] -= p * math.log(sum(next_same) / sum(same)) / TOGETHER
    return totals[0], totals[1], totals[2]


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"hello.txt": hello()} | {f"recall-{n}.txt": recall(n) for n in LENGTHS}
    texts |= {f"recall-{n}-test.txt": recall(n, TEST_CHARACTERS, seed=1) for n in LENGTHS}
    texts |= {"tides.txt": tides(), "tides-test.txt": tides(TEST_PAGES, seed=1)}
    texts |= {"tides-fault.txt": faulty_tides()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="ascii", newline="\n")
        print(f"{folder / name}: {len(text):,} characters")


if __name__ == "__main__":
    main()
