// Everything begins here. A file that cannot be read is said, not drawn.

const data = JSON.parse($("data").textContent);
describe(data);
let model = null;
let controls = null;
try {
  model = new Model(data, $("weights").textContent);
  new Unfolding(model);
  controls = new Controls(model, new Seeing(model));
} catch (mistake) {
  $("text-mistake").textContent = `This file cannot be read: ${mistake.message}`;
  for (const button of document.querySelectorAll("button")) button.disabled = true;
}
