// Unfolding: the network unrolled over a short prompt, as textbooks draw it. A column for each
// character; from below its one-hot input, the hidden states, and the likeliest next characters.

const UNFOLDED = 12; // characters at most
const UNITS_DRAWN = 16;
const LIKELY = 4;
const COLUMN = 104;
const GAP = 30;

/** An element of a drawing. */
function draws(tag, about = {}, textContent = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  element.textContent = textContent;
  return element;
}

/** What a network that begins with a zero state holds and expects after each character. */
function unfold(model, indices) {
  const stream = model.stream();
  const { layers } = model.data.network;
  return indices.map((index) => {
    stream.read(index);
    const hidden = Array.from({ length: layers }, (_, layer) => stream.hidden(layer).slice());
    return { index, hidden, p: softmax(stream.logits) };
  });
}

/** What comes after a prompt, read from a zero state: `charrnn inspect --view next`. */
function next(model, prompt) {
  const text = model.alphabet.begun(model.alphabet.fit(prompt));
  return unfold(model, model.alphabet.encode(text)).at(-1).p;
}

/** The units of a layer, in their own order, whose values move most over the prompt. */
function lively(moments, layer) {
  const spread = Float64Array.from(moments[0].hidden[layer], (_, unit) => {
    const values = moments.map(({ hidden }) => hidden[layer][unit]);
    const size = Math.max(...values.map(Math.abs));
    return Math.max(...values) - Math.min(...values) + 1e-3 * size;
  });
  return descending(spread)
    .slice(0, UNITS_DRAWN)
    .sort((one, other) => one - other);
}

class Unfolding {
  constructor(model) {
    this.model = model;
    this.carries = !model.data.network.context;
    $("unfolded").value = model.data.unfolded;
    $("unfolded").addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const message = $("unfolded-mistake");
    message.textContent = "";
    try {
      const text = this.model.alphabet.begun(this.model.alphabet.fit($("unfolded").value));
      const moments = unfold(this.model, this.model.alphabet.encode(text)).slice(-UNFOLDED);
      this.lively = moments.length && moments[0].hidden.map((_, layer) => lively(moments, layer));
      if (moments.some(({ p }) => p.some(Number.isNaN))) throw new Mistake("unfolded", NOT_FINITE);
      const columns = moments.map((moment, t) => this.column(moment, t, moments));
      $("unrolled").replaceChildren(this.drawing(columns, moments));
      $("unfolded-said").textContent = this.said(moments);
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake;
      message.textContent = mistake.message;
    }
  }

  /** The same for those who cannot see the drawing. */
  said(moments) {
    const { characters } = this.model.alphabet;
    const guesses = moments.map(({ index, p }) => {
      const guess = p.indexOf(largest(p));
      return `after ‘${alone(characters[index])}’ it expects ‘${alone(characters[guess])}’ (${percent(p[guess])})`;
    });
    return guesses.length ? `From a zero state: ${guesses.join("; ")}.` : "";
  }

  get height() {
    return LIKELY * 18 + 58 * this.model.data.network.layers + 86;
  }

  drawing(columns, moments) {
    const width = Math.max(moments.length * (COLUMN + GAP) - GAP, 1);
    const box = { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height };
    const drawing = draws("svg", { ...box, role: "img", "aria-labelledby": "unfolded-said" });
    const head = draws("marker", {
      id: "head",
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      orient: "auto",
    });
    head.append(draws("path", { d: "M0,0 L8,4 L0,8 z" }));
    drawing.append(head, ...columns);
    return drawing;
  }

  column({ index, hidden, p }, t, moments) {
    const { characters } = this.model.alphabet;
    const column = draws("g", { transform: `translate(${t * (COLUMN + GAP)},0)` });
    const words = (x, y, text, about = {}) =>
      column.append(draws("text", { x, y, ...about }, text));
    const arrow = (...points) =>
      column.append(
        draws("path", { class: "arrow", d: `M${points.join(" L")}`, "marker-end": "url(#head)" }),
      );
    const following = t + 1 < moments.length ? moments[t + 1].index : null;
    descending(p)
      .slice(0, LIKELY)
      .forEach((v, rank) => {
        const y = 14 + rank * 18;
        words(0, y, alone(characters[v]), { class: v === following ? "right" : "" });
        const width = Math.max(1, (COLUMN - 66) * p[v]);
        column.append(
          draws("rect", {
            x: 20,
            y: y - 10,
            width,
            height: 11,
            class: v === following ? "bar right" : "bar",
          }),
        );
        words(COLUMN, y, percent(p[v]), { "text-anchor": "end", class: "figure" });
      });
    let y = LIKELY * 18 + 26;
    for (let layer = hidden.length - 1; layer >= 0; layer--) {
      arrow([COLUMN / 2, y - 1], [COLUMN / 2, y - 20]);
      const units = this.lively[layer];
      const size = COLUMN / units.length;
      units.forEach((unit, place) => {
        const value = hidden[layer][unit];
        const cell = draws("rect", { x: place * size, y, width: size, height: 18, class: "cell" });
        tint(cell, Math.abs(value) > 1 ? Math.tanh(value) : value);
        column.append(cell);
      });
      column.append(draws("rect", { x: 0, y, width: COLUMN, height: 18, class: "frame" }));
      words(COLUMN / 2, y + 32, `layer ${layer} h`, { "text-anchor": "middle", class: "figure" });
      if (this.carries && t + 1 < moments.length)
        arrow([COLUMN + 2, y + 9], [COLUMN + GAP - 2, y + 9]);
      y += 58;
    }
    arrow([COLUMN / 2, y - 2], [COLUMN / 2, y - 20]);
    const at = (COLUMN - 6) * (index / Math.max(characters.length - 1, 1));
    column.append(
      draws("rect", { x: 0, y, width: COLUMN, height: 8, class: "frame" }),
      draws("rect", { x: at, y, width: 6, height: 8, class: "one" }),
    );
    words(COLUMN / 2, y + 26, alone(characters[index]), { "text-anchor": "middle", class: "read" });
    words(COLUMN / 2, y + 42, `1 at ${index} of ${characters.length}`, {
      "text-anchor": "middle",
      class: "figure",
    });
    return column;
  }
}
