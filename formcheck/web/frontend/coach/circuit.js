// @ts-check
// A circuit around the sets: its exercises, the break between them, and what can be done when.

import { finder, node, show } from "../dom.js";
import { N_, _, ngettext } from "../words.js";

/** @import { Find } from "../dom.js" */
/** @import { Item, ItemState, LiveCircuit, PageData, Shown, State } from "./types" */

// The buttons of each stage, the first one being the one that is likely wanted.
/** @type {Record<string, string[]>} */
const ACTS = {
  off: [],
  setup: ["start", "pause"],
  countdown: ["start", "pause"],
  set: ["end", "pain", "pause"],
  paused: ["resume", "end", "pain"],
  done: ["again"],
};
/** @type {Record<string, string[]>} */
const CIRCUIT_ACTS = {
  off: [],
  setup: ["start", "pain", "pause", "skip"],
  countdown: ["start", "pain", "pause", "skip"],
  set: ["end", "pain", "pause", "skip"],
  done: [],
  break: ["skip", "pause"],
  paused: ["resume", "skip", "pain", "end_today"],
  pain: ["end_today", "skip"],
  over: ["again"],
};
/** @type {Record<ItemState, string>} */
const MARKS = { done: "✓", now: "▶", todo: "", skipped: "–", stopped: "!" };
/** @type {Record<ItemState, string>} */
const STATE_WORDS = {
  done: N_("done"), now: N_("now"), todo: N_("to do"), skipped: N_("skipped"), stopped: N_("stopped"),
};
/** @type {Record<string, string>} */
const BETWEEN_WORDS = { break: N_("Rest"), paused: N_("Paused"), pain: N_("Stop here") };
/** @type {Record<string, string>} */
const END_WORDS = { done: N_("Circuit done"), pain: N_("Stopped"), stopped: N_("Ended for today") };
const WHERE = [
  N_("Left knee"), N_("Right knee"), N_("Left hip"), N_("Right hip"), N_("Back"), N_("Elsewhere"),
];
const LEVELS = Array.from({ length: 11 }, (_, level) => String(level));
// Before the start, each exercise of the circuit is shown for so long.
const SHOWN_FOR_MS = 6000;

export class Circuit {
  /**
   * root: the coach's element; find(selector) in it; data() the newest data of the page.
   * @param {HTMLElement} root
   * @param {Find} find
   * @param {() => PageData} data
   */
  constructor(root, find, data) {
    this.find = find;
    this.data = data;
    /** @type {LiveCircuit | null} */
    this.live = null;
    /** @type {State | null} */
    this.state = null;
    this.stage = "off";
    /** @type {Set<string>} what can be done now */
    this.acts = new Set();
    this.shownStrip = "";
    const inBar = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".bar > [data-do]"));
    this.buttons = [...inBar, find('[data-do="stop"]')];
    find(".where").replaceChildren(...WHERE.map((name) => choice("where", name)));
    find(".level").replaceChildren(...LEVELS.map((level) => choice("level", level)));
  }

  /** All items of the round: as the page gave them, with what has happened since. @returns {Item[]} */
  get items() {
    const now = new Map((this.live?.items ?? []).map((item) => [item.position, item]));
    const known = this.data().circuit?.items ?? [];
    return known.map((item) => ({ ...item, state: now.get(item.position)?.state ?? item.state }));
  }

  // The page's words before the start.
  welcome() {
    const { circuit, exercise } = this.data();
    this.find(".welcome h2").textContent = circuit?.title ?? exercise.name;
    this.find(".go span").textContent = circuit?.start ?? _("Start camera");
    this.find(".welcome").classList.toggle("of-circuit", Boolean(circuit));
    show(this.find(".round"), circuit?.round ?? "");
    const list = this.find(".today");
    list.hidden = !circuit;
    list.replaceChildren(...this.items.map((item) => {
      const line = listed(item);
      line.append(node("b", item.name), node("span", item.dose));
      return line;
    }));
    this.bar();
  }

  /**
   * Which exercise to show before the start; its line in the list is marked.
   * @param {number} now
   * @returns {Shown | undefined}
   */
  shown(now) {
    const { circuit, exercise, shown } = this.data();
    const open = circuit ? this.items.filter(({ state }) => state !== "done" && state !== "skipped") : [];
    if (!open.length) return shown[exercise.id];
    const item = open[Math.floor(now / SHOWN_FOR_MS) % open.length];
    for (const line of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.find(".today").children))
      line.classList.toggle("shown", Number(line.dataset.position) === item.position);
    return shown[item.exercise];
  }

  /**
   * What is done now, or comes next.
   * @param {State | null} state
   * @returns {Shown | undefined}
   */
  showing(state) {
    const next = state?.stage === "break" ? state.circuit?.next : null;
    return this.data().shown[next?.exercise ?? state?.exercise.id ?? ""];
  }

  // It hurts: nothing goes on, and nothing asks for more.
  get hurts() {
    return Boolean(this.state?.pain.hurts) && ["pain", "over", "done"].includes(this.stage);
  }

  get between() {
    return this.stage in BETWEEN_WORDS || this.hurts;
  }

  // Whether something else than the person is to be seen.
  get covers() {
    return this.between || this.stage === "over";
  }

  /** @param {State} state */
  draw(state) {
    this.live = state.circuit ?? null;
    this.state = state;
    this.stage = state.stage;
    this.strip();
    this.task();
    this.panel();
    this.bar();
  }

  off() {
    this.live = this.state = null;
    this.stage = "off";
    this.strip();
    this.bar();
  }

  strip() {
    const list = this.find(".strip");
    const items = this.live ? this.items : [];
    list.hidden = !items.length;
    const key = JSON.stringify(items.map(({ position, name, state }) => [position, name, state]));
    if (key === this.shownStrip) return;
    this.shownStrip = key;
    list.replaceChildren(...items.map((item) => {
      const part = listed(item);
      part.title = `${item.name}, ${item.dose}: ${_(STATE_WORDS[item.state])}`;
      part.append(node("span", item.name));
      return part;
    }));
  }

  // What is being done: while one gets into place.
  task() {
    const box = this.find(".task");
    const item = this.live?.items.find(({ state }) => state === "now");
    box.hidden = !item || !(this.stage === "setup" || this.stage === "countdown");
    if (!item || box.hidden) return;
    const place = this.items.findIndex(({ position }) => position === item.position) + 1;
    const find = finder(box);
    show(find("small"), _("{n} of {of}", { n: place, of: this.items.length }));
    show(find("b"), item.name);
    show(find("span"), item.dose);
  }

  panel() {
    const box = this.find(".between");
    box.hidden = !this.between;
    if (!this.state || box.hidden) return;
    const stage = this.hurts ? "pain" : this.stage;
    box.dataset.stage = stage;
    const find = finder(box);
    for (const [part, text] of Object.entries(betweenWords(stage, this.state))) show(find(part), text);
    const { where, level, keeps } = this.state.pain;
    find(".hurt").hidden = stage !== "pain" || !keeps || (Boolean(where) && level !== null);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(".hurt button")))
      button.setAttribute("aria-pressed", String([`where:${where}`, `level:${level}`].includes(button.dataset.do ?? "")));
    const svg = (this.live?.moving_camera && this.showing(this.state)?.place) || "";
    const place = find(".next-place");
    if (place.dataset.shown !== svg) Object.assign(place, { innerHTML: svg }).dataset.shown = svg;
  }

  bar() {
    const { live, stage } = this;
    const acts = [...((live ? CIRCUIT_ACTS : ACTS)[stage] ?? [])].filter((act) => act !== "again" || !this.hurts);
    const moving = stage === "break" && live?.moving_camera;
    if (moving) acts.unshift("placed");
    const asked = this.state?.pain.ask ? ["no_pain", "pain"] : [];
    const shown = new Set([...acts, ...asked, ...(stage === "off" ? [] : ["stop"])]);
    this.acts = shown;
    for (const button of this.buttons) button.hidden = !shown.has(button.dataset.do ?? "");
    show(this.find(".question"), asked.length ? _("Any pain in that set?") : "");
    this.find('[data-do="again"]').textContent = live ? _("Another round") : _("Another set");
    const skip = this.find('[data-do="skip"]');
    skip.classList.toggle("main", stage === "break" && !moving);
    this.find('[data-do="end_today"]').classList.toggle("main", stage === "pain");
    this.find('[data-do="stop"]').classList.toggle("main", this.hurts && stage !== "pain");
    finder(skip)("span").textContent = stage === "break" ? _("Skip rest") : _("Skip exercise");
  }

  /** What a key does now; "" = nothing. @param {string} key */
  keyed(key) {
    /** @type {Record<string, string>} */
    const keys = { " ": this.stage === "paused" ? "resume" : "pause", s: "skip", p: "pain" };
    const wish = keys[key.toLowerCase()];
    return wish && this.acts.has(wish) ? wish : "";
  }

  // What the end is called, and how much was done of how much.
  ending() {
    const items = this.items;
    const done = items.filter(({ state }) => state === "done").length;
    const ended = this.live?.end_reason;
    return {
      title: _((ended && END_WORDS[ended]) || END_WORDS.done),
      text: ngettext(
        "{done} of {n} set done. The summary is below.", "{done} of {n} sets done. The summary is below.",
        items.length, { done },
      ),
      all: done === items.length,
    };
  }
}

/**
 * What is shown between two sets, by the part it stands in.
 * @param {string} stage
 * @param {Pick<State, "circuit" | "pain" | "exercise">} state
 * @returns {Record<string, string>}
 */
export function betweenWords(stage, { circuit, pain, exercise }) {
  const { next = null, break_left_s: left = null, moving_camera: moving = false, items = [] } = circuit ?? {};
  const now = items.find(({ state }) => state === "now" || state === "stopped") ?? { ...exercise, dose: "" };
  const asked = pain.ask ? _("Any pain in that set?") : "";
  const words = { ".what": _(BETWEEN_WORDS[stage]), ".left": "", ".then": "", h2: "", ".dose": "", ".how": "", ".ask": asked };
  if (stage === "pain") {
    const level = pain.level === null ? "" : _("{n} of {of}", { n: pain.level, of: 10 });
    const told = [_(pain.where), level].filter(Boolean).join(", ");
    return { ...words, ".ask": pain.text, ".then": told && _("Noted: {told}.", { told }) };
  }
  if (stage === "paused") return { ...words, h2: now.name, ".dose": now.dose };
  const resting = { ...words, h2: next?.name ?? "", ".dose": next?.dose ?? "", ".how": next?.how ?? "" };
  if (moving) return { ...resting, ".what": _("Move the camera"), ".then": _("Next") };
  // Of a break nothing is left, or there is none.
  if (!left) return { ...resting, ".what": _("Get ready") };
  return { ...resting, ".left": String(Math.ceil(left)), ".then": next ? _("Next") : "" };
}

/** One of the answers to where it hurts, or how much. @param {string} what @param {string} answer */
function choice(what, answer) {
  const button = node("button", _(answer));
  Object.assign(button, { type: "button" }).dataset.do = `${what}:${answer}`;
  return button;
}

/** @param {Item} item */
function listed({ position, state }) {
  const line = document.createElement("li");
  Object.assign(line.dataset, { position, state });
  const mark = node("i", MARKS[state]);
  mark.setAttribute("aria-label", _(STATE_WORDS[state]));
  mark.setAttribute("role", "img");
  line.append(mark);
  if (state === "now") line.setAttribute("aria-current", "step");
  return line;
}
