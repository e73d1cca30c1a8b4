// Writing: the controls, and the text as it comes.

class Controls {
  constructor(model, seeing) {
    this.model = model;
    this.seeing = seeing;
    this.writing = null;
    this.running = false;
    this.asked = false; // for another turn
    this.shown = 0; // when, in milliseconds
    // A message to oneself comes back after what the reader did meanwhile, and sooner than a timer.
    this.turn = new MessageChannel();
    this.turn.port1.onmessage = () => this.slice();
    this.open(model.data.settings);
    $("pause").addEventListener("click", () => this.guarded(() => this.toggle()));
    $("step").addEventListener("click", () => this.guarded(() => this.one()));
    $("copy").addEventListener("click", () => this.copy());
    $("save").addEventListener("click", () => this.save());
    $("settings").addEventListener("submit", (event) => {
      event.preventDefault();
      this.guarded(() => this.start());
    });
    $("settings").addEventListener("input", (event) => this.changed(event.target));
    seeing.branched = (place, index) => this.guarded(() => this.branch(place, index));
    this.show();
  }

  /** The settings that the page begins with. */
  open({ until, ...values }) {
    for (const [id, value] of Object.entries(values)) {
      if (id === "cold") $(id).checked = value;
      else if (value !== null) $(id).value = value;
    }
    $("new-seed").checked = values.seed === null;
    if (values.seed === null) $("seed").value = drawnSeed();
    const { units } = this.model.alphabet;
    const choices = [["", "at the length"]];
    if (units) choices.unshift(["unit", `with the ${units.kind}`]);
    choices.push(["line", "with a line"], ["paragraph", "with a paragraph"]);
    for (const [value, textContent] of choices) {
      $("until").append(make("option", { value, textContent }));
    }
    $("until").value = until ?? (units ? "unit" : "");
    $("more").open = ["top-k", "top-p", "min-p", "no-repeat", "only", "ban"].some((id) =>
      Boolean($(id).value),
    );
    this.changed($("temperature"));
  }

  /** What follows from a field that has changed. */
  changed(field) {
    if (field === $("slider")) $("temperature").value = field.value;
    if (field === $("temperature")) $("slider").value = field.value;
    $("length").disabled = $("until").value === "unit";
    this.guarded(() => (this.running ? this.follow() : settings(this.model)), true);
  }

  /** Do what a person asks for; what was said of their last mistake is over. */
  guarded(act, goesOn) {
    const said = document.querySelectorAll("#settings .mistake, #text-mistake");
    for (const message of said) message.textContent = "";
    for (const field of document.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
    }
    this.attempt(act, goesOn);
  }

  /** Do something, or show what has to be changed if it cannot be done. The text that is being
   * written stops then, unless it `goesOn` with what was set before. */
  attempt(act, goesOn = false) {
    try {
      act();
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake;
      this.running &&= goesOn;
      const [field, message] = [$(mistake.field), $(`${mistake.field}-mistake`)];
      message.textContent = mistake.message;
      if (message.closest("details")) message.closest("details").open = true;
      if ("value" in field) {
        field.setAttribute("aria-invalid", "true");
        if (!goesOn) field.focus(); // where it is to be changed, and may be out of sight
      }
      this.show();
    }
  }

  /** Let a text that grows follow the settings that act at once. */
  follow() {
    const { prompt, seed, cold, length, until, ...acting } = settings(this.model);
    const { settings: before, remarks, size } = this.writing;
    const differs = Object.entries(acting).some(([name, value]) => {
      return String(value) !== String(before[name]);
    });
    if (differs && size) remarks.add("a setting was changed while it grew");
    Object.assign(before, acting);
    this.show();
  }

  start() {
    if ($("new-seed").checked && this.writing) $("seed").value = drawnSeed();
    const wanted = settings(this.model);
    this.writing = new Writing(this.model, wanted);
    this.seeing.begin(this.writing);
    this.run();
  }

  /** Pause, or go on: at the end of a text with another piece of it. */
  toggle() {
    if (this.running) this.pause();
    else this.goOn();
  }

  goOn() {
    this.extend();
    this.run();
  }

  /** What a text goes on with: the settings of now, and if it has ended another piece. */
  extend() {
    const { writing } = this;
    this.follow();
    if (!writing.ended) return;
    const { length, until } = settings(this.model);
    if (writing.ended !== "length" || until) writing.remarks.add("it was continued past its end");
    Object.assign(writing.settings, { length, until });
    writing.begin();
  }

  run() {
    this.running = true;
    this.clock = performance.now();
    this.show();
    this.ask();
  }

  /** Ask for another turn, unless one is to come. */
  ask() {
    if (!this.asked) this.turn.port2.postMessage(null);
    this.asked = true;
  }

  pause() {
    this.running = false;
    this.seeing.update({ settled: true });
    this.show();
  }

  one() {
    if (!this.writing) {
      const wanted = settings(this.model);
      this.writing = new Writing(this.model, wanted);
      this.seeing.begin(this.writing);
    } else this.extend();
    this.writing.step();
    this.pause();
  }

  branch(place, index) {
    this.follow();
    this.seeing.cut(place);
    this.writing.branch(place, index);
    this.run();
  }

  /** Write for a moment, show it, and ask for another turn. */
  slice() {
    this.asked = false;
    if (!this.running) return;
    this.attempt(() => {
      const began = performance.now();
      let goesOn = true;
      while (goesOn && performance.now() - began < SLICE) goesOn = this.writing.step();
      this.writing.seconds += (performance.now() - this.clock) / 1000;
      this.clock = performance.now();
      if (!goesOn || this.writing.ended) this.pause();
      else {
        if (began - this.shown > FRAME) {
          this.seeing.update({ settled: false });
          this.count();
          this.shown = began;
        }
        this.ask();
      }
    });
  }

  /** What can be pressed, and how things stand. */
  show() {
    const { writing, running } = this;
    const ended = writing && writing.ended;
    $("pause").disabled = !writing;
    $("pause").textContent = running ? "Pause" : "Go on";
    $("step").disabled = running;
    $("copy").disabled = $("save").disabled = !writing || !writing.size;
    this.count();
    if (!writing) return;
    const why = { length: "as long as asked for", until: "at its end", unit: "at its end" }[ended];
    const state = running ? "Writing." : ended ? `Done, ${why}.` : "Paused.";
    if ($("status").textContent !== state) $("status").textContent = state;
    const remarks = [...writing.remarks];
    $("command").hidden = remarks.length > 0 || this.model.data.network.precision === 16;
    $("command-line").textContent = commandOf(writing, this.model.data);
    $("remarks").textContent = remarks.length
      ? `No command writes this text: ${remarks.join(", and ")}.`
      : "";
  }

  count() {
    const { writing } = this;
    if (!writing || !writing.size) {
      $("count").textContent = "";
      return;
    }
    const {
      nats,
      size,
      seconds,
      settings: { seed },
    } = writing;
    const mean = nats.slice(0, size).reduce((total, each) => total + each, 0) / size;
    const rate = seconds > 0.05 ? `, ${inFigures(size / seconds)} a second` : "";
    $("count").textContent =
      `${plural(Array.from(writing.text).length, "character")}${rate}; seed ${seed}; ` +
      `${mean.toFixed(3)} nats (${(mean / Math.LN2).toFixed(2)} bits) a character`;
  }

  async copy() {
    const text = this.writing.prompt + this.writing.text;
    try {
      await navigator.clipboard.writeText(text);
      $("status").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren($("text"));
      $("status").textContent = "This browser does not let pages copy: the text is selected.";
    }
  }

  save() {
    const text = this.writing.prompt + this.writing.text;
    const href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    const name = this.model.data.name.replace(/\.npz$/, "");
    make("a", { href, download: `${name}-${this.writing.settings.seed}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  }
}
