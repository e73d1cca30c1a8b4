"""How much a text looks as if people had written it: what characters beyond ASCII cost, in nats.

This compares what one file says in several encodings, of which at most one makes sense. It knows
the letters of some languages by how common they are, where quotation marks stand, and that scripts
and cases do not mix within a word. ASCII costs nothing: nearly all encodings agree on it.
"""

import re
import string
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from charrnn.text.kinds import kind

#: The letters beyond ASCII of languages written in Latin letters, the commonest first. What goes
#: together matters most: ø, è and ì are all common somewhere, but in no language all three.
_LATIN = [
    "éèàêçîôùâûëïœæ",
    "üäöß",
    "óíáéñúü¿¡ºª",
    "ãçáéíóõêâúàôªº",
    "èàòùìé",
    "àéèóòíçúüï·",
    "åøæéö",
    "äöåé",
    "áðíéóþúæöý",
    "ëéïèöü",
    "łąężśćóńź",
    "íáéěřščžýůúťďňó",
    "áíéčýžšúľťôňďäóĺŕ",
    "áéöóőüíúű",
    "ăîâșțşţ",
    "čšžćđ",
    "ıüşğçöİâî",
    "ëç",
    "ėųšįžūčąę",
    "āīēšūļņžķģč",
    "äõüöšž",
    "éïèêçñöü",
]
#: Whole alphabets: Russian, Ukrainian, Bulgarian, Serbian, Greek, Hebrew, Arabic, Thai.
_OTHERS = [
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "оанивіретлскдмупязьбгйчхжцюшїщєфґ",
    "аеиотнрсвлдкпмзгуябцъщчжхюшйфь",
    "аоеинртсјувкдмплзгбљћчшцжњхђфџ",
    "αοιετσνηυρπκμλςίωδγχόάέθήφύβώξζψϊΐϋΰ",
    "יוהלארבמתשנםדעקחכפןטגצסזךץף",
    "الينموتربدعهةسفكقحجأشصطخذزضغثىءئإآؤظ",
    "าน่รอกเง้มยลวดทีสตัะปบิคหแจพชขืุใไู็ผซณถธศภฟโ์ำฐฉญษ",
]
#: Characters that make up nearly half of a text: Chinese, both ways of writing, Japanese, Korean.
_EAST = {
    "hans": "的一是不了在人有我他这个们中来上大为和国地到以说时"
    "要就出会可也你对生能而子那得于着下自之年过发后作里",
    "hant": "的一是不了在人有我他這個們中來上大為和國地到以說時"
    "要就出會可也你對生能而子那得於著下自之年過發後作裡",
    "kanji": "日一人年大十二本中長出三時行見月分後前生五間上東四今"
    "金九入学高円子外八六下来気小七山話女北午百書先名川千水",
    "hangul": "이다는의에가을하고지한로기도서사은를자리시어인정"
    "대아수나라있그보제해들부일과전스구니게만했으여장주",
}
#: The encodings in whose order common characters stand first, and the last lead byte of those.
_LEVELS = {"hans": ("gb2312", 0xD7), "hant": ("big5", 0xC6), "kanji": ("euc_jp", 0xCF)}

_LETTERS = {  # what a letter costs in a language that has it: more, the rarer it is there
    **{name: {c: 3.0 + 0.25 * rank for rank, c in enumerate(name)} for name in _LATIN},
    **{name: {c: 2.2 + 0.12 * rank for rank, c in enumerate(name)} for name in _OTHERS},
    **{name: dict.fromkeys(common, 4.4) for name, common in _EAST.items()},
}
_KNOWN = frozenset("".join(_LATIN + _OTHERS))
_MARKS = {
    character: cost
    for characters, cost in {
        "’": 2.5,
        "“”\u00a0、。，「」": 3.0,
        "‘„–—…«»·؟،؛・？！：；『』（）《》\u3000": 3.5,
        "‚‹›•°§©®™€£№½²³": 4.5,
    }.items()
    for character in characters
}
_OPENING, _CLOSING, _EITHER = "„‚‹«", "”", "“‘»›"
_LINES = re.compile(r"([^\w\s])\1{2,}")  # that are drawn, of one character
#: What stands between two letters and has no business there; no-break spaces between small ones.
_WITHIN = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’–—·](?=[^\W\d_])|(?<=[a-z])\xa0(?=[a-z])")
_ASCII = string.ascii_letters
_ALPHABETS = ("Latin", "Cyrillic", "Greek", "Hebrew", "Arabic", "Thai")


def cost(text: str) -> float:
    """What the characters of `text` cost, in the language that explains them best."""
    text = _LINES.sub(r"\1", text)
    counts = Counter(text)
    sorts = {character: _sort(character) for character in counts}
    letters = [(c, n) for c, n in counts.items() if not c.isascii() and sorts[c][1] in "luwm"]
    marks = sum(
        number * _mark(character)
        for character, number in counts.items()
        if not character.isascii() and sorts[character][1] not in "luwm"
    )
    # A few letters of another script in a text of ASCII letters are rarer than a few accents.
    latin = sum(counts[c] for c in _ASCII) > 2 * sum(n for _, n in letters)
    spoken = min(
        sum(n * _letter(c, language) for c, n in letters)
        + (6.0 if latin and letters and language not in _LATIN else 0.0)
        for language in _LETTERS
    )
    pairs = Counter(pairwise(sorts[character] for character in text))
    within = 4.0 * len(_WITHIN.findall(text))
    return marks + spoken + within + sum(n * _clash(*pair) for pair, n in pairs.items())


@lru_cache(1 << 16)
def _sort(character: str) -> tuple[str, str, bool]:
    """Its script, if it is a letter; l(ower case), u(pper), w (neither), m(ark), o, c, e, ’ (quotes
    that open, close, do either, stand within words), -, # (draws boxes), s(ymbol), space or other;
    and whether it is ASCII."""
    ascii_, script = character.isascii(), kind(character)
    category = unicodedata.category(character)
    if category[0] == "L":
        case = {"Lu": "u", "Lt": "u", "Ll": "l"}.get(category, "w")
        if "\uff61" <= character <= "\uff9f":
            script = "halfwidth"
        elif script in ("Hiragana", "Katakana", "Katakana-hiragana"):
            script = "kana"
        return script, case, ascii_
    if category[0] == "M":
        return script, "m", ascii_
    for characters, sort in ((_OPENING, "o"), (_CLOSING, "c"), (_EITHER, "e"), ("’", "’")):
        if character in characters:
            return "", sort, ascii_
    if "\u2500" <= character <= "\u259f":
        return "", "#", ascii_
    if character.isspace():
        return "", " ", ascii_
    odd = category[0] == "S" or (category[0] in "PN" and _MARKS.get(character, 9) > 4)
    return "", "-" if category == "Pd" else "s" if odd and not ascii_ else "other", ascii_


def _mark(character: str) -> float:
    """What a character costs that is no letter, in any language."""
    if "\u2500" <= character <= "\u259f":
        return 5.0
    return _MARKS.get(character, 5.0 if unicodedata.category(character) == "Cf" else 7.0)


@lru_cache(1 << 16)
def _letter(character: str, language: str) -> float:
    """What a letter costs in a language; capitals are rarer, and what it lacks is foreign."""
    known = _LETTERS[language]
    if character in known:
        return known[character]
    if (lower := character.lower()) in known:
        return known[lower] + 1
    script = kind(character)
    if "\uff61" <= character <= "\uff9f":
        return 7.0
    if script in ("Hiragana", "Katakana", "Katakana-hiragana"):
        japanese = 3.3 if script == "Hiragana" else 4.2
        return japanese if language == "kanji" else 10.0
    if script == "Hangul":
        # Unicode has 11,172 syllables, and the standard of 1987 those 2,350 that are in use.
        return (7.0 if _lead(character, "euc_kr") else 13.0) if language == "hangul" else 12.0
    if script == "Han":
        encoding, last = _LEVELS.get(language, ("", 0))
        lead = _lead(character, encoding) if encoding else 0
        return 7.5 if 0 < lead <= last else 11.5 if lead or language == "hangul" else 14.0
    return 8.0 if lower in _KNOWN else 6.0 if unicodedata.category(character)[0] == "M" else 10.0


def _lead(character: str, encoding: str) -> int:
    """The first byte of a character in `encoding`; 0 if it has none."""
    return character.encode(encoding, "ignore")[:1].ljust(1, b"\0")[0]


@lru_cache(1 << 12)
def _clash(one: tuple[str, str, bool], two: tuple[str, str, bool]) -> float:
    """What it costs that these sorts of characters are neighbours."""
    (script, a, ascii_a), (other, b, ascii_b) = one, two
    if ascii_a and ascii_b:
        return 0.0
    if script and other:
        if script != other and "marks" not in (script, other):
            if script in _ALPHABETS and other in _ALPHABETS:
                return 4.0
            return 0.0 if {script, other} == {"Han", "kana"} else 2.5
        doubled = 2.0 if script == "Latin" and not ascii_a and not ascii_b else 0.0
        return doubled + (4.0 if (a, b) == ("l", "u") else 0.5 if b == "u" else 0.0)
    if "Han" in (script, other) and " " in (a, b):
        return 0.7  # hardly ever within Chinese and Japanese; Korean parts words by spaces
    if a == b == "o":
        return 2.5
    if script and b in "oe#s":
        return {"o": 3.0, "e": 1.0}.get(b, 2.5)
    if other and a in "ce#s":
        return {"c": 2.5, "e": 0.2}.get(a, 2.5)
    return 0.7 if "-" in (a, b) and (script or other) else 0.0
