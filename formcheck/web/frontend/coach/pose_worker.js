// @ts-check
// Finds poses with MediaPipe's runtime, beside the page: a classic worker, for that is what the
// runtime loads itself into. Its script comes with a policy that lets it ask nobody but our server.

/** @import { Found, Job, Start } from "./types" */

const BLANK = "rgb(127, 127, 127)";
const POINTS = 33;
const NUMBERS = 7;
const MOST_FOUND = 4;
const TURN_TRIES = 3;
// A mean needs no more of the picture than this.
const SMALL = { width: 32, height: 18 };

/** @type {any} importScripts and the runtime's Vision are no part of a page's types */
const here = self;
/** @type {any} */
let tracker;
/** @type {any} */
let scout;
/** @type {any} */
let trunk;
/** @type {OffscreenCanvasRenderingContext2D} */
let view;
/** @type {OffscreenCanvasRenderingContext2D} */
let small;
let last = -1;

/** @param {Start} start */
async function begin({ bundle, loader, wasm, model, gpu, motion }) {
  here.importScripts(bundle);
  const answer = await fetch(model);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  /** @param {string} runningMode @param {number} numPoses @param {"GPU" | "CPU"} delegate */
  const make = (runningMode, numPoses, delegate) =>
    here.Vision.PoseLandmarker.createFromOptions(
      { wasmLoaderPath: loader, wasmBinaryPath: wasm },
      // A copy each: the runtime may take the memory over.
      { baseOptions: { modelAssetBuffer: bytes.slice(), delegate }, runningMode, numPoses },
    );
  let delegate = /** @type {"GPU" | "CPU"} */ (gpu ? "GPU" : "CPU");
  try {
    tracker = await make("VIDEO", 1, delegate);
  } catch (error) {
    if (!gpu) throw error;
    delegate = "CPU";
    tracker = await make("VIDEO", 1, delegate);
  }
  scout = await make("IMAGE", MOST_FOUND, delegate);
  // The first picture of each takes seconds, as much as all before: better this one than the person's.
  const { canvas: nobody } = context(SMALL.width, SMALL.height, delegate === "CPU");
  last = 0;
  tracker.detectForVideo(nobody, last);
  scout.detect(nobody);
  // What the processor reads is best not kept in the graphics card.
  view = context(1, 1, delegate === "CPU");
  small = context(SMALL.width, SMALL.height, true);
  const { TrunkFollower } = await import(motion).catch(() => ({ TrunkFollower: null }));
  trunk = TrunkFollower && new TrunkFollower();
  return { gpu: delegate === "GPU" };
}

/** @param {number} width @param {number} height @param {boolean} willReadFrequently */
function context(width, height, willReadFrequently) {
  const made = new OffscreenCanvas(width, height).getContext("2d", { alpha: false, willReadFrequently });
  if (!made) throw new Error("no canvas");
  return made;
}

/** @param {Job} job @returns {Found} */
function find({ picture, width, height, captured, order }) {
  const { canvas } = view;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  view.drawImage(picture, 0, 0, width, height);
  picture.close();
  const light = lightness();
  // Before anything is blanked in it.
  const pixels = order.trunk && trunk ? view.getImageData(0, 0, width, height).data : null;
  const began = performance.now();
  const { only, look } = order;
  if (only) {
    blankAround(only.box);
    only.hide?.forEach(blank);
  }
  const tracked = only ? turn(captured, only.box) : track(captured);
  const people = tracked ? [tracked] : [];
  if (look) {
    order.hide?.forEach(blank);
    people.push(...poses(scout.detect(canvas)));
  }
  const numbers = new Float32Array(people.length * POINTS * NUMBERS);
  people.forEach((person, i) => {
    numbers.set(person, i * POINTS * NUMBERS);
  });
  const looked = !look ? 0 : order.hide ? 2 : 1;
  const motion = followTrunk(pixels, tracked, captured);
  return {
    width, height, people: numbers, tracked: Boolean(tracked), looked, light, motion,
    ms: performance.now() - began,
  };
}

/** @param {number} captured */
function track(captured) {
  // Whole milliseconds that increase.
  last = Math.max(Math.round(captured), last + 1);
  return poses(tracker.detectForVideo(view.canvas, last))[0] ?? null;
}

// Shown who is alone in the picture it lets go of whom it followed, and finds them the next time.
/** @param {number} captured @param {number[]} box */
function turn(captured, [left, top, right, bottom]) {
  for (let i = 0; i < TURN_TRIES; i += 1) {
    const found = track(captured);
    if (!found) continue;
    const [x, y] = [0, 1].map((k) => [11, 12, 23, 24].reduce((sum, at) => sum + found[at * 4 + k] / 4, 0));
    if (x > left && x < right && y > top && y < bottom) return found;
  }
  return null;
}

/** Each pose as 33 x (x, y, z, visibility), then 33 x (x, y, z) in metres. @param {any} result */
function poses({ landmarks, worldLandmarks }) {
  return landmarks.map((/** @type {any[]} */ points, /** @type {number} */ i) =>
    [
      ...points.flatMap(({ x, y, z, visibility }) => [x, y, z, Math.min(Math.max(visibility, 0), 1)]),
      ...worldLandmarks[i].flatMap((/** @type {any} */ { x, y, z }) => [x, y, z]),
    ]);
}

/** @param {number[]} box left, top, right and bottom, in shares of the picture */
function blankAround([left, top, right, bottom]) {
  const { width, height } = view.canvas;
  view.beginPath();
  view.rect(0, 0, width, height);
  view.rect(left * width, top * height, (right - left) * width, (bottom - top) * height);
  view.fillStyle = BLANK;
  view.fill("evenodd");
}

/** @param {[number, number][]} outline in shares of the picture */
function blank(outline) {
  const { width, height } = view.canvas;
  view.beginPath();
  for (const [x, y] of outline) view.lineTo(x * width, y * height);
  view.fillStyle = BLANK;
  view.fill();
}

// Mean luma, 0..255.
function lightness() {
  const { width, height } = SMALL;
  small.drawImage(view.canvas, 0, 0, width, height);
  const { data } = small.getImageData(0, 0, width, height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
  return sum / (width * height);
}

/** @param {Uint8ClampedArray | null} pixels @param {number[] | null} person @param {number} captured */
function followTrunk(pixels, person, captured) {
  if (!pixels || !person) {
    trunk?.forget();
    return null;
  }
  const { width, height } = view.canvas;
  const xy = new Float64Array(2 * POINTS);
  for (let i = 0; i < POINTS; i += 1) {
    const [x, y, , visibility] = person.slice(4 * i, 4 * i + 4);
    const seen = visibility >= 0.35 && Math.abs(x - 0.5) <= 0.6 && Math.abs(y - 0.5) <= 0.6;
    xy[2 * i] = seen ? x * width : Number.NaN;
    xy[2 * i + 1] = seen ? y * height : Number.NaN;
  }
  return trunk.follow(pixels, width, height, xy, captured / 1000, true);
}

here.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  const { id, start, job } = data;
  try {
    postMessage({ id, result: start ? await begin(start) : find(job) });
  } catch (error) {
    postMessage({ id, error: String(Object(error).message ?? error) });
  }
};
