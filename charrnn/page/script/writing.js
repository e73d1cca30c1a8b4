// A model, and a text that it writes: drawn, written and read one character after the other.

const SNAPSHOT = 16; // characters between two places from which the text can be read again

class Model {
  constructor(data, weights) {
    this.data = data;
    this.alphabet = new Alphabet(data);
    const { network } = data;
    const values = network.precision === 16 ? halves(weights) : floats(weights);
    let offset = 0;
    const take = ([name, shape]) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return [name, values.subarray(offset, (offset += size))];
    };
    this.networks = Array.from({ length: network.members }, () =>
      Object.fromEntries(data.arrays.map(take)),
    );
    this.bias = take(["head.bias", [this.alphabet.size]])[1];
    if (offset !== values.length) throw new Mistake("text", "The file is damaged: cut short.");
  }

  /** One stream that has read nothing yet. */
  stream() {
    const { network } = this.data;
    const Kind = network.context ? FeedForward : Recurrent;
    return new Kind(network, this.networks, this.bias);
  }

  /** The indices that are read before the first character is drawn: a passage of stored text,
   * which the seed draws, and the prompt; see generation/beginning.py. */
  beginning(prompt, seed, cold) {
    const { units, excerpt, passageEnds } = this.data;
    let text = this.alphabet.begun(prompt);
    if (!units && !cold && excerpt && Array.from(text).length < PASSAGE) {
      const characters = Array.from(excerpt);
      const length = Math.min(PASSAGE, passageEnds[0]);
      const end = passageEnds[drawBelow(passageEnds.length, seed)];
      text = characters.slice(end - length, end).join("") + text;
    } else if (!text && this.alphabet.has("\n")) text = "\n";
    return this.alphabet.encode(text);
  }
}

function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const floats = (base64) => new Float32Array(bytesOf(base64).buffer);

/** float16 as float32: a sign, five bits of exponent and ten of fraction. */
function halves(base64) {
  return Float32Array.from(new Uint16Array(bytesOf(base64).buffer), (bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
}

/** A text as it grows. `settings` may change while it does, but for prompt, seed and cold. */
class Writing {
  constructor(model, settings) {
    this.model = model;
    this.settings = settings;
    this.prompt = settings.prompt;
    this.start = model.beginning(settings.prompt, settings.seed, settings.cold);
    this.stream = model.stream();
    for (const index of this.start) this.stream.read(index);
    this.probe = null; // a second stream, which reads again what was read
    this.indices = []; // what was drawn
    this.written = []; // and what is seen of each
    this.nats = [];
    this.signals = []; // of every unit after each, in 127 steps each way
    this.snapshots = [this.stream.save()];
    this.numbers = new PCG64(settings.seed);
    this.rest = []; // of what is written for a boundary, where the length has cut it
    this.planned = 0; // characters, in all pieces
    this.seconds = 0;
    this.remarks = new Set(); // why no command writes this text
    this.begin();
  }

  get ended() {
    return this.stopper.reason;
  }

  get text() {
    return this.written.join("");
  }

  /** How many characters can be pointed at. */
  get size() {
    return this.written.length;
  }

  /** Begin another piece, as long as the settings say. */
  begin() {
    const { alphabet } = this.model;
    const rules = rulesOf(alphabet, this.settings);
    checkRules(rules, alphabet, this.settings.allowed);
    if (this.held !== undefined) {
      this.written.push(this.spelling(this.held, rules));
      this.held = undefined; // the character that ended the text and did not belong to it
    }
    this.rules = rules;
    this.planned += rules.length;
    this.stopper = new Stopper(rules, this.prompt + this.text);
  }

  spelling(index, { boundary, between }) {
    const character = this.model.alphabet.characters[index];
    return character === boundary && between ? between : character;
  }

  /** Write one character more; false if the text has ended. */
  step() {
    if (this.ended) return false;
    if (this.rest.length) return this.add(this.rest, true);
    const { logits } = this.stream;
    const u = this.numbers.uniform();
    const w = weigh(logits, this.settings, this.indices, this.model.alphabet);
    return this.take(draw(w, u));
  }

  /** Write this character, whatever the network thinks of it. */
  take(index) {
    this.nats.push(surprisal(this.stream.logits, index));
    this.indices.push(index);
    this.stream.read(index);
    this.signals.push(this.signal());
    if (this.indices.length % SNAPSHOT === 0) this.snapshots.push(this.stream.save());
    const spelling = this.spelling(index, this.rules);
    const taken = this.add(Array.from(spelling), false);
    if (!taken) this.held = index;
    return taken;
  }

  /** Add characters as far as the text goes. */
  add(characters, toLast) {
    const left = [...characters];
    let text = "";
    while (left.length && !this.ended && this.stopper.takes(left[0])) text += left.shift();
    this.rest = text ? left : [];
    if (!text) return false;
    if (toLast) this.written[this.written.length - 1] += text;
    else this.written.push(text);
    return true;
  }

  /** What every unit holds, layer by layer. */
  signal() {
    const { layers, hiddenSize } = this.model.data.network;
    const all = new Int8Array(layers * hiddenSize);
    for (let layer = 0; layer < layers; layer++) {
      this.stream.signals(layer).forEach((v, unit) => {
        all[layer * hiddenSize + unit] = Math.round(127 * (Math.abs(v) > 1 ? Math.tanh(v) : v));
      });
    }
    return all;
  }

  /** The logits that character number `place` was drawn from. */
  logitsAt(place) {
    this.probe ??= this.model.stream();
    const nearest = Math.floor(place / SNAPSHOT);
    this.probe.restore(this.snapshots[nearest]);
    for (const index of this.indices.slice(nearest * SNAPSHOT, place)) this.probe.read(index);
    return this.probe.logits;
  }

  /** What could have stood at a place, the likeliest first: the probability that the network gave
   * it, and its share among what the settings leave. */
  alternatives(place) {
    const logits = this.logitsAt(place);
    const p = softmax(logits);
    const w = weigh(logits, this.settings, this.indices.slice(0, place), this.model.alphabet);
    const whole = w.reduce((total, each) => total + each, 0);
    return descending(p).map((index) => ({ index, p: p[index], share: w[index] / whole }));
  }

  /** Cut the text at a place and let it go on with another character. The random numbers go on as
   * if that had been drawn. */
  branch(place, index) {
    const nearest = Math.floor(place / SNAPSHOT);
    this.stream.restore(this.snapshots[nearest]);
    for (const each of this.indices.slice(nearest * SNAPSHOT, place)) this.stream.read(each);
    for (const list of [this.indices, this.written, this.nats, this.signals]) list.length = place;
    this.snapshots.length = nearest + 1;
    this.numbers = new PCG64(this.settings.seed);
    for (let i = 0; i <= place; i++) this.numbers.uniform();
    this.rest = [];
    this.held = undefined;
    this.remarks.add("it was branched by hand");
    this.begin();
    return this.take(index);
  }
}
