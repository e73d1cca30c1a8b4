"""What kinds of characters an alphabet has: letters by their script, digits, punctuation, symbols.

`unicodedata` does not know scripts, but the name of a letter begins with that of its script.
"""

import unicodedata
from collections import Counter

_OTHERS = {"N": "digits", "P": "punctuation", "S": "symbols", "Z": "spaces", "C": "controls"}
_FORMS = ("FULLWIDTH ", "HALFWIDTH ")


def kind(character: str) -> str:
    """The script of a letter, such as `Latin`, or what else the character is."""
    category = unicodedata.category(character)[0]
    if category in _OTHERS:
        return _OTHERS[category]
    name = unicodedata.name(character, "")
    for form in _FORMS:
        name = name.removeprefix(form)
    script = name.partition(" ")[0]
    if category == "M" and script in ("COMBINING", "VARIATION"):
        return "marks"
    return {"CJK": "Han", "": "letters"}.get(script, script.capitalize())


def kinds(characters: str) -> list[tuple[str, int]]:
    """How many characters are of each kind, the most first."""
    return sorted(Counter(map(kind, characters)).items(), key=lambda each: (-each[1], each[0]))
