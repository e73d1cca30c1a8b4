"""Where a sentence ends, in any script: what may end one, what still belongs to its end, and what
has to follow.

A point inside a number or a name must not end anything, so a space is waited for; scripts that put
none between words end a sentence at its sign. Abbreviations are beyond what single characters show.
"""

import unicodedata


def _members(ranges: str) -> frozenset[str]:
    """The characters of ranges of code points, such as `21 589 61D-61F`."""
    bounds = (each.partition("-") for each in ranges.split())
    spans = (range(int(first, 16), int(last or first, 16) + 1) for first, _, last in bounds)
    return frozenset(chr(code) for span in spans for code in span)


#: The property Sentence_Terminal of Unicode 18.0 (PropList.txt), which `unicodedata` does not have,
#: and the ellipsis.
TERMINATORS = _members(
    "21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E "
    "1735-1736 17D4-17D5 1803 1809 1944-1945 1AA8-1AAB 1B4E-1B4F 1B5A-1B5B 1B5E-1B5F 1B7D-1B7F "
    "1C3B-1C3C 1C7E-1C7F 2024 203C-203D 2047-2049 2CF9-2CFB 2E2E 2E3C 2E53-2E54 2E60-2E61 3002 "
    "A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE12 "
    "FE15-FE16 FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 "
    "110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 "
    "113D4-113D5 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 "
    "11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 "
    "16B44 16D6E-16D6F 16E98 1BC9F 1DA88"
) | {"…"}

_POINTS = ".․…"  # also within numbers, abbreviations and sentences
_WIDE_POINTS = "．﹒"


#: Blocks of scripts without spaces between words, and of their punctuation: Thai and Lao, Myanmar,
#: Khmer, Tai, Balinese; then Chinese, Japanese and Yi (without Hangul), Javanese to Tai Viet.
_UNSPACED = (
    *((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x1AAF), (0x1B00, 0x1B7F)),
    *((0x2E80, 0x312F), (0x3190, 0xA4CF), (0xA980, 0xAADF), (0xF900, 0xFAFF), (0xFE10, 0xFE6F)),
    *((0xFF00, 0xFFEF), (0x16FE0, 0x1B16F), (0x20000, 0x3FFFF)),
)


def _is_unspaced(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _UNSPACED)


def belongs(character: str, terminator: str) -> bool:
    """Does it still belong to the end that `terminator` made? Closing quotes and brackets do, and
    marks; an opening quote too, which is German for closing one, where a space has to come."""
    category = unicodedata.category(character)
    if category == "Pi":
        return not _is_unspaced(terminator)
    return category in ("Pe", "Pf", "Mn", "Me", "Cf") or character in "\"'"


def is_over(terminator: str, following: str) -> bool:
    """Is a sentence over where `following` comes after `terminator` and all that belongs to it?"""
    if following.isspace():
        return True
    if terminator in _POINTS:
        return False
    if terminator in _WIDE_POINTS:
        return unicodedata.category(following) not in ("Nd", "Lu", "Ll")
    return _is_unspaced(terminator) or _is_unspaced(following)
