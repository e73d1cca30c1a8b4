// Seeing: the text, what could have stood at each place of it, and what the units hold.

const CHOICES = 10; // characters that could have stood at a place
const LIVELIEST = 64; // units in the strip
const HEAT = 8; // bits of surprisal, and more

class Seeing {
  constructor(model) {
    this.model = model;
    this.writing = null;
    this.spans = [];
    this.place = null; // that is looked at, null for the last
    this.pinned = false;
    this.unit = null; // whose values paint the text: its number among those of all layers
    this.marked = null; // the element of the character that is looked at
    this.order = []; // of the units in the strip, the liveliest first
    this.branched = () => {};
    $("text").addEventListener("pointermove", (event) => this.point(event.target, false));
    $("text").addEventListener("pointerleave", () => this.point(null, false));
    $("text").addEventListener("click", (event) => this.point(event.target, true));
    $("place").addEventListener("input", (event) =>
      this.look(Number(event.target.value) - 1, true),
    );
    for (const radio of document.getElementsByName("paint")) {
      radio.addEventListener("change", () => this.paintAll());
    }
    $("all-units").addEventListener("change", () => this.layOutStrip());
    for (let bits = 0; bits <= HEAT; bits++) {
      const textContent = bits === HEAT ? `${bits}+` : String(bits);
      $("heat-legend").append(make("span", { className: `heat-${bits}`, textContent }));
    }
  }

  begin(writing) {
    this.writing = writing;
    this.spans = [];
    this.order = [];
    this.place = null;
    this.pinned = false;
    const before = make("span", { className: "prompt" });
    before.textContent = Array.from(writing.prompt, shown).join("");
    $("text").replaceChildren(before);
    $("strip").replaceChildren();
    this.update({ settled: true });
  }

  get how() {
    return document.querySelector("[name=paint]:checked").value;
  }

  /** Show what has been written since the last time; when the text rests, everything about it. */
  update({ settled }) {
    const { writing } = this;
    const follows = $("text").scrollHeight - $("text").scrollTop - $("text").clientHeight < 40;
    const fresh = document.createDocumentFragment();
    const last = Math.max(this.spans.length - 1, 0); // may have grown, if it is what ends a unit
    for (let place = last; place < writing.size; place++) {
      if (place === this.spans.length) {
        this.spans.push(make("span"));
        fresh.append(this.spans[place]);
      }
      this.spell(place);
      this.paint(place);
    }
    $("text").append(fresh);
    if (follows) $("text").scrollTop = $("text").scrollHeight;
    $("seeing").hidden = !writing.size;
    $("place").max = writing.size || 1;
    if (!writing.size) return;
    if (settled || (!this.order.length && writing.size > 2)) this.rank();
    if (!this.pinned && this.place === null) this.fillStrip(writing.size - 1);
    if (settled) this.look(this.pinned ? this.place : null, this.pinned);
  }

  /** Put the text of one place into its element. */
  spell(place) {
    const text = this.writing.written[place];
    const span = this.spans[place];
    span.place = place;
    span.textContent = Array.from(text, shown).join("");
    span.classList.toggle("newline", text.includes("\n"));
  }

  /** Leave only the characters before a place. */
  cut(place) {
    for (const span of this.spans.splice(place)) span.remove();
    this.place = null;
    this.pinned = false;
  }

  /** Colour one character by what was asked for. */
  paint(place) {
    const span = this.spans[place];
    const how = this.how;
    const kept = [...span.classList].filter((name) => name === "newline" || name === "looked-at");
    span.className = kept.join(" ");
    if (how === "surprisal") {
      const bits = Math.round(this.writing.nats[place] / Math.LN2);
      span.classList.add(`heat-${Math.min(bits, HEAT)}`);
    } else if (how === "unit" && this.unit !== null) {
      tint(span, this.writing.signals[place][this.unit] / 127);
    }
  }

  paintAll() {
    $("heat-legend").hidden = this.how !== "surprisal";
    $("unit-legend").hidden = this.how !== "unit";
    $("unit-said").textContent =
      this.unit === null ? "Choose a unit below." : this.named(this.unit);
    for (let place = 0; place < this.spans.length; place++) this.paint(place);
  }

  /** A pointer is on a character, or was pressed on it; null if it has left. */
  point(element, pressed) {
    const place = element && element.place;
    if (!this.writing || (this.pinned && !pressed)) return;
    if (pressed && this.pinned && place === this.place) this.look(place, false);
    else if (Number.isInteger(place)) this.look(place, pressed);
    else if (pressed || !element) this.look(null, false);
  }

  /** Look at one place, null for the last one; `pinned` keeps it until another is chosen. */
  look(place, pinned) {
    const { writing } = this;
    if (!writing || !writing.size) return;
    this.pinned = pinned;
    this.place = place;
    if (this.marked) this.marked.classList.remove("looked-at");
    const seen = Math.min(place ?? writing.size - 1, writing.size - 1);
    this.marked = place === null ? null : this.spans[seen];
    if (this.marked) this.marked.classList.add("looked-at");
    const character = this.model.alphabet.characters[writing.indices[seen]];
    const bits = writing.nats[seen] / Math.LN2;
    $("place").value = seen + 1;
    $("place").setAttribute("aria-valuetext", `${seen + 1}: ${alone(character)}`);
    $("place-said").textContent = `${inFigures(seen + 1)} of ${inFigures(writing.size)}`;
    $("seen").textContent =
      `‘${alone(character)}’ cost ${bits.toFixed(2)} bits. ` +
      "What else could have stood there; choose one, and the text goes on with it:";
    this.fillChoices(seen, writing.indices[seen]);
    this.fillStrip(seen);
  }

  fillChoices(place, written) {
    const all = this.writing.alternatives(place);
    const listed = all.slice(0, CHOICES);
    if (!listed.some(({ index }) => index === written)) {
      listed.push(all.find(({ index }) => index === written));
    }
    const rows = listed.map(({ index, p, share }) => {
      const name = alone(this.model.alphabet.characters[index]);
      const isThis = index === written;
      const button = make("button", { type: "button", textContent: name });
      button.setAttribute("aria-label", `go on with ${name}`);
      button.addEventListener("click", () => this.branched(place, index));
      const bar = make("span", { className: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--share", `${100 * p}%`);
      return make(
        "tr",
        { className: isThis ? "written" : "" },
        make("td", {}, button, isThis ? " ✓" : ""),
        make("td", { textContent: percent(p) }),
        make("td", { textContent: percent(share) }),
        make("td", {}, bar),
      );
    });
    $("choices").replaceChildren(...rows);
  }

  /** Put the units that move most over the text first. */
  rank() {
    const { signals } = this.writing;
    const size = signals[0].length;
    const low = Int8Array.from(signals[0]);
    const high = Int8Array.from(signals[0]);
    for (const signal of signals) {
      for (let unit = 0; unit < size; unit++) {
        if (signal[unit] < low[unit]) low[unit] = signal[unit];
        if (signal[unit] > high[unit]) high[unit] = signal[unit];
      }
    }
    const spread = Int32Array.from(low, (least, unit) => high[unit] - least);
    this.order = descending(spread);
    this.layOutStrip();
  }

  /** A cell for each unit that is shown: a choice of one, so that arrow keys move among them. */
  layOutStrip() {
    const count = $("all-units").checked ? this.order.length : LIVELIEST;
    const wanted = this.order.slice(0, count);
    if (this.unit !== null && !wanted.includes(this.unit)) wanted.push(this.unit);
    const focused = document.activeElement && document.activeElement.name === "unit";
    this.cells = wanted.map((unit) => {
      const said = this.named(unit);
      const about = { type: "radio", name: "unit", className: "cell", title: said };
      const cell = make("input", { ...about, "aria-label": said, checked: unit === this.unit });
      cell.addEventListener("change", () => this.choose(unit));
      return { unit, cell };
    });
    $("strip").replaceChildren(...this.cells.map(({ cell }) => cell));
    $("strip-said").textContent = `${inFigures(wanted.length)} of ${inFigures(this.order.length)}`;
    const chosen = this.cells.find(({ unit }) => unit === this.unit);
    if (focused && chosen) chosen.cell.focus();
    if (this.writing.size) this.fillStrip(Math.min(this.place ?? Infinity, this.writing.size - 1));
  }

  named(unit) {
    const { hiddenSize } = this.model.data.network;
    return `layer ${Math.floor(unit / hiddenSize)}, unit ${unit % hiddenSize}`;
  }

  fillStrip(place) {
    const signal = this.writing.signals[place];
    for (const { unit, cell } of this.cells ?? []) tint(cell, signal[unit] / 127);
    if (this.unit !== null) {
      $("unit-value").textContent = `, here ${(signal[this.unit] / 127).toFixed(2)}`;
    }
  }

  choose(unit) {
    this.unit = unit;
    $("paint-unit").checked = true;
    this.paintAll();
    this.fillStrip(Math.min(this.place ?? Infinity, this.writing.size - 1));
  }
}

/** Blue for values below zero, orange for those above, the stronger the nearer to 1. */
function tint(element, value) {
  element.classList.toggle("above", value > 0);
  element.classList.toggle("below", value < 0);
  element.style.setProperty("--share", `${Math.round(100 * Math.abs(value))}%`);
}

const percent = (share) =>
  share === 0 || share >= 5e-5 ? `${(100 * share).toFixed(2)} %` : "< 0.01 %";
