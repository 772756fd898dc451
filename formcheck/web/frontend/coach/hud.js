// @ts-check
// The words and numbers over the picture.

import { COLOURS } from "./colours.js";
import { finder, node, show } from "../dom.js";
import { N_, _, ngettext } from "../words.js";
import { clamp } from "./geometry.js";

/** @import { Find } from "../dom.js" */
/** @import { Check, Guide, Hold, State, Verdict } from "./types" */
/** @typedef {{ title: string, text: string, all: boolean }} Ending */

const SHORT_HOLD_S = 2;
const CONFETTI = 48;

/** @type {Record<string, string>} */
const CHECK_NAMES = {
  person: N_("You"), body: N_("Whole body"), distance: N_("Distance"), light: N_("Light"),
  posture: N_("Position"), view: N_("View"), camera: N_("Camera level"),
};
/** @type {Record<string, string>} */
const SIDE_NAMES = { left: N_("left"), right: N_("right") };
const CHECK_SIGNS = { ok: "✓", wrong: "!", unknown: "?", partly: "–" };
/** @type {Record<Verdict, string>} */
const VERDICT_WORDS = {
  clean: N_("clean"), mild: N_("slight fault"), marked: N_("clear fault"), not_assessed: N_("not assessed"),
};

export class Hud {
  /** @param {HTMLElement} root @param {Find} find */
  constructor(root, find) {
    this.root = root;
    this.find = find;
    this.shownChecks = "";
    this.fading = 0;
    /** @type {Map<string, string>} */
    this.notices = new Map();
  }

  /** @param {State} state @param {() => Ending} ending */
  draw(state, ending) {
    const setup = state.stage === "setup" ? state.setup : null;
    this.checks(setup?.checks ?? []);
    const say = setup?.say ?? "";
    const unseen = state.stage === "set" && !state.person_seen;
    show(this.find(".headline"), unseen ? _("I can't see you: step into the picture") : say);
    this.root.style.setProperty("--held", String(setup?.ready ? setup.held : 0));
    this.root.classList.toggle("ready", Boolean(state.setup?.ready));
    show(this.find(".countdown"), state.countdown ?? "");
    this.count(state);
    this.hold(state.hold);
    this.guide(state.stage === "set" ? state.guide : null, state.progress);
    const over = state.stage === (state.circuit ? "over" : "done");
    this.finish(over && !state.pain.hurts ? ending : null);
  }

  /** @param {Check[]} checks */
  checks(checks) {
    const list = this.find(".checks");
    list.hidden = !checks.length;
    const key = JSON.stringify(checks);
    if (key === this.shownChecks) return;
    this.shownChecks = key;
    list.replaceChildren(...checks.map(({ id, state, text }) => {
      // Well enough to begin, but not everything can be judged: no tick beside that.
      const shown = state === "ok" && text ? "partly" : state;
      const item = document.createElement("li");
      item.className = shown;
      item.dataset.check = id;
      item.append(node("i", CHECK_SIGNS[shown]), node("span", text || _(CHECK_NAMES[id])));
      return item;
    }));
  }

  /** @param {State} state */
  count(state) {
    const card = this.find(".count");
    card.hidden = state.stage !== "set";
    if (card.hidden) return;
    const number = this.find(".number");
    // Of a stand with letters there is one: which letter it is says more.
    const shown = String(state.letter ?? state.reps);
    if (number.textContent !== shown) {
      number.textContent = shown;
      number.classList.remove("new");
      void number.offsetWidth; // begins the animation anew
      if (state.letter || state.reps) number.classList.add("new");
    }
    this.find(".of").textContent = state.target && !state.letter ? `/ ${state.target}` : "";
    const { sides, partials } = state;
    this.find(".sides").hidden = !sides;
    if (sides)
      this.find(".sides").replaceChildren(...Object.entries(sides).map(([side, reps]) => {
        const part = node("span", `${_(SIDE_NAMES[side])} ${reps}`);
        part.className = side + (state.side === side ? " now" : "");
        return part;
      }));
    this.dots(state.verdicts);
    show(this.find(".partials"), partials ? ngettext("+ {n} partial", "+ {n} partials", partials) : "");
    // Where a tempo is to be followed, its bar shows this, larger.
    const way = this.find(".way");
    way.hidden = Boolean(state.guide);
    way.dataset.phase = state.phase;
    way.style.setProperty("--own", String(clamp(state.progress, 0, 1)));
    const word = this.find(".phase-word");
    word.hidden = way.hidden;
    word.textContent = state.phase === "rest" ? "" : state.phase_word;
  }

  /** One for each rep. @param {Verdict[]} verdicts */
  dots(verdicts) {
    const row = this.find(".dots");
    row.hidden = !verdicts.length;
    if (row.childElementCount === verdicts.length) return;
    row.setAttribute("aria-label", dotsWords(verdicts));
    row.replaceChildren(...verdicts.map((verdict) => Object.assign(document.createElement("i"), { className: verdict })));
  }

  /** @param {Hold | null} hold */
  hold(hold) {
    const card = this.find(".hold");
    const find = finder(card);
    // Nobody needs a clock who only turns round slowly.
    card.hidden = !hold || (!hold.target_s && hold.s < SHORT_HOLD_S);
    if (!hold || card.hidden) return;
    // What is left of the time asked for, as the voice and the guide count it; without one the
    // ring goes round in ten seconds.
    const { target_s: target, left_s: left } = hold;
    const share = target && left !== null ? 1 - left / target : Math.min(hold.clean_s / 10, 1);
    find(".ring").style.strokeDasharray = `${100 * share} 100`;
    card.classList.toggle("paused", hold.paused);
    find("b").textContent = left === null ? hold.clean_s.toFixed(0) : String(Math.ceil(left));
    find("span").textContent = hold.paused ? _("paused") : left === null ? "s" : _("s left");
  }

  /** @param {Guide | null} guide @param {number} progress */
  guide(guide, progress) {
    const box = this.find(".guide");
    box.hidden = !guide;
    if (!guide) return;
    box.style.setProperty("--asked", String(clamp(guide.position, 0, 1)));
    box.style.setProperty("--own", String(clamp(progress, 0, 1.1)));
    box.dataset.phase = guide.phase;
    const left = guide.left_s > 0 ? ` ${Math.ceil(guide.left_s)}` : "";
    this.find(".phase").textContent = guide.label + left;
  }

  /** ending: null = it is not over. @param {(() => Ending) | null} ending */
  finish(ending) {
    const panel = this.find(".finish");
    const find = finder(panel);
    if (panel.hidden === !ending) return;
    panel.hidden = !ending;
    if (!ending) return;
    const { title, text, all } = ending();
    find("b").textContent = title;
    find("span").textContent = text;
    find("svg").classList.toggle("early", !all);
    if (all) this.celebrate();
  }

  celebrate() {
    const hues = [COLOURS.left, COLOURS.right, COLOURS.mild, "#3ccfae", "#cc79a7"];
    const pieces = Array.from({ length: CONFETTI }, (_, i) => {
      const piece = document.createElement("i");
      const [way, far] = [(i / CONFETTI) * 2 * Math.PI, 30 + 45 * Math.random()];
      piece.style.background = hues[i % hues.length];
      piece.style.setProperty("--x", `${far * 1.3 * Math.cos(way)}cqmin`);
      piece.style.setProperty("--y", `${far * Math.sin(way) + 25}cqmin`);
      piece.style.setProperty("--turn", `${720 * (Math.random() - 0.5)}deg`);
      return piece;
    });
    this.find(".confetti").replaceChildren(...pieces);
  }

  /** @param {string} text */
  subtitle(text) {
    const line = this.find(".subtitle");
    line.textContent = text;
    clearTimeout(this.fading);
    this.fading = window.setTimeout(() => (line.textContent = ""), 1500 + 70 * text.length);
  }

  /**
   * One line of each kind is shown; "" takes it away.
   * @param {string} kind
   * @param {string} text
   * @param {number} forMs
   */
  notice(kind, text, forMs = 0) {
    if ((this.notices.get(kind) ?? "") === text) return;
    this.notices.set(kind, text);
    if (forMs) setTimeout(() => this.notices.get(kind) === text && this.notice(kind, ""), forMs);
    show(this.find(".notice"), [...this.notices.values()].filter(Boolean).join(" "));
  }

  noNotices() {
    this.notices.clear();
    show(this.find(".notice"), "");
  }
}

/** What each rep was, for who cannot see the marks. @param {Verdict[]} verdicts */
export function dotsWords(verdicts) {
  return verdicts.map((verdict, at) => _("Rep {n}: {verdict}", { n: at + 1, verdict: _(VERDICT_WORDS[verdict]) })).join(". ");
}

/** What the end of a single set is called, and what was done. @param {State} state @returns {Ending} */
export function setEnding({ sides, reps, partials }) {
  const bySide = Object.entries(sides ?? {}).map(([side, done]) => `${_(SIDE_NAMES[side])} ${done}`);
  const total = sides ? _("{sides} reps", { sides: bySide.join(", ") }) : ngettext("{n} rep", "{n} reps", reps);
  const short = partials ? `, ${ngettext("{n} partial", "{n} partials", partials)}` : "";
  const all = sides ? Object.values(sides).some(Boolean) : reps > 0;
  return { title: _("Set done"), text: `${total}${short}. ${_("The report is below.")}`, all };
}
