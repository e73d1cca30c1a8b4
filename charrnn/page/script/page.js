// The page: what is on it, and how what a person does reaches the text. All that is shown is made
// as text; nothing is ever read as markup.

const SLICE = 10; // milliseconds of writing between two looks at what the reader does
const FRAME = 100; // milliseconds, at least, between two times that the text is shown
const $ = (id) => document.getElementById(id);

/** An element with attributes, properties and children. */
function make(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const inFigures = (number) => Math.round(number).toLocaleString("en");
const plural = (count, noun) => `${inFigures(count)} ${noun}${count === 1 ? "" : "s"}`;

/** What the model is, and what this page is not. */
function describe({ name, facts, gradients, ngrams, network }) {
  document.title = `${name}: a network that writes`;
  $("name").textContent = name;
  for (const [title, value] of facts) {
    $("facts").append(make("dt", { textContent: title }), make("dd", { textContent: value }));
  }
  $("rounded").hidden = network.precision !== 16;
  $("alone").hidden = !ngrams;
  $("quantity").textContent = network.cell === "lstm" ? "tanh(c)" : "h";
  $("carries").hidden = network.context > 0;
  $("anew").hidden = !network.context;
  $("context").textContent = network.context;
  $("gradients").hidden = !gradients;
  $("gradients-said").textContent = gradients ?? "";
}

/** The settings as they stand on the page. Throws a mistake that names the field. */
function settings(model) {
  const number = (id, least, most, whole) => {
    const value = $(id).value.trim();
    if (value === "") return null;
    const parsed = Number(value);
    const fits = parsed >= least && parsed <= most && (!whole || Number.isInteger(parsed));
    if (!fits) {
      const kind = whole ? "a whole number" : "a number";
      throw new Mistake(id, `Give ${kind} from ${least} to ${inFigures(most)}.`);
    }
    return parsed;
  };
  const needed = (id, ...range) => {
    const value = number(id, ...range);
    if (value === null) throw new Mistake(id, "Give a number.");
    return value;
  };
  const seed = $("seed").value.trim();
  if (!/^\d{1,19}$/.test(seed) || BigInt(seed) >= 2n ** 63n) {
    throw new Mistake("seed", "Give a whole number from 0 to 9,223,372,036,854,775,807.");
  }
  const topP = number("top-p", 0, 1);
  if (topP === 0) throw new Mistake("top-p", "Give more than 0, such as 0.9.");
  const [only, ban] = [$("only").value, $("ban").value];
  return {
    prompt: model.alphabet.fit($("prompt").value),
    temperature: needed("temperature", 0, 1e6),
    length: needed("length", 1, model.data.longest, true),
    until: $("until").value,
    seed: BigInt(seed),
    cold: $("cold").checked,
    topK: number("top-k", 1, 1e6, true),
    topP,
    minP: number("min-p", 0, 1),
    noRepeat: number("no-repeat", 1, 5000, true),
    only,
    ban,
    allowed: allowedCharacters(model.alphabet, only, ban),
  };
}

/** The command that writes the same text. */
function commandOf(writing, data) {
  const { prompt, temperature, until, seed, cold, only, ban, ...others } = writing.settings;
  const escaped = prompt.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/\t/g, "\\t");
  const numbers = { "top-k": "topK", "top-p": "topP", "min-p": "minP", "no-repeat": "noRepeat" };
  const parts = ["charrnn sample", quoted(data.name), `--seed ${seed}`, `--temp ${temperature}`];
  if (until !== "unit") parts.push(`--length ${writing.planned}`);
  if (until && until !== "unit") parts.push(`--until ${until}`);
  for (const [option, name] of Object.entries(numbers)) {
    if (others[name] !== null) parts.push(`--${option} ${others[name]}`);
  }
  if (only) parts.push(`--only=${quoted(only)}`);
  if (ban) parts.push(`--ban=${quoted(ban)}`);
  if (cold) parts.push("--cold");
  if (data.ngrams) parts.push("--no-ngrams");
  if (prompt) parts.push("--with-prompt", `--prompt=${quoted(escaped)}`);
  return parts.join(" ");
}

/** A word for a shell. */
const quoted = (text) => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Numbers that nobody chose, short enough to type again. */
const drawnSeed = () => String(crypto.getRandomValues(new Uint32Array(1))[0]);
