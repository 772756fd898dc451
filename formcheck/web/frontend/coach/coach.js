// @ts-check
// The coach's part of the page: camera and socket below, picture, numbers and buttons above.
// All that is judged and said comes from the server with each answer; this shows it.

import { Camera } from "./camera.js";
import { Circuit } from "./circuit.js";
import { finder, scrolling, show } from "../dom.js";
import { installable } from "../install.js";
import { Drawing } from "./drawing.js";
import { Hud, setEnding } from "./hud.js";
import { Layout } from "./layout.js";
import { Link } from "./link.js";
import { showLoops } from "./loops.js";
import { loadSettings } from "./settings.js";
import { SettingsForm } from "./settings_form.js";
import { Sight } from "./sight.js";
import { Stats } from "./stats.js";
import { Speaker } from "./voice.js";
import { Watch } from "./watch.js";
import { _, speak, translate } from "../words.js";

/** @import { Component, Message, PageData, State } from "./types" */

// A skeleton older than this is not where the person is any more.
const FRESH_MS = 400;
const COMPANY_MS = 8000;
// So long after the page came the pose's runtime is loaded, before anybody asks for it.
const PREPARE_MS = 1000;
// How strongly the outline of the start pose is drawn until the person is in it.
const GHOST_STRENGTH = 0.75;
// Where keys are for something else than the coach.
const TAKES_KEYS = "input, textarea, select, [contenteditable], [role=combobox], [role=slider]";

class CoachView {
  /** @param {HTMLElement} parent @param {Component} component */
  constructor(parent, component) {
    this.root = finder(parent)(".coach");
    speak(component.data.language, component.data.words);
    translate(this.root);
    this.find = finder(this.root);
    this.component = component;
    this.settings = loadSettings();
    this.abort = new AbortController();
    this.video = /** @type {HTMLVideoElement} */ (this.find("video"));
    this.camera = new Camera(this.video);
    this.drawing = new Drawing(/** @type {HTMLCanvasElement} */ (this.find(".drawing")));
    this.speaker = new Speaker(this.settings);
    this.circuit = new Circuit(this.root, this.find, () => this.data);
    this.hud = new Hud(this.root, this.find);
    this.layout = new Layout(this.root, this.find);
    this.form = new SettingsForm(
      this.root, this.find, this.settings, this.speaker, () => this.camera.facing,
      () => this.otherCamera(), () => this.otherPlace(),
    );
    this.sight = new Sight(
      this.camera, this.settings, () => ({ path: this.data.runtime, model: this.data.model, running: this.root.dataset.stage === "set" }),
      (text) => this.placed(text), () => this.model(),
    );
    this.serverModel = "";
    this.link = new Link({
      sight: this.sight,
      heard: (message) => this.heard(message),
      state: (text) => this.hud.notice("link", text),
      token: () => this.data.token,
      retoken: () => this.component.setTriggerValue("retoken", Date.now()),
    });
    this.watch = new Watch(
      this.camera, this.link, (text) => this.alarm(text), () => this.camera.reopen(this.settings.camera),
      () => ["done", "over"].includes(this.root.dataset.stage ?? ""),
    );
    /** @type {State | null} */
    this.answer = null;
    this.stats = new Stats(this.speaker.log);
    Object.assign(window, { formcheckStats: this.stats });
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
    this.forgetting = 0;
    this.sizes = new ResizeObserver(() => this.fitDrawing());
    this.find('[data-do="fullscreen"]').hidden = !document.fullscreenEnabled;
    this.listen();
    installable();
    this.layout.shape(4 / 3);
    this.update(component);
    this.form.show();
    this.stage("off");
    // Once the page itself is there; not where data is dear.
    const { saveData } = /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection ?? {};
    this.preparing = window.setTimeout(() => saveData || this.camera.on || this.sight.prepare(), PREPARE_MS);
    this.showing = window.setInterval(() => this.showHow(), 500);
  }

  /** @returns {PageData} */
  get data() {
    return this.component.data;
  }

  /** The page's script ran again: other words, another exercise, a new token. @param {Component} component */
  update(component) {
    this.component = component;
    const { exercise, circuit } = this.data;
    this.find(".welcome .setup").textContent = circuit ? "" : exercise.setup;
    this.circuit.welcome();
    this.showHow();
    this.link.tokenCame();
  }

  close() {
    this.abort.abort();
    clearInterval(this.showing);
    clearTimeout(this.forgetting);
    this.sizes.disconnect();
    this.watch.stop();
    this.link.stop();
    clearTimeout(this.preparing);
    this.sight.close();
    this.camera.stop();
    this.speaker.close();
    this.lock?.release();
    delete document.documentElement.dataset.coach;
    if (Reflect.get(window, "formcheckStats") === this.stats) Reflect.deleteProperty(window, "formcheckStats");
  }

  // ------------------------------------------------------------------ input

  listen() {
    /** @param {EventTarget} target @param {string} type @param {(event: any) => void} handle */
    const on = (target, type, handle) => target.addEventListener(type, handle, { signal: this.abort.signal });
    on(this.find(".go"), "click", () => this.start());
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-do]")))
      on(button, "click", (event) => {
        // The space bar is for pausing, not for the button that was clicked last.
        if (event.detail) button.blur();
        this.press(button.dataset.do ?? "");
      });
    on(this.form.form, "input", () => this.form.read());
    on(this.form.form, "submit", (event) => event.preventDefault());
    on(this.video, "loadedmetadata", () => this.fitVideo());
    on(this.video, "resize", () => this.fitVideo());
    if (this.speaker.synthesis) on(this.speaker.synthesis, "voiceschanged", () => this.form.show());
    on(document, "keydown", (event) => this.key(event));
    on(document, "visibilitychange", () => document.hidden || this.stayAwake());
    on(window, "resize", () => this.layout.fit());
    on(document, "fullscreenchange", () => this.layout.fit());
    this.sizes.observe(this.find(".picture"));
  }

  /** @param {string} what */
  press(what) {
    this.speaker.unlock();
    /** @type {Record<string, () => void>} */
    const acts = {
      end_today: () => this.link.say("stop"),
      again: () => this.again(),
      voice: () => this.form.change({ voice: !this.settings.voice }),
      mirror: () => this.form.change({ mirrored: !this.form.mirrored }),
      settings: () => this.form.toggle(),
      fullscreen: () => this.fullscreen(),
      stop: () => this.stop(),
      try: () => this.tryVoice(),
    };
    // The others are for the server: start placed end pause resume skip pain no_pain where:... level:...
    (acts[what] ?? (() => this.link.say(what)))();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.composedPath()[0];
    const taking = event.key === " " ? `${TAKES_KEYS}, button, a, summary` : TAKES_KEYS;
    if (target instanceof Element && target.closest(taking)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const what = this.circuit.keyed(event.key);
    if (!what) return;
    event.preventDefault();
    this.press(what);
  }

  async start() {
    this.speaker.unlock();
    const button = /** @type {HTMLButtonElement} */ (this.find(".go"));
    button.disabled = true;
    this.trouble("");
    try {
      await this.camera.start(this.settings.camera);
    } catch (error) {
      this.trouble(Object(error).message);
      return;
    } finally {
      button.disabled = false;
    }
    this.stage("setup");
    // Until the first picture was looked at: nothing can be seen of it before.
    this.hud.notice("ready", _("Getting the pose model ready …"));
    this.sight.start();
    this.link.start(this.data.path);
    this.watch.start();
    this.stayAwake();
    this.form.show();
    this.root.scrollIntoView({ block: "start", behavior: scrolling() });
  }

  stop() {
    this.watch.stop();
    show(this.find(".alarm"), "");
    this.link.stop();
    this.sight.stop();
    this.camera.stop();
    this.speaker.silence();
    this.answer = null;
    this.hud.noNotices();
    this.drawing.clear();
    this.lock?.release();
    this.stage("off");
    // The page then knows what is left of a circuit.
    this.component.setTriggerValue("stopped", Date.now());
  }

  // Another round is planned by the page; the same set again needs no plan.
  again() {
    if (this.data.circuit) {
      this.component.setTriggerValue("another", Date.now());
      return;
    }
    this.link.say("again");
    this.stage("setup");
  }

  async otherCamera() {
    if (!this.camera.on) return;
    try {
      await this.camera.start(this.settings.camera);
      this.form.show();
    } catch (error) {
      this.stop();
      this.trouble(Object(error).message);
    }
  }

  otherPlace() {
    if (this.camera.on) this.sight.start();
  }

  /** Why the pose is found elsewhere than one might think, or not at all. @param {string} text */
  placed(text) {
    this.hud.notice("place", text, this.sight.place === "none" ? 0 : 15_000);
    if (this.sight.place === "none") this.hud.notice("ready", "");
  }

  /** @param {string} text */
  trouble(text) {
    show(this.find(".trouble"), text);
  }

  async stayAwake() {
    if (!this.camera.on || !navigator.wakeLock) return;
    this.lock = await navigator.wakeLock.request("screen").catch(() => null);
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  tryVoice() {
    this.say(_("One. Two. Hold."), "ready");
  }

  /** What the page itself has to say. @param {string} text @param {string} tone */
  say(text, tone) {
    this.speaker.hear({ id: 0, text, kind: "info", interrupt: true, expires_s: null, tone });
  }

  /** Something is broken, or works again: on the screen and aloud. @param {string} text */
  alarm(text) {
    show(this.find(".alarm"), text);
    this.say(text || _("It works again. Go on."), text ? "fault" : "ready");
  }

  // ---------------------------------------------------------------- answers

  /** @param {Message} message */
  heard(message) {
    if (message.type === "state") this.take(message);
    else if (message.type === "error") this.hud.notice("error", message.text, 4000);
    else if (message.type === "warning") this.hud.notice("kept", message.text, 15_000);
    else if (message.type === "note") this.hud.notice("link", message.text);
    else if (message.type === "hello") this.model(message.model);
    else if (message.type === "model") {
      this.model(message.model);
      this.hud.notice("model", message.text, 10_000);
      this.say(message.text, "");
    } else if (message.type === "finished") this.component.setTriggerValue("finished", message.set_id);
    else if (message.type === "stopped") {
      this.stop();
      this.trouble(message.text);
    }
  }

  /** Which model finds the pose, and where. @param {string} [name] the server's */
  model(name = this.serverModel) {
    this.serverModel = name;
    if (this.camera.on) show(this.find(".model"), this.sight.words(name));
  }

  /** @param {State} state */
  take(state) {
    this.hud.notice("link", "");
    this.hud.notice("ready", "");
    this.answer = state;
    this.stats.came(state, performance.now(), this.link);
    this.sight.answered(state);
    this.circuit.draw(state);
    this.stage(state.stage);
    this.hud.draw(state, () => (state.circuit ? this.circuit.ending() : setEnding(state)));
    const ends = state.stage === "paused" || state.stage === "pain";
    this.hud.notice("arm", state.arm_up ? (ends ? _("Keep your arm up to end.") : _("Keep your arm up to pause.")) : "");
    this.overlay(state);
    this.forgetLater(state);
    for (const utterance of state.say) {
      this.speaker.hear(utterance);
      if (utterance.text) this.hud.subtitle(utterance.text);
      // The next number takes the subtitle's place.
      if (utterance.kind === "company") this.hud.notice("company", utterance.text, COMPANY_MS);
    }
    this.find(".numbers").textContent = this.stats.words;
    requestAnimationFrame((now) => this.stats.shown(state, now));
  }

  /** What is old is not drawn as if it were now; the numbers stay. @param {State} state */
  forgetLater(state) {
    clearTimeout(this.forgetting);
    this.forgetting = window.setTimeout(() => {
      this.answer = null;
      this.drawing.clear();
    }, state.capture_ms + FRESH_MS - performance.now());
  }

  // ---------------------------------------------------------------- drawing

  /** The canvas comes last: it keeps clear of what stands over the picture. @param {State} state */
  overlay(state) {
    const { drawing } = this;
    const { mirrored } = this.form;
    drawing.clear();
    if (performance.now() - state.capture_ms > FRESH_MS || this.circuit.covers) return;
    const { ghost = null } = this.circuit.showing(state) ?? {};
    const points = drawing.points(state.landmarks, mirrored);
    if (state.stage === "setup" && ghost && !state.setup?.ready)
      drawing.ghost(ghost, points, mirrored, GHOST_STRENGTH);
    this.layout.chooseCorner(points.flatMap((point) => point ?? []));
    drawing.state(state, points, this.layout.boxes());
  }

  /** @param {string} stage */
  stage(stage) {
    if (this.root.dataset.stage === stage) return;
    this.root.dataset.stage = stage;
    if (stage === "off") this.circuit.off();
    // On a phone the page then shows nothing above the picture.
    document.documentElement.dataset.coach = ["off", "done", "over"].includes(stage) ? "" : "on";
    this.layout.fit();
    // Who goes on with a circuit looks at the picture again; the summary is below it.
    if (this.circuit.live && stage !== "over") this.root.scrollIntoView({ block: "start" });
    this.showHow();
  }

  /** How it is done: before the start, and in the break the next one. */
  showHow() {
    if (this.root.dataset.stage === "off") showLoops(this.find(".demo"), this.circuit.shown(performance.now()));
    else if (this.circuit.between) showLoops(this.find(".next-demo"), this.circuit.showing(this.stats.state));
  }

  fitVideo() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth && videoHeight) this.layout.shape(videoWidth / videoHeight);
  }

  // The canvas is cleared when it gets another size; what is newest is drawn again.
  fitDrawing() {
    const { clientWidth: width, clientHeight: height } = this.find(".picture");
    if (!width || !height) return;
    this.drawing.resize(width, height);
    if (this.answer) this.overlay(this.answer);
  }
}

/** @type {WeakMap<HTMLElement, CoachView>} */
const views = new WeakMap();

/**
 * Called again whenever the data changes; the camera and the set go on.
 * @param {Omit<Component, "data"> & { data: [PageData] }} given
 */
export default function coach(given) {
  const component = { ...given, data: given.data[0] };
  const { parentElement } = component;
  const view = views.get(parentElement);
  if (view) view.update(component);
  else views.set(parentElement, new CoachView(parentElement, component));
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}
