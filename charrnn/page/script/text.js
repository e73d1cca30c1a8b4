// The alphabet, and prompts in it. A text is an array of characters, one code point each, as in
// Python: a string of JavaScript counts some of them twice.

const STAND_IN = "\ufffd";
const END = "\ufdd0"; // of a unit that has newlines within
const PASSAGE = 64;

/** What Python's str.isspace says of a character. */
const isSpace = (character) =>
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(character);

/** Is what comes before it of no importance to its normal form, and the other way round? */
function begins(character) {
  const point = character.codePointAt(0);
  const within = (point >= 0x1160 && point <= 0x11ff) || (point >= 0x16d40 && point <= 0x16d7f);
  return !within && !/^\p{M}$/u.test(character);
}

/** Lines, paragraphs or files that do not belong together; see text/units.py. */
class Units {
  constructor({ kind, separator, longest }) {
    this.kind = kind;
    this.longest = longest;
    this.boundary = kind === "line" ? "\n" : END;
    this.between = { line: "\n", paragraph: separator ?? "\n\n", file: END }[kind];
    const blankLines = "\\n(?:[ \\t\\r]*\\n)+";
    let ends = { line: blankLines, paragraph: `(?:${blankLines}|\\n?${END})+` }[kind];
    ends ??= `${END}${END}+`;
    if (separator) {
      const literally = separator.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      ends = `(?:${literally}|\\n?${END})+`;
    }
    this.ends = new RegExp(ends, "g");
  }
}

class Alphabet {
  constructor({ alphabet, standIn, units, normalize }) {
    this.characters = alphabet.map((point) => String.fromCodePoint(point));
    this.index = new Map(this.characters.map((character, index) => [character, index]));
    this.standIn = standIn;
    this.units = units && new Units(units);
    this.form = normalize && normalize.toUpperCase();
  }

  get size() {
    return this.characters.length;
  }

  has(character) {
    return this.index.has(character);
  }

  /** The indices of the characters of a text; rare ones are read as their stand-in. */
  encode(text) {
    return Array.from(text, (character) => this.index.get(character) ?? this.standIn);
  }

  /** A text as the training text is written: its line ends, é as one character or two. */
  spelled(text) {
    if (!this.has("\r")) text = text.replace(/\r\n?/g, "\n");
    if (this.form) text = text.normalize(this.form);
    const characters = Array.from(text);
    const result = [];
    for (let first = 0; first < characters.length;) {
      let last = first + 1;
      while (last < characters.length && !begins(characters[last])) last++;
      const cluster = characters.slice(first, last);
      result.push(...(cluster.every((c) => this.has(c)) ? cluster : this.otherForm(cluster)));
      first = last;
    }
    return result.join("");
  }

  /** Composed, decomposed, or with only the first marks composed: the first that is known. */
  otherForm(cluster) {
    const parts = Array.from(cluster.join("").normalize("NFD"));
    const forms = [cluster.join("").normalize("NFC"), parts.join("")];
    for (let k = Math.min(parts.length, 8) - 1; k > 1; k--) {
      forms.push(parts.slice(0, k).join("").normalize("NFC") + parts.slice(k).join(""));
    }
    const known = forms.map((form) => Array.from(form)).find((f) => f.every((c) => this.has(c)));
    return known ?? cluster;
  }

  /** A text with the boundaries of a text that is made of units, if it is. */
  marked(text) {
    return this.units ? text.replace(this.units.ends, this.units.boundary) : text;
  }

  /** The same with the boundary before it too, from which a unit is read. */
  begun(text) {
    if (!this.units) return text;
    text = this.marked(text);
    return text[0] === this.units.boundary ? text : this.units.boundary + text;
  }

  /** A prompt in the alphabet; throws an error that names what the model never saw. */
  fit(text) {
    text = this.marked(this.spelled(text));
    const unknown = new Set(Array.from(text).filter((c) => !this.has(c)));
    if (unknown.size && this.standIn === null) {
      const named = Array.from(unknown, nameOf);
      const more = named.length > 5 ? ` and ${named.length - 5} more` : "";
      throw new Mistake("prompt", `The model never saw ${named.slice(0, 5).join(", ")}${more}.`);
    }
    return this.units ? text.replaceAll(END, this.units.between) : text;
  }
}

/** What a person has to change: the field, and a sentence. */
class Mistake extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** A character as it is shown: what a screen would obey, hide or reorder becomes an escape. */
function shown(character) {
  if (character === "\n" || character === "\t" || character === " ") return character;
  const drawn = /^[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u200c\u200d]$/.test(character);
  if (drawn || !/^[\p{C}\u2028\u2029]$/u.test(character)) return character;
  const hex = character.codePointAt(0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** A character that stands alone: a space has to be seen. */
function alone(character) {
  return { " ": "␣", "\n": "↵", "\t": "→", [END]: "¶" }[character] ?? shown(character);
}

function nameOf(character) {
  const hex = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `‘${alone(character)}’ (U+${hex})`;
}

/** The characters that `text` names: themselves, and ranges such as a-z with both ends. */
function characterSet(text, field) {
  const units = text.match(/\\.|./gsu) ?? [];
  const points = new Set();
  const literal = (unit) => ({ "\\n": "\n", "\\t": "\t" })[unit] ?? Array.from(unit).at(-1);
  while (units.length) {
    let first = literal(units.shift());
    let last = first;
    if (units.length > 1 && units[0] === "-") last = literal(units.splice(0, 2)[1]);
    const ends = [first.codePointAt(0), last.codePointAt(0)];
    if (ends[1] < ends[0]) {
      throw new Mistake(field, `The range ${alone(first)}-${alone(last)} runs backwards.`);
    }
    for (let point = ends[0]; point <= ends[1]; point++) points.add(point);
  }
  return points;
}
