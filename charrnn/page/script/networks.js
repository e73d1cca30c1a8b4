// Networks that read one character at a time. `logits` (V) predict the next one. A file may be of
// several networks side by side, whose shares of the logits are added: `networks` has the
// parameters of each under PyTorch's names, `bias` (V) is that of the softmax layer. Weights are
// float32, as in the file, and all that is computed is float64.

/** out = W x + y for W (rows, columns), four rows at a time; y may be `out`. */
function product(W, x, y, out) {
  const columns = x.length;
  const rows = out.length;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const p = r * columns;
    const q = p + columns;
    const s = q + columns;
    const t = s + columns;
    let w0 = 0;
    let w1 = 0;
    let w2 = 0;
    let w3 = 0;
    for (let j = 0; j < columns; j++) {
      const v = x[j];
      w0 += W[p + j] * v;
      w1 += W[q + j] * v;
      w2 += W[s + j] * v;
      w3 += W[t + j] * v;
    }
    out[r] = w0 + y[r];
    out[r + 1] = w1 + y[r + 1];
    out[r + 2] = w2 + y[r + 2];
    out[r + 3] = w3 + y[r + 3];
  }
  for (; r < rows; r++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += W[r * columns + j] * x[j];
    out[r] = sum + y[r];
  }
}

/** out = W x + y where x is one-hot: a column of W. */
function column(W, index, y, out) {
  const columns = W.length / out.length;
  for (let r = 0; r < out.length; r++) out[r] = W[r * columns + index] + y[r];
}

/** What each network gives, (h), one after the other, (K*h). */
function joined(networks, part) {
  const parts = networks.map(part);
  const whole = new Float64Array(parts.length * parts[0].length);
  parts.forEach((each, k) => whole.set(each, k * each.length));
  return whole;
}

class Recurrent {
  constructor({ cell, activation, layers, hiddenSize, boundary }, networks, bias) {
    const { step, states } = CELLS[cell];
    this.step = step;
    this.activation = activation === "relu" ? relu : tanh;
    this.boundary = boundary;
    this.bias = bias;
    this.logits = new Float64Array(bias.length);
    const H = hiddenSize / networks.length;
    this.networks = networks.map((p) => ({
      head: p["head.weight"],
      layers: Array.from({ length: layers }, (_, layer) => ({
        W_ih: p[`rnn.weight_ih_l${layer}`],
        W_hh: p[`rnn.weight_hh_l${layer}`],
        b_ih: p[`rnn.bias_ih_l${layer}`],
        b_hh: p[`rnn.bias_hh_l${layer}`],
        a: new Float64Array(p[`rnn.bias_ih_l${layer}`].length),
        b: new Float64Array(p[`rnn.bias_hh_l${layer}`].length),
        state: states.map(() => new Float64Array(H)),
      })),
    }));
    this.quantity = states.includes("c") ? "tanh(c)" : "h";
    this.predict();
  }

  *states() {
    for (const { layers } of this.networks) for (const { state } of layers) yield* state;
  }

  /** Read the character of this index. */
  read(index) {
    if (index === this.boundary) this.forget();
    for (const { layers } of this.networks) {
      let x = null; // the one-hot character, then the hidden state of the layer below
      for (const { W_ih, W_hh, b_ih, b_hh, a, b, state } of layers) {
        if (x) product(W_ih, x, b_ih, a);
        else column(W_ih, index, b_ih, a);
        product(W_hh, state[0], b_hh, b);
        this.step(a, b, state, this.activation);
        x = state[0];
      }
    }
    this.predict();
  }

  predict() {
    this.logits.set(this.bias);
    for (const { head, layers } of this.networks) {
      product(head, layers[layers.length - 1].state[0], this.logits, this.logits);
    }
  }

  forget() {
    for (const state of this.states()) state.fill(0);
  }

  /** What a stream carries, to stand there again. */
  save() {
    return Array.from(this.states(), (state) => state.slice());
  }

  restore(saved) {
    let i = 0;
    for (const state of this.states()) state.set(saved[i++]);
    this.predict();
  }

  /** What every unit of a layer holds, (H): tanh(c) where there is a c, else h. */
  signals(layer) {
    return joined(this.networks, ({ layers }) => {
      const { state } = layers[layer];
      return this.quantity === "h" ? state[0] : state[1].map(tanh);
    });
  }

  /** The hidden states of a layer, (H). */
  hidden(layer) {
    return joined(this.networks, ({ layers }) => layers[layer].state[0]);
  }
}

/** A window of the text, in which every place has weights of its own; 0 is for no character. */
class FeedForward {
  constructor({ layers, hiddenSize, context, boundary }, networks, bias) {
    this.boundary = boundary;
    this.bias = bias;
    this.logits = new Float64Array(bias.length);
    this.window = new Int32Array(context); // index + 1, the oldest first
    const H = hiddenSize / networks.length;
    this.networks = networks.map((p) => ({
      head: p["head.weight"],
      layers: Array.from({ length: layers }, (_, layer) => ({
        W: p[`mlp.${2 * layer}.weight`],
        b: p[`mlp.${2 * layer}.bias`],
        h: new Float64Array(H),
      })),
    }));
    this.quantity = "h";
    this.predict();
  }

  read(index) {
    this.window.copyWithin(0, 1);
    if (index === this.boundary) this.forget();
    this.window[this.window.length - 1] = index + 1;
    this.predict();
  }

  predict() {
    const V = this.bias.length;
    this.logits.set(this.bias);
    for (const { head, layers } of this.networks) {
      let x = null;
      for (const { W, b, h } of layers) {
        if (x) product(W, x, b, h);
        else {
          h.set(b); // z = W_1 x_{t-N+1} + ... + W_N x_t + b
          this.window.forEach((seen, n) => seen && column(W, n * V + seen - 1, h, h));
        }
        for (let j = 0; j < h.length; j++) h[j] = tanh(h[j]);
        x = h;
      }
      product(head, x, this.logits, this.logits);
    }
  }

  forget() {
    this.window.fill(0);
  }

  save() {
    return this.window.slice();
  }

  restore(saved) {
    this.window.set(saved);
    this.predict();
  }

  signals(layer) {
    return joined(this.networks, ({ layers }) => layers[layer].h);
  }

  hidden(layer) {
    return this.signals(layer);
  }
}

/** softmax(z), p_v = exp(z_v - max z) / sum. */
function softmax(logits) {
  const most = largest(logits);
  const p = logits.map((z) => Math.exp(z - most));
  const sum = p.reduce((total, each) => total + each, 0);
  return p.map((each) => each / sum);
}
