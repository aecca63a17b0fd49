// The page: loads what is packed into it, lets people draw, and shows the answer. Nothing is ever fetched.

const byId = (id) => document.getElementById(id);
const settings = JSON.parse(byId("settings").textContent);

/** The bytes that a script element holds, gzipped and in base64. */
async function unpacked(id) {
  const packed = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function loadSession() {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, which runs the network");
  if (typeof DecompressionStream !== "function") throw new Error("this browser is too old: it has no DecompressionStream");
  const script = new Blob([await unpacked("runtime")], { type: "text/javascript" });
  await new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src: URL.createObjectURL(script) });
    Object.assign(element, { onload: resolve, onerror: () => reject(new Error("the runtime inside the page is damaged")) });
    document.head.append(element);
  });
  const glue = new Blob([await unpacked("glue")], { type: "text/javascript" });
  ort.env.wasm.numThreads = 1; // several need headers that no file has
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(glue) };
  ort.env.wasm.wasmBinary = (await unpacked("wasm")).buffer;
  return ort.InferenceSession.create(await unpacked("model"), { executionProviders: ["wasm"] });
}

const session = loadSession();
session.catch((error) => say(`The network cannot run: ${error.message ?? error}.`));

/** All outputs for some images, each 784 bytes: name -> numbers. */
async function outputsOf(pixels) {
  const running = await session;
  const images = new ort.Tensor("uint8", pixels, [pixels.length / 784, 28, 28]);
  const found = await running.run({ images });
  return Object.fromEntries(Object.entries(found).map(([name, tensor]) => [name, tensor.data]));
}

function softmax(logits) {
  const most = Math.max(...logits);
  const parts = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}

/** What the outputs for one image mean; with a second network in the file, the mean of both is the answer. */
function decided(outputs) {
  const second = outputs.second_logits && softmax(outputs.second_logits);
  const probabilities = Array.from(outputs.probabilities, (own, label) => (second ? (own + second[label]) / 2 : own));
  const label = probabilities.indexOf(Math.max(...probabilities));
  const likely = probabilities.filter((probability) => probability >= settings.candidate_from).length;
  const isRefused = settings.refused_below !== null && outputs.digit_score && outputs.digit_score[0] < settings.refused_below;
  const isSure = probabilities[label] >= settings.unsure_below && (settings.candidate_from === null || likely <= 1);
  return { label, probabilities, status: isRefused ? "not_a_digit" : isSure ? "ok" : "unsure" };
}

const pad = byId("pad");
const pen = pad.getContext("2d", { willReadFrequently: true });
const bars = settings.class_names.map((name) => {
  const bar = Object.assign(document.createElement("li"), { className: "bar" });
  const parts = ["name", "level", "percent"].map((kind) => Object.assign(document.createElement("span"), { className: kind }));
  parts[0].textContent = name;
  bar.append(...parts);
  byId("bars").append(bar);
  return { level: parts[1], percent: parts[2] };
});

function say(text) {
  byId("status").textContent = text;
}

function show(answer) {
  byId("label").textContent = answer && answer.status !== "not_a_digit" ? settings.class_names[answer.label] : "";
  bars.forEach(({ level, percent }, label) => {
    const probability = answer && answer.status !== "not_a_digit" ? answer.probabilities[label] : 0;
    level.style.setProperty("--part", probability);
    percent.textContent = answer ? `${(100 * probability).toFixed(1)} %` : "";
  });
}

/** The drawing as ink: how opaque each pixel is. */
function inkOf() {
  const { data, width, height } = pen.getImageData(0, 0, pad.width, pad.height);
  return { data: Uint8Array.from({ length: width * height }, (_, place) => data[4 * place + 3]), width, height };
}

function showFrame(frame) {
  const view = byId("frame").getContext("2d");
  const image = view.createImageData(28, 28);
  (frame ?? new Uint8Array(784)).forEach((level, place) => image.data.set([level, level, level, 255], 4 * place));
  view.putImageData(image, 0, 0);
}

let latest = 0; // an answer that a later drawing has overtaken is not shown

async function read() {
  const own = ++latest;
  const started = performance.now();
  const frame = Frame.of(inkOf());
  showFrame(frame);
  if (!frame) {
    show(null);
    return say("Draw a digit.");
  }
  const answer = decided(await outputsOf(frame));
  if (own !== latest) return answer;
  show(answer);
  const words = { ok: "", unsure: "Unsure. ", not_a_digit: "This does not look like a digit. " }[answer.status];
  say(`${words}Answered in ${Math.max(1, Math.round(performance.now() - started))} ms, on this device alone.`);
  return answer;
}

const reported = () => read().catch((error) => say(`The network cannot run: ${error.message ?? error}.`));

const MAX_UNDO = 20; // drawings that are kept, a third of a megabyte each
const earlier = [];
const keep = () => {
  earlier.push(pen.getImageData(0, 0, pad.width, pad.height));
  if (earlier.length > MAX_UNDO) earlier.shift();
};

function clear() {
  keep();
  pen.clearRect(0, 0, pad.width, pad.height);
  reported();
}

function undo() {
  const drawing = earlier.pop();
  if (!drawing) return;
  pen.putImageData(drawing, 0, 0);
  reported();
}

let from = null;
function drawTo(to) {
  Object.assign(pen, { lineWidth: pad.width / 13, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  pen.beginPath();
  pen.moveTo(...(from ?? to));
  pen.lineTo(...to);
  pen.stroke();
  from = to;
}

let active = null; // only one finger draws; others are a resting hand
const pointOf = (event) => {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
};
pad.addEventListener("pointerdown", (event) => {
  if (active !== null || event.button !== 0) return;
  hideKeyPen();
  active = event.pointerId;
  pad.setPointerCapture(event.pointerId);
  keep();
  from = null;
  drawTo(pointOf(event));
});
pad.addEventListener("pointermove", (event) => {
  if (event.pointerId !== active) return;
  const events = event.getCoalescedEvents?.() ?? [];
  (events.length ? events : [event]).forEach((one) => drawTo(pointOf(one)));
});
for (const end of ["pointerup", "pointercancel"]) {
  pad.addEventListener(end, (event) => {
    if (event.pointerId !== active) return;
    active = from = null;
    reported();
  });
}

// The keyboard: arrow keys move a pen, two at once slantwise; Space puts it down or lifts it.
const KEY_STEP = 8; // pixels of the pad a key press, of 280
const ANSWER_AFTER = 300; // milliseconds without a key, while the pen is down; chosen by hand
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const keyPen = { at: [pad.width / 2, pad.height / 4], isDown: false };
const held = new Set();
let waiting = 0;

function showKeyPen() {
  const mark = byId("pen");
  mark.hidden = false;
  mark.classList.toggle("down", keyPen.isDown);
  [mark.style.left, mark.style.top] = keyPen.at.map((place) => `${(100 * place) / pad.width}%`);
}

function hideKeyPen() {
  held.clear();
  byId("pen").hidden = true;
  if (keyPen.isDown) reported();
  keyPen.isDown = false;
  from = null;
}

function moveKeyPen() {
  keyPen.at = keyPen.at.map((place, axis) => {
    const step = [...held].reduce((sum, key) => sum + ARROWS[key][axis], 0);
    return Math.min(Math.max(place + KEY_STEP * step, 0), pad.width);
  });
  if (!keyPen.isDown) return;
  drawTo(keyPen.at);
  clearTimeout(waiting);
  waiting = setTimeout(reported, ANSWER_AFTER);
}

function toggleKeyPen() {
  keyPen.isDown = !keyPen.isDown;
  from = null;
  if (!keyPen.isDown) return reported();
  keep();
  drawTo(keyPen.at);
  say("The pen is down: move it with the arrow keys.");
}

pad.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.ctrlKey) return;
  if (event.key in ARROWS) {
    held.add(event.key);
    moveKeyPen();
  } else if (event.key === " ") toggleKeyPen();
  else return;
  event.preventDefault();
  showKeyPen();
});
pad.addEventListener("keyup", (event) => held.delete(event.key));
pad.addEventListener("blur", hideKeyPen);
document.addEventListener("keydown", (event) => {
  if (event.key === "Delete") clear();
  else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) undo();
  else return;
  event.preventDefault();
  keyPen.isDown = false;
  from = null;
  if (!byId("pen").hidden) showKeyPen();
});
byId("clear").addEventListener("click", clear);
byId("undo").addEventListener("click", undo);

// A picture of a drawing: dropped, pasted or chosen.
const PICTURE_SIDE = 0.94; // of the pad, for the longer side, so that ink at the edge of a picture stays inside

async function take(files) {
  const [file] = files;
  if (!file) return;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return say(`${file.name || "What was pasted"} is no picture that this browser can open.`);
  const scale = (PICTURE_SIDE * pad.width) / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const small = new OffscreenCanvas(width, height).getContext("2d");
  small.imageSmoothingQuality = "high";
  small.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { ink, trouble } = Picture.inkOf(small.getImageData(0, 0, width, height));
  if (trouble) return say(trouble);
  const drawing = small.createImageData(width, height);
  ink.forEach((level, place) => (drawing.data[4 * place + 3] = level));
  keep();
  pen.clearRect(0, 0, pad.width, pad.height);
  pen.putImageData(drawing, Math.floor((pad.width - width) / 2), Math.floor((pad.height - height) / 2));
  await reported();
}

const mark = (isOver) => pad.classList.toggle("over", isOver);
document.addEventListener("dragover", (event) => {
  event.preventDefault(); // otherwise the browser leaves the page and shows the picture
  mark(true);
});
document.addEventListener("dragleave", (event) => event.relatedTarget || mark(false));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  mark(false);
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => take(event.clipboardData.files));
byId("picture").addEventListener("change", (event) => {
  take([...event.target.files]);
  event.target.value = ""; // the same file may be chosen again
});
show(null);
showFrame(null);
say("Loading the network.");
// The first run of a network takes ten times as long as the second: nobody should wait for it with a drawing made.
session.then(() => outputsOf(new Uint8Array(784))).then(reported, () => {});
