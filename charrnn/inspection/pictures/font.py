"""A small stroke font for PNG, which cannot ask the reader's computer for one. Printable ASCII and
the few signs that the pictures use; whatever else is in a text is written as an escape.

A glyph is a few strokes; a stroke is a chain of points, two digits each: x from 0 (left), y from 0
(bottom of p and q) over 2 (the baseline) and 7 (the top of x) to 9 (the top of X).
"""

BASELINE, TOP = 2, 9

GLYPHS = {
    " ": "",
    "!": "0904 0203",
    '"': "0907 1917",
    "#": "1219 3239 0444 0747",
    "$": "483919080716364543321203 2129",
    "%": "0249 0908181909 4342323343",
    "&": "4217182938370503122245",
    "'": "0907",
    "(": "19070310",
    ")": "09171300",
    "*": "2824 0745 0547",
    "+": "2327 0545",
    ",": "1301",
    "-": "0535",
    ".": "0203",
    "/": "0139",
    "0": "123243483919080312",
    "1": "172922 1232",
    "2": "08193948460242",
    "3": "08193948473616 364543321203",
    "4": "32390444",
    "5": "490906364543321203",
    "6": "483919080312324345361605",
    "7": "094912",
    "8": "160708193948473616 16050312324345 4536",
    "9": "031232434839190806153546",
    ":": "0203 0607",
    ";": "1301 1617",
    "<": "470543",
    "=": "0444 0646",
    ">": "074503",
    "?": "08193948462524 2322",
    "@": "35261514233435454839190803 031242",
    "A": "022942 1434",
    "B": "0209 093948473606 3645433202",
    "C": "4839190803123243",
    "D": "0209 092947442202",
    "E": "49090242 0636",
    "F": "490902 0636",
    "G": "48391908031232434626",
    "H": "0209 4249 0646",
    "I": "0209",
    "J": "3933221203",
    "K": "0209 4905 1642",
    "L": "090242",
    "M": "0209254942",
    "N": "02094249",
    "O": "123243483919080312",
    "P": "0209 093948463505",
    "Q": "123243483919080312 2541",
    "R": "0209 093948463505 2542",
    "S": "483919080716364543321203",
    "T": "0949 2922",
    "U": "090312324349",
    "V": "092249",
    "W": "0912365269",
    "X": "0942 0249",
    "Y": "092549 2522",
    "Z": "09490242",
    "[": "19090010",
    "\\": "0931",
    "]": "09191000",
    "^": "072947",
    "_": "0141",
    "`": "0918",
    "a": "4742 4637170603123243",
    "b": "0902 0617374643321203",
    "c": "4637170603123243",
    "d": "4942 4637170603123243",
    "e": "05454637170603123243",
    "f": "39291812 0737",
    "g": "4741301001 4637170603123243",
    "h": "0209 0617374642",
    "i": "0207 0909",
    "j": "171100 1919",
    "k": "0902 4704 1542",
    "l": "0902",
    "m": "0207 0617273632 3647576662",
    "n": "0207 0617374642",
    "o": "123243463717060312",
    "p": "0700 0617374643321203",
    "q": "4740 4637170603123243",
    "r": "0207 051737",
    "s": "46371706153443321203",
    "t": "19132232 0737",
    "u": "0703123243 4742",
    "v": "072247",
    "w": "0712365267",
    "x": "0742 0247",
    "y": "0722 47221000",
    "z": "07470242",
    "{": "29181605141120",
    "|": "0900",
    "}": "09181625141100",
    "~": "05163546",
    "…": "0203 2223 4243",
    "·": "0506",
    "±": "2428 0646 0343",
    "→": "0545 2745 2345",
    "↵": "484404 2604 2204",
    "␣": "04024244",
}
RAISED = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))

Stroke = list[tuple[float, float]]


def strokes(character: str) -> list[Stroke]:
    """The strokes of a character of the font, in its units; raised digits are small and high."""
    if character in RAISED:
        small = strokes(RAISED[character])
        return [[(0.65 * x, 0.65 * (y - BASELINE) + 5.6) for x, y in stroke] for stroke in small]
    return [
        [(float(chain[i]), float(chain[i + 1])) for i in range(0, len(chain), 2)]
        for chain in GLYPHS[character].split()
    ]


def advance(character: str) -> float:
    """How far the next character is, in units: its width and a gap."""
    if character == " ":
        return 3.2
    if character.isascii() and character.isdigit():
        return 5.7  # all the same, so that figures stand in columns
    return max(x for stroke in strokes(character) for x, _ in stroke) + 1.7


def writable(text: str) -> str:
    """`text` with what the font lacks as escapes, `\\xe9` for é."""
    known = GLYPHS.keys() | RAISED.keys()
    return "".join(c if c in known else c.encode("unicode_escape").decode("ascii") for c in text)
