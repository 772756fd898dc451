// A circuit around the sets: its exercises, the rest between them, and what can be done when.

// The buttons of each stage, the first one being the one that is likely wanted.
const ACTS = {
  off: [], setup: ["start"], countdown: ["start"], set: ["end", "pain"], done: ["again"],
};
const CIRCUIT_ACTS = {
  off: [],
  setup: ["start", "pain", "pause", "skip"],
  countdown: ["start", "pain", "pause", "skip"],
  set: ["end", "pain", "pause", "skip"],
  done: [],
  rest: ["skip", "pause"],
  paused: ["resume", "skip", "pain", "end_today"],
  pain: ["skip", "end_today"],
  over: ["again"],
};
const MARKS = { done: "✓", now: "▶", todo: "", skipped: "–", stopped: "!" };
const STATE_WORDS = { done: "done", now: "now", todo: "to do", skipped: "skipped", stopped: "stopped" };
const BETWEEN_WORDS = { rest: "Rest", paused: "Paused", pain: "Stop here" };
const END_WORDS = { done: "Circuit done", pain: "Stopped", stopped: "Ended for today" };
// Before the start, each exercise of the circuit is shown for so long.
const SHOWN_FOR_MS = 4000;

class Circuit {
  // root: the coach's element; find(selector) in it; data() the newest data of the page.
  constructor(root, find, data) {
    Object.assign(this, { root, find, data });
    this.live = null;
    this.stage = "off";
    this.buttons = [...root.querySelectorAll(".bar > [data-do]"), find('[data-do="stop"]')];
  }

  // All items of the round: as the page gave them, with what has happened since.
  get items() {
    const now = new Map((this.live?.items ?? []).map((item) => [item.position, item]));
    const known = this.data().circuit?.items ?? [];
    return known.map((item) => ({ ...item, state: now.get(item.position)?.state ?? item.state }));
  }

  // The page's words before the start.
  welcome() {
    const { circuit, exercise } = this.data();
    this.find(".welcome h3").textContent = circuit?.title ?? exercise.name;
    this.find(".go span").textContent = circuit?.start ?? "Start camera";
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

  // Which demonstration to show before the start; its line in the list is marked.
  shown(now) {
    const { circuit, demo, demos } = this.data();
    if (!circuit) return demo;
    const open = this.items.filter(({ state }) => state !== "done" && state !== "skipped");
    if (!open.length) return demo;
    const item = open[Math.floor(now / SHOWN_FOR_MS) % open.length];
    for (const line of this.find(".today").children)
      line.classList.toggle("shown", Number(line.dataset.position) === item.position);
    return demos[item.exercise];
  }

  // The demonstration of what is done now, or comes next.
  demo(state) {
    const { demos, demo } = this.data();
    const next = state?.stage === "rest" ? state.circuit?.next : null;
    return demos?.[next ? next.exercise : state?.exercise?.id] ?? demo;
  }

  get between() {
    return this.live !== null && this.stage in BETWEEN_WORDS;
  }

  // Whether something else than the person is to be seen.
  get covers() {
    return this.between || this.stage === "over";
  }

  draw(state) {
    this.live = state.circuit ?? null;
    this.stage = state.stage;
    this.strip();
    this.task();
    this.panel();
    this.bar();
  }

  off() {
    this.live = null;
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
      part.title = `${item.name}, ${item.dose}: ${STATE_WORDS[item.state]}`;
      part.append(node("span", item.name));
      return part;
    }));
  }

  // What is being done: while one gets into place.
  task() {
    const box = this.find(".task");
    const item = this.live?.items.find(({ state }) => state === "now");
    box.hidden = !item || !(this.stage === "setup" || this.stage === "countdown");
    if (box.hidden) return;
    const place = this.items.findIndex(({ position }) => position === item.position) + 1;
    show(box.querySelector("small"), `${place} of ${this.items.length}`);
    show(box.querySelector("b"), item.name);
    show(box.querySelector("span"), item.dose);
  }

  panel() {
    const box = this.find(".between");
    box.hidden = !this.between;
    if (box.hidden) return;
    const { next, rest_left_s: left, ask_pain: ask, pain_text: pain, items } = this.live;
    const resting = this.stage === "rest";
    const now = items.find(({ state }) => state === "now" || state === "stopped");
    const about = resting ? next : this.stage === "paused" ? now : null;
    box.dataset.stage = this.stage;
    const over = resting && !(left > 0); // of a rest nothing is left, or there is none
    show(box.querySelector(".what"), over ? "Get ready" : BETWEEN_WORDS[this.stage]);
    show(box.querySelector(".left"), resting && !over ? Math.ceil(left) : "");
    show(box.querySelector(".then"), resting && !over && next ? "Next" : "");
    show(box.querySelector("h4"), about?.name ?? "");
    show(box.querySelector(".dose"), about?.dose ?? "");
    show(box.querySelector(".how"), (resting && next?.how) || "");
    show(box.querySelector(".ask"), this.stage === "pain" ? pain : ask ? "Any pain in that set?" : "");
  }

  bar() {
    const { live, stage } = this;
    const acts = (live ? CIRCUIT_ACTS : ACTS)[stage] ?? [];
    const asked = live?.ask_pain ? ["no_pain", "pain"] : [];
    const shown = new Set([...acts, ...asked, ...(stage === "off" ? [] : ["stop"])]);
    this.acts = shown;
    for (const button of this.buttons) button.hidden = !shown.has(button.dataset.do);
    show(this.find(".question"), asked.length ? "Any pain in that set?" : "");
    this.find('[data-do="again"]').textContent = live ? "Another round" : "Another set";
    const skip = this.find('[data-do="skip"]');
    skip.classList.toggle("main", stage === "rest" || stage === "pain");
    skip.querySelector("span").textContent = stage === "rest" ? "Skip rest" : "Skip exercise";
  }

  // What a key does now; "" = nothing.
  keyed(key) {
    const wish = { " ": this.stage === "paused" ? "resume" : "pause", s: "skip", p: "pain" }[key.toLowerCase()];
    return wish && this.acts.has(wish) ? wish : "";
  }

  // What the end is called, and how much was done of how much.
  ending() {
    const items = this.items;
    const done = items.filter(({ state }) => state === "done").length;
    return {
      title: END_WORDS[this.live.end_reason] ?? END_WORDS.done,
      text: `${done} of ${items.length} set${items.length === 1 ? "" : "s"} done. The summary is below.`,
      all: done === items.length,
    };
  }
}

function listed({ position, state }) {
  const line = document.createElement("li");
  Object.assign(line.dataset, { position, state });
  const mark = node("i", MARKS[state]);
  mark.setAttribute("aria-label", STATE_WORDS[state]);
  mark.setAttribute("role", "img");
  line.append(mark);
  if (state === "now") line.setAttribute("aria-current", "step");
  return line;
}
