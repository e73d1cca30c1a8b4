// The cells, with the names and equations of network/plain.py. a = W_ih x_t + b_ih and
// b = W_hh h_{t-1} + b_hh have the rows of one gate after the other, each a row for every unit.
// The states are changed in place: h is h_{t-1} on the right of an equation and h_t on the left.

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const tanh = (z) => 1 - 2 / (1 + Math.exp(2 * z)); // as the command computes it in float64
const relu = (z) => Math.max(z, 0);

function elman(a, b, [h], activation) {
  for (let j = 0; j < h.length; j++) h[j] = activation(a[j] + b[j]);
}

function lstm(a, b, [h, c]) {
  const H = h.length;
  for (let j = 0; j < H; j++) {
    const i = sigmoid(a[j] + b[j]);
    const f = sigmoid(a[H + j] + b[H + j]);
    const g = tanh(a[2 * H + j] + b[2 * H + j]);
    const o = sigmoid(a[3 * H + j] + b[3 * H + j]);
    c[j] = f * c[j] + i * g;
    h[j] = o * tanh(c[j]);
  }
}

function gru(a, b, [h]) {
  const H = h.length;
  for (let j = 0; j < H; j++) {
    const r = sigmoid(a[j] + b[j]);
    const z = sigmoid(a[H + j] + b[H + j]);
    const n = tanh(a[2 * H + j] + r * b[2 * H + j]);
    h[j] = (1 - z) * n + z * h[j];
  }
}

const CELLS = {
  rnn: { step: elman, states: ["h"] },
  lstm: { step: lstm, states: ["h", "c"] },
  gru: { step: gru, states: ["h"] },
};
