// Unfolding: the network unrolled over a short prompt, as textbooks draw it. A column for each
// character; from below its one-hot input, the hidden states, and the likeliest next characters.

const UNFOLDED = 12; // characters at most
const UNITS_DRAWN = 16;
const LIKELY = 4;
// In pixels: the width of a column and what is between two, the heights of its parts.
const COLUMN = 104;
const GAP = 30;
const ROW = 18;
const LAYER = 58;
const INPUT = 86;

/** An element of a drawing. */
function draws(tag, about = {}, textContent = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  element.textContent = textContent;
  return element;
}

const arrow = (from, to) =>
  draws("path", { class: "arrow", d: `M${from} L${to}`, "marker-end": "url(#head)" });

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
      if (moments.some(({ p }) => p.some(Number.isNaN))) throw new Mistake("unfolded", NOT_FINITE);
      $("unrolled").replaceChildren(this.drawing(moments));
      $("unfolded-said").textContent = this.said(moments);
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake;
      message.textContent = mistake.message;
    }
  }

  /** The same for those who cannot see the drawing. */
  said(moments) {
    const guesses = moments.map(({ index, p }) => {
      const guess = p.indexOf(largest(p));
      return `after ${this.quoted(index)} it expects ${this.quoted(guess)} (${percent(p[guess])})`;
    });
    return guesses.length ? `From a zero state: ${guesses.join("; ")}.` : "";
  }

  named(index) {
    return alone(this.model.alphabet.characters[index]);
  }

  quoted(index) {
    return `‘${this.named(index)}’`;
  }

  drawing(moments) {
    const { layers } = this.model.data.network;
    const width = Math.max(moments.length * (COLUMN + GAP) - GAP, 1);
    const height = LIKELY * ROW + layers * LAYER + INPUT;
    const box = { viewBox: `0 0 ${width} ${height}`, width, height };
    const drawing = draws("svg", { ...box, role: "img", "aria-labelledby": "unfolded-said" });
    const size = { viewBox: "0 0 8 8", markerWidth: 7, markerHeight: 7 };
    const head = draws("marker", { id: "head", ...size, refX: 7, refY: 4, orient: "auto" });
    head.append(draws("path", { d: "M0,0 L8,4 L0,8 z" }));
    drawing.append(head);
    const units = Array.from({ length: moments.length && layers }, (_, l) => lively(moments, l));
    moments.forEach((moment, t) => {
      const following = moments[t + 1];
      const column = draws("g", { transform: `translate(${t * (COLUMN + GAP)},0)` });
      column.append(...this.output(moment, following), ...this.input(moment, height - INPUT));
      for (let layer = 0; layer < layers; layer++) {
        const y = LIKELY * ROW + 26 + (layers - 1 - layer) * LAYER;
        const values = units[layer].map((unit) => moment.hidden[layer][unit]);
        column.append(...this.states(values, layer, y, this.carries && following));
      }
      drawing.append(column);
    });
    return drawing;
  }

  /** The likeliest next characters; the one that does follow is bold. */
  output({ p }, following) {
    return descending(p)
      .slice(0, LIKELY)
      .flatMap((v, rank) => {
        const y = 14 + rank * ROW;
        const right = following && v === following.index ? " right" : "";
        const width = Math.max(1, (COLUMN - 66) * p[v]);
        return [
          draws("text", { x: 0, y, class: right }, this.named(v)),
          draws("rect", { x: 20, y: y - 10, width, height: 11, class: `bar${right}` }),
          draws("text", { x: COLUMN, y, class: "figure", "text-anchor": "end" }, percent(p[v])),
        ];
      });
  }

  /** Some units of a layer as cells, an arrow up, and one to the next column if it goes on. */
  states(values, layer, y, goesOn) {
    const width = COLUMN / values.length;
    const cells = values.map((value, place) => {
      const cell = draws("rect", { x: place * width, y, width, height: 18, class: "cell" });
      tint(cell, Math.abs(value) > 1 ? Math.tanh(value) : value);
      return cell;
    });
    const about = { x: COLUMN / 2, y: y + 32, "text-anchor": "middle", class: "figure" };
    const parts = [
      ...cells,
      draws("rect", { x: 0, y, width: COLUMN, height: 18, class: "frame" }),
      draws("text", about, `layer ${layer} h`),
      arrow([COLUMN / 2, y - 1], [COLUMN / 2, y - 20]),
    ];
    if (goesOn) parts.push(arrow([COLUMN + 2, y + 9], [COLUMN + GAP - 2, y + 9]));
    return parts;
  }

  /** The one-hot input: where in the alphabet its 1 stands. */
  input({ index }, top) {
    const { size } = this.model.alphabet;
    const y = top + 26;
    const at = ((COLUMN - 6) * index) / Math.max(size - 1, 1);
    const middle = { x: COLUMN / 2, "text-anchor": "middle" };
    return [
      arrow([COLUMN / 2, y - 2], [COLUMN / 2, y - 20]),
      draws("rect", { x: 0, y, width: COLUMN, height: 8, class: "frame" }),
      draws("rect", { x: at, y, width: 6, height: 8, class: "one" }),
      draws("text", { ...middle, y: y + 26, class: "read" }, this.named(index)),
      draws("text", { ...middle, y: y + 42, class: "figure" }, `1 at ${index} of ${size}`),
    ];
  }
}
