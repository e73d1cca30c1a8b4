// Where a text ends: after a number of characters, at the end of a line or paragraph, or at the end
// of the unit that the model has learnt. The rules are those of generation/stopping.py.

/** What `until` and `length` mean for a model. `until` is "", "line", "paragraph" or "unit", which
 * is what a model of units does if it is asked for nothing else. */
function rulesOf({ units }, { until, length }) {
  const one = units && until === "unit";
  return {
    length: one ? Math.max(500, 2 * units.longest) : length, // in case that a text finds no end
    until: one ? "" : until,
    boundary: units ? units.boundary : "",
    between: units && !one ? units.between : "",
  };
}

/** Throws a mistake if a rule never could end a text of these characters. */
function checkRules({ until, boundary, between }, alphabet, allowed) {
  const writable = alphabet.characters.filter((_, index) => !allowed || allowed[index]);
  if (boundary && !between && !writable.includes(boundary)) {
    throw new Mistake("only", "The text cannot end: what ends a unit may not be written.");
  }
  const spelled = writable.map((c) => (c === boundary ? between || c : c)).join("");
  if (until && !spelled.includes("\n")) {
    throw new Mistake("until", "The text cannot end with a line: there is no newline to write.");
  }
}

/** Fed one stream's text character by character; `reason` is null until the text has ended, then
 * "length", "until" or "unit". */
class Stopper {
  constructor({ length, until, boundary, between }, before) {
    this.reason = null;
    this.until = until;
    this.left = length;
    this.ending = between ? "" : boundary;
    this.blank = true; // nothing visible stands in the line or paragraph yet
    this.last = "";
    if (until) for (const c of before) if (this.completes(c)) this.blank = isSpace(c);
  }

  /** Does this character belong to the text? Nothing does once there is a reason. */
  takes(character) {
    if (this.until && this.completes(character)) this.reason = "until";
    else if (character === this.ending) this.reason = "unit";
    if (this.reason) return false;
    this.left -= 1;
    if (!this.left) this.reason = "length";
    return true;
  }

  /** Does a line or paragraph end before this character? */
  completes(character) {
    const { blank, last } = this;
    this.blank = blank && isSpace(character);
    this.last = character;
    if (blank) return false;
    return character === "\n" && (this.until === "line" || last === "\n");
  }
}
