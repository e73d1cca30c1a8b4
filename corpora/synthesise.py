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
2. Whoever knows the hour still pays the entropy of the noise, 1.407 nats for four characters, and
nothing else. tides-test.txt has other waves. tides-fault.txt has others again and, at FAULTS, the
errors of an instrument.
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
READINGS, TEST_READINGS, FAULT_READINGS = 120_000, 12_000, 1_200
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


def heights(readings: int, seed: int) -> list[int]:
    """With waves; reading 0 is a spring tide's high water."""
    waves = random.Random(seed).choices(list(WAVES), list(WAVES.values()), k=readings)
    return [tide(reading) + wave for reading, wave in enumerate(waves)]


def written(heights: list[int]) -> str:
    """Three digits for each height, and what follows them: a space, or a newline after LINE."""
    ends = [" "] * (LINE - 1) + ["\n"]
    return "".join(f"{height:03}{ends[i % LINE]}" for i, height in enumerate(heights))


def tides(readings: int = READINGS, seed: int = 0) -> str:
    return written(heights(readings, seed))


def faulty_tides(readings: int = FAULT_READINGS, seed: int = 2) -> str:
    series = heights(readings, seed)
    for i in FAULTS["digit"]:
        series[i] += 50 if series[i] // 10 % 10 < 5 else -50
    for i in FAULTS["stuck"]:
        series[i] = series[i - 1]
    for i in FAULTS["high"]:
        series[i] += 6
    return written(series)


def tides_entropy() -> float:
    """Nats per character, for one who knows the hour: the noise is independent of all else."""
    return -sum(p * math.log(p) for p in WAVES.values()) / 4


def tides_entropy_by_place() -> tuple[float, float, float]:
    """Nats in the hundreds, the tens and the units of a reading, each given the hour and the digits
    before it; the fourth character is certain. Their sum is 4 `tides_entropy()`."""
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
    texts |= {"tides.txt": tides(), "tides-test.txt": tides(TEST_READINGS, seed=1)}
    texts |= {"tides-fault.txt": faulty_tides()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="ascii", newline="\n")
        print(f"{folder / name}: {len(text):,} characters")


if __name__ == "__main__":
    main()
