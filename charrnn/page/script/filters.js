// From logits to the distribution that the next character is drawn from: the filters of
// generation/filters.py, in the same order, each with the same law.

const COLD = 1e-200; // below this a temperature is 0
const REMEMBERED = 5000; // characters at least; what was written before them may come again

/** The weights (V) to draw with. `past` holds the indices that have been written. */
function weigh(logits, filters, past, alphabet) {
  let z = logits;
  if (filters.noRepeat) z = withoutLoops(z, filters, past, alphabet);
  if (filters.allowed) z = z.map((each, v) => (filters.allowed[v] ? each : -Infinity));
  let w = temper(z, filters.temperature);
  if (filters.topK !== null) w = topK(w, filters.topK);
  if (filters.topP !== null) w = topP(w, filters.topP);
  if (filters.minP !== null) w = minP(w, filters.minP);
  return w;
}

/** exp(z / T), scaled so that the likeliest has weight 1; at T = 0 it alone has any. */
function temper(z, temperature) {
  const most = largest(z);
  if (temperature < COLD) {
    const certain = z.indexOf(most);
    return z.map((_, v) => (v === certain ? 1 : 0));
  }
  return z.map((each) => Math.exp((each - most) / temperature));
}

function largest(values) {
  let most = values[0];
  for (let v = 1; v < values.length; v++) if (values[v] > most) most = values[v];
  return most;
}

/** The k largest weights. */
function topK(w, k) {
  const result = new Float64Array(w.length);
  for (const v of descending(w).slice(0, k)) result[v] = w[v];
  return result;
}

/** The fewest of the largest weights whose sum is at least `share` of the whole. */
function topP(w, share) {
  const order = descending(w);
  const whole = order.reduce((total, v) => total + w[v], 0);
  const result = new Float64Array(w.length);
  let running = 0;
  order.forEach((v, rank) => {
    running += w[v];
    const larger = running - w[v];
    if (!rank || larger < share * whole) result[v] = w[v];
  });
  return result;
}

/** The weights of at least `share` times the largest. */
function minP(w, share) {
  const least = share * largest(w);
  return w.map((each) => (each >= least ? each : 0));
}

/** The indices of the weights from the largest, the first of equals first. */
function descending(w) {
  return Array.from(w.keys()).sort((u, v) => w[v] - w[u] || u - v);
}

/** The first index at which the running sum of the weights exceeds the share u of the whole. */
function draw(w, u) {
  let whole = 0;
  for (const each of w) whole += each;
  const target = whole * u;
  if (!Number.isFinite(target)) throw new Mistake("text", NOT_FINITE);
  let running = 0;
  let v = 0;
  while (v < w.length && (running += w[v]) <= target) v++;
  return v;
}

const NOT_FINITE =
  "The network’s output is no longer a finite number: its weights are too large, or the file " +
  "is damaged.";

/** -log p of a character in nats under the network itself. */
function surprisal(logits, index) {
  const most = largest(logits);
  let sum = 0;
  for (const z of logits) sum += Math.exp(z - most);
  return Math.log(sum) + most - logits[index];
}

/** Logits, minus infinity for what would go on for long as the text went on before: after
 * whitespace what followed the last N characters before, anywhere what followed the last 2N. */
function withoutLoops(logits, { noRepeat, allowed }, past, alphabet) {
  const begin = rememberedFrom(past.length);
  const found = followers(past, begin, 2 * noRepeat);
  const last = past.length ? alphabet.characters[past[past.length - 1]] : "";
  if (isSpace(last)) found.push(...followers(past, begin, noRepeat));
  if (!found.length) return logits;
  const shaped = logits.slice();
  for (const index of found) shaped[index] = -Infinity;
  const anyLeft = shaped.some((z, v) => z > -Infinity && (!allowed || allowed[v]));
  return anyLeft ? shaped : logits;
}

/** Where the part of `count` characters begins that still counts: when there are twice as many as
 * are remembered, half of them is dropped. */
function rememberedFrom(count) {
  const most = 2 * REMEMBERED;
  return count <= most ? 0 : count - (REMEMBERED + 1 + ((count - most - 1) % REMEMBERED));
}

/** What followed the last n characters of the past where they stood in it before. */
function followers(past, begin, n) {
  const end = past.length - n;
  const found = [];
  for (let at = begin; at < end; at++) {
    let same = 0;
    while (same < n && past[at + same] === past[end + same]) same++;
    if (same === n) found.push(past[at + n]);
  }
  return found;
}

/** Which characters may be drawn, one boolean each; null if all of them. */
function allowedCharacters(alphabet, only, ban) {
  if (!only && !ban && alphabet.standIn === null) return null;
  const wanted = only && characterSet(only, "only");
  const unwanted = ban && characterSet(ban, "ban");
  const allowed = alphabet.characters.map((character, index) => {
    const point = character.codePointAt(0);
    if (index === alphabet.standIn) return false;
    return (!wanted || wanted.has(point)) && !(unwanted && unwanted.has(point));
  });
  if (alphabet.units) {
    const boundary = alphabet.index.get(alphabet.units.boundary);
    const count = allowed.filter(Boolean).length;
    allowed[boundary] = count > 1 || (count === 1 && !allowed[boundary]);
  }
  if (!allowed.some(Boolean)) {
    throw new Mistake("only", "This leaves no character that the model knows.");
  }
  return allowed;
}
