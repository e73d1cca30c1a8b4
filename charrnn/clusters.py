"""Which characters belong together: joiners and selectors between their neighbours, flags, keycaps.

Unicode calls what a reader takes for one character a grapheme cluster. Here is as much of that as
showing a text needs: ranges of code points where `unicodedata` has no property.
"""

import unicodedata

ZWNJ, ZWJ = "\u200c", "\u200d"
JOINERS = ZWNJ + ZWJ

_TEXT_OR_EMOJI = "\ufe0e\ufe0f"
#: What those may follow, beside pictographs (emoji-variation-sequences.txt of Unicode 16.0).
_EMOJI_TOO = "#*0123456789©®‼⁉™ℹⓂ〰〽㊗㊙"
#: Blocks of pictographs: arrows, technical signs, shapes, symbols, dingbats; then the emoji.
_PICTOGRAPHS = (
    *((0x2190, 0x21FF), (0x2300, 0x23FF), (0x25A0, 0x27BF), (0x2934, 0x2935), (0x2B00, 0x2BFF)),
    (0x1F000, 0x1FAFF),
)
#: Blocks of scripts whose letters join, or stack, which a joiner asks for or prevents: Arabic to
#: Mandaic, those of India and Tibet, Myanmar, Khmer, Mongolian and their kin; Adlam.
_JOINING = (
    *((0x600, 0xDFF), (0xF00, 0x109F), (0x1700, 0x18AF), (0x1A20, 0x1AAF), (0x1B00, 0x1C4F)),
    *((0xA800, 0xA8FF), (0xA930, 0xA95F), (0xA980, 0xAADF), (0xAAE0, 0xAAFF), (0xABC0, 0xABFF)),
    *((0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0x10A00, 0x10A5F), (0x10AC0, 0x10AFF)),
    *((0x11000, 0x11FFF), (0x1E900, 0x1E95F)),
)


def is_pictograph(character: str) -> bool:
    """Is it one that emoji are made of? Skin tones and the letters of flags are no such."""
    return (
        _within(character, _PICTOGRAPHS)
        and character.isprintable()
        and not (is_tone(character) or is_regional(character))
    )


def is_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def is_regional(character: str) -> bool:
    """Is it a regional indicator, of which two make a flag?"""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def is_selector(character: str) -> bool:
    """Does it choose between two forms of what it follows?"""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def takes(character: str, selector: str) -> bool:
    """Can this character have another form?"""
    if selector in _TEXT_OR_EMOJI:
        return character in _EMOJI_TOO or is_pictograph(character)
    kinds = ("Lo",) if selector > "\uffff" else ("Lo", "Nd", "Po", "Sm", "So")
    return unicodedata.category(character) in kinds


def kind(character: str, before: str) -> str:
    """What a joiner may follow: "letter", "emoji" or nothing; `before` is the kind of what came
    before it, of which a mark, a tone or a selector is a part."""
    if character < "\u0600":  # before Arabic
        return ""
    if is_pictograph(character):
        return "emoji"
    if is_tone(character) or is_selector(character):
        return before if before == "emoji" else ""
    if not _within(character, _JOINING):
        return ""
    category = unicodedata.category(character)[0]
    return "letter" if category == "L" or (category == "M" and before == "letter") else ""


def joins(before: str, joiner: str, after: str) -> bool:
    """Is the joiner part of the writing, between what is of kind `before` and the character after
    it? Anywhere else it would be there to hide something, or to make two names look alike."""
    if before == "letter":
        return _within(after, _JOINING) and unicodedata.category(after)[0] in "LM"
    return before == "emoji" and joiner == ZWJ and is_pictograph(after)


def extends(cluster: str, character: str) -> bool:
    """Does it belong to the cluster before it, which is empty at the start of a line or word?"""
    if not cluster or cluster.isspace():
        return False
    if cluster[-1] == ZWJ or character in JOINERS or is_tone(character):
        return True
    if is_regional(character):
        return len(cluster) == 1 and is_regional(cluster)
    return unicodedata.category(character)[0] == "M"


def _within(character: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in blocks)
