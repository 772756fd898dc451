// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { captureTime, facing as looking, told } from "../../formcheck/web/frontend/coach/camera.js";
import { betweenWords } from "../../formcheck/web/frontend/coach/circuit.js";
import { facing } from "../../formcheck/web/frontend/coach/figure.js";
import { dotsWords, setEnding } from "../../formcheck/web/frontend/coach/hud.js";
import { isMirrored, loadSettings } from "../../formcheck/web/frontend/coach/settings.js";
import { TROUBLE, Watch } from "../../formcheck/web/frontend/coach/watch.js";
import { Stats } from "../../formcheck/web/frontend/coach/stats.js";

/** @param {object} some @returns {any} */
const state = (some) => ({ sides: null, reps: 0, partials: 0, skipped: 0, capture_ms: 0, ...some });

test("the end of a set says what was done", () => {
  assert.deepEqual(setEnding(state({ reps: 1, partials: 2 })), {
    title: "Set done", text: "1 rep, 2 partials. The report is below.", all: true,
  });
  assert.equal(setEnding(state({ sides: { left: 0, right: 3 } })).text, "left 0, right 3 reps. The report is below.");
  assert.equal(setEnding(state({ sides: { right: 3 } })).text, "right 3 reps. The report is below.");
  assert.equal(setEnding(state({})).all, false);
});

test("the marks of the reps have words", () => {
  assert.equal(dotsWords(["clean", "marked", "not_assessed"]), "Rep 1: clean. Rep 2: clear fault. Rep 3: not assessed");
});

test("a picture was taken when the browser says so, else when it was shown", () => {
  assert.equal(captureTime(5000, { captureTime: 4950 }), 4950);
  assert.equal(captureTime(5000, { captureTime: 12 }), 5000);
  assert.equal(captureTime(5000, {}), 5000);
});

test("trouble with the camera says what to do", () => {
  assert.match(told(new DOMException("no", "NotAllowedError")).message, /Allow it/);
  assert.match(told(new DOMException("", "AbortError")).message, /plug it in again/);
  assert.match(told(new Error("odd")).message, /can't be used \(odd\)/);
});

test("somebody who is seen from the side faces the way the feet and the nose point", () => {
  /** @param {number} way @returns {any[]} */
  const person = (way) => {
    const points = Array.from({ length: 33 }, () => ({ x: 100, y: 0 }));
    for (const joint of [0, 31, 32]) points[joint] = { x: 100 + 20 * way, y: 0 };
    // Arms that hang behind tell nothing.
    for (const joint of [15, 16, 17, 18, 19, 20, 21, 22]) points[joint] = { x: 100 - 40 * way, y: 0 };
    return points;
  };
  assert.ok(facing(person(1), person(1)) > 0);
  assert.ok(facing(person(1), person(-1)) < 0);
  assert.ok(Number.isNaN(facing(person(1), [])));
});

/** @param {string} what */
const said = (what) => `${what} The set waits, and goes on by itself.`;

test("what breaks is told once, and that it is well again", () => {
  /** @type {any} */
  const camera = { trouble: "" };
  const link = { busy: false, heard_ms: 1000, open: true, wanted: true };
  /** @type {string[]} */
  const heard = [];
  let reopened = 0;
  let over = false;
  const watch = new Watch(camera, link, (text) => heard.push(text), () => (reopened += 1), () => over);
  for (let now = 1000; now <= 2400; now += 200) watch.look(now);
  assert.deepEqual(heard, []);
  for (let now = 2600; now <= 6000; now += 200) watch.look(now);
  assert.deepEqual(heard, [said(TROUBLE.server)]);
  link.heard_ms = 6100;
  watch.look(6200);
  assert.deepEqual(heard, [said(TROUBLE.server), ""]);
  camera.trouble = "gone";
  for (let now = 6400; now <= 11_000; now += 200) watch.look(now);
  assert.equal(heard.at(-1), said(TROUBLE.gone));
  assert.ok(reopened >= 1 && reopened <= 3);
  camera.trouble = "";
  watch.look(11_100);
  assert.equal(heard.at(-1), "");
  Object.assign(link, { open: false, heard_ms: 8000 });
  watch.look(11_200);
  assert.equal(heard.at(-1), said(TROUBLE.link));
  // The set has ended meanwhile: that all is well is told, and then nothing waits any more.
  over = true;
  Object.assign(link, { open: true, heard_ms: 11_300 });
  watch.look(11_400);
  assert.equal(heard.at(-1), "");
  watch.look(20_000);
  assert.equal(heard.at(-1), "");
});

test("without anything kept the settings are the usual ones", () => {
  assert.equal(loadSettings().voice, true);
});

test("a phone's back camera is not mirrored, unless somebody wants it so", (t) => {
  /** @param {string | undefined} facingMode @param {string} [label] */
  const by = (facingMode, label = "") => looking({ getSettings: () => ({ facingMode }), label });
  const usual = loadSettings();
  assert.equal(isMirrored(usual, by("environment")), false);
  assert.equal(isMirrored(usual, by(undefined, "camera2 0, facing back")), false);
  assert.equal(isMirrored(usual, by("user", "camera2 1, facing front")), true);
  assert.equal(isMirrored(usual, by(undefined, "HD Webcam C270")), true);
  let kept = "";
  Object.assign(globalThis, { localStorage: { getItem: () => kept, setItem() {} } });
  t.after(() => Reflect.deleteProperty(globalThis, "localStorage"));
  for (const mirrored of [true, false]) {
    kept = JSON.stringify({ mirrored });
    for (const way of ["environment", "user"]) assert.equal(isMirrored(loadSettings(), way), mirrored);
  }
  // What earlier versions kept: true stood there whether somebody chose it or not.
  kept = JSON.stringify({ mirror: false });
  assert.equal(isMirrored(loadSettings(), "user"), false);
  kept = JSON.stringify({ mirror: true });
  assert.equal(isMirrored(loadSettings(), "environment"), false);
});

test("pictures per second are those of the last two seconds", () => {
  const stats = new Stats([]);
  for (let now = 0; now <= 4000; now += 100) stats.came(state({ skipped: 3 }), now, { sent: 1, answered: 1 });
  stats.shown(state({ capture_ms: 3900 }), 4000);
  assert.equal(stats.words, "10 pictures/s · 100 ms · 3 skipped");
});

test("between two sets the next one is named, and what is left of the rest", () => {
  const next = { exercise: "squat", name: "Squat", dose: "8 reps", how: "Face the camera." };
  /** @type {any} */
  const circuit = { items: [{ state: "now", name: "Bridge", dose: "5 reps" }], next };
  const pain = { ask: true, hurts: false, text: "See somebody.", where: "", level: null };
  /** @param {object} some @returns {any} */
  const at = (some) => ({ circuit: { ...circuit, ...some }, pain, exercise: { id: "squat", name: "Squat" } });
  const resting = betweenWords("break", at({ break_left_s: 4.2 }));
  assert.deepEqual([resting[".left"], resting[".then"], resting.h2], ["5", "Next", "Squat"]);
  assert.equal(resting[".ask"], "Any pain in that set?");
  assert.equal(betweenWords("break", at({ break_left_s: 0 }))[".what"], "Get ready");
  assert.equal(betweenWords("break", at({ break_left_s: 30, moving_camera: true }))[".what"], "Move the camera");
  assert.equal(betweenWords("paused", at({})).h2, "Bridge");
  assert.equal(betweenWords("paused", { ...at({}), circuit: null }).h2, "Squat");
  const hurting = betweenWords("pain", { ...at({}), pain: { ...pain, where: "Back", level: 0 } });
  assert.deepEqual([hurting[".ask"], hurting[".then"]], ["See somebody.", "Noted: Back, 0 of 10."]);
});
