// The coach's part of the page: camera and socket below, picture, numbers and buttons above.
// All that is judged and said comes from the server with each answer; this shows it.

// A skeleton older than this is not where the person is any more.
const FRESH_MS = 400;
// How strongly the outline of the start pose is drawn until the person is in it.
const GHOST_STRENGTH = 0.75;
const KEPT = 4000;
const SHORT_HOLD_S = 2;
// The count changes sides when the person has been under it this long.
const CORNER_AFTER_MS = 1500;
const LEAST_STAGE_PX = 320;
const CONFETTI = 48;

const CHECK_NAMES = {
  person: "You", body: "Whole body", distance: "Distance", light: "Light", posture: "Position", view: "View",
  camera: "Camera level",
};
const PHASE_WORDS = { rest: "", outbound: "Out", hold: "Hold", inbound: "Back" };

class CoachView {
  constructor(root, component) {
    this.root = root.querySelector(".coach");
    this.component = component;
    this.data = component.data;
    this.settings = loadSettings();
    this.abort = new AbortController();
    this.find = (selector) => this.root.querySelector(selector);
    this.camera = new Camera(this.find("video"));
    this.drawing = new Drawing(this.find(".drawing"));
    this.speaker = new Speaker(this.settings);
    this.circuit = new Circuit(this.root, this.find, () => this.data);
    this.link = new Link({
      camera: this.camera,
      heard: (message) => this.heard(message),
      state: (text) => this.notice("link", text),
      token: () => this.data.token,
      retoken: () => this.component.setTriggerValue("retoken", Date.now()),
    });
    this.notices = new Map();
    this.answer = null;
    this.stats = { latency_ms: [], utterances: this.speaker.log, state: null, fps: 0 };
    window.formcheckStats = this.stats;
    this.find('[data-do="fullscreen"]').hidden = !(document.fullscreenEnabled ?? document.webkitFullscreenEnabled);
    this.listen();
    this.shape(4 / 3);
    this.update(component);
    this.showSettings();
    this.stage("off");
  }

  // The page's script ran again: other words, another exercise, a new token.
  update(component) {
    this.component = component;
    this.data = component.data;
    const { exercise, demo, camera_svg: place, circuit } = this.data;
    this.find(".welcome .setup").textContent = circuit ? "" : exercise.setup;
    this.find(".welcome .place").innerHTML = (!circuit && place) || "";
    this.circuit.welcome();
    this.find(".welcome").classList.toggle("no-demo", !demo);
    this.link.tokenCame();
  }

  close() {
    this.abort.abort();
    cancelAnimationFrame(this.run);
    clearTimeout(this.forgetting);
    this.sizes.disconnect();
    this.link.stop();
    this.camera.stop();
    this.speaker.close();
    this.lock?.release?.();
    if (window.formcheckStats === this.stats) delete window.formcheckStats;
  }

  // ------------------------------------------------------------------ input

  listen() {
    const on = (target, type, handle) => target.addEventListener(type, handle, { signal: this.abort.signal });
    on(this.find(".go"), "click", () => this.start());
    for (const button of this.root.querySelectorAll("[data-do]"))
      on(button, "click", (event) => {
        // The space bar is for pausing, not for the button that was clicked last.
        if (event.detail) button.blur();
        this.press(button.dataset.do);
      });
    const form = this.find(".settings");
    on(form, "input", () => this.readSettings());
    on(form, "submit", (event) => event.preventDefault());
    on(this.find("video"), "loadedmetadata", () => this.fitVideo());
    on(this.find("video"), "resize", () => this.fitVideo());
    if (this.speaker.synthesis) on(this.speaker.synthesis, "voiceschanged", () => this.showSettings());
    on(document, "keydown", (event) => this.key(event));
    on(document, "visibilitychange", () => document.hidden || this.stayAwake());
    on(window, "resize", () => this.fitStage());
    on(document, "fullscreenchange", () => this.fitStage());
    this.sizes = new ResizeObserver(() => this.fitDrawing());
    this.sizes.observe(this.find(".picture"));
  }

  press(what) {
    this.speaker.unlock();
    const acts = {
      start: () => this.link.say("start"),
      end: () => this.link.say("end"),
      pause: () => this.link.say("pause"),
      resume: () => this.link.say("resume"),
      skip: () => this.link.say("skip"),
      pain: () => this.link.say("pain"),
      no_pain: () => this.link.say("no_pain"),
      end_today: () => this.link.say("stop"),
      again: () => this.again(),
      voice: () => this.change({ voice: !this.settings.voice }),
      mirror: () => this.change({ mirror: !this.settings.mirror }),
      settings: () => this.toggleSettings(),
      fullscreen: () => this.fullscreen(),
      stop: () => this.stop(),
      try: () => this.tryVoice(),
    };
    acts[what]();
  }

  key(event) {
    const target = event.composedPath()[0];
    const uses = "input, textarea, select, [contenteditable], [role=combobox], [role=slider]";
    const taken = target.closest?.(event.key === " " ? `${uses}, button, a, summary` : uses);
    if (taken || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const what = this.circuit.keyed(event.key);
    if (!what) return;
    event.preventDefault();
    this.press(what);
  }

  async start() {
    this.speaker.unlock();
    const button = this.find(".go");
    button.disabled = true;
    this.trouble("");
    try {
      await this.camera.start(this.settings.camera);
    } catch (error) {
      this.trouble(error.message);
      return;
    } finally {
      button.disabled = false;
    }
    this.stage("setup");
    this.notice("link", "Getting the pose model ready …");
    this.link.start(this.data.path);
    this.stayAwake();
    this.showSettings();
    this.root.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  stop() {
    this.link.stop();
    this.camera.stop();
    this.speaker.silence();
    this.answer = null;
    this.notices.clear();
    this.notice("link", "");
    this.drawing.clear();
    this.lock?.release?.();
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

  trouble(text) {
    const line = this.find(".trouble");
    line.textContent = text;
    line.hidden = !text;
  }

  async stayAwake() {
    if (!this.camera.on || !navigator.wakeLock) return;
    this.lock = await navigator.wakeLock.request("screen").catch(() => null);
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else (this.root.requestFullscreen ?? this.root.webkitRequestFullscreen)?.call(this.root);
  }

  // --------------------------------------------------------------- settings

  change(some) {
    Object.assign(this.settings, some);
    keepSettings(this.settings);
    if (!this.settings.voice) this.speaker.silence();
    this.showSettings();
  }

  readSettings() {
    const form = this.find(".settings");
    const { camera } = this.settings;
    this.change({
      camera: form.camera.value,
      voiceName: form.voiceName.value,
      tones: form.tones.value,
      rate: Number(form.rate.value),
      volume: Number(form.volume.value),
      numbers: form.numbers.checked,
    });
    if (form.camera.value !== camera && this.camera.on) this.otherCamera();
  }

  async otherCamera() {
    try {
      await this.camera.start(this.settings.camera);
    } catch (error) {
      this.stop();
      this.trouble(error.message);
    }
  }

  toggleSettings() {
    const form = this.find(".settings");
    form.hidden = !form.hidden;
    if (!form.hidden) form.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.find('[data-do="settings"]').setAttribute("aria-expanded", String(!form.hidden));
    this.showSettings();
  }

  async showSettings() {
    const form = this.find(".settings");
    const { settings } = this;
    this.root.classList.toggle("mirrored", settings.mirror);
    this.find('[data-do="mirror"]').setAttribute("aria-pressed", String(settings.mirror));
    const voice = this.find('[data-do="voice"]');
    voice.setAttribute("aria-pressed", String(settings.voice));
    voice.querySelector("span").textContent = settings.voice ? "Sound on" : "Sound off";
    for (const name of ["tones", "rate", "volume"]) form[name].value = settings[name];
    form.numbers.checked = settings.numbers;
    this.find(".numbers").hidden = !settings.numbers;
    const voices = this.speaker.voices();
    choices(form.voiceName, [
      ["", "The device's usual voice"],
      ...voices.map((v) => [v.voiceURI, v.localService ? v.name : `${v.name} (sends the words to its maker)`]),
    ], settings.voiceName);
    this.find(".voices").textContent = this.speaker.voice()
      ? ""
      : "This browser has no voice of its own for English: tones stand in for it.";
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const cameras = devices.filter((device) => device.kind === "videoinput" && device.deviceId);
    choices(form.camera, [
      ["", "The usual one"],
      ...cameras.map((device, i) => [device.deviceId, device.label || `Camera ${i + 1}`]),
    ], settings.camera);
  }

  tryVoice() {
    const u = { id: 0, text: "One. Two. Hold.", kind: "info", interrupt: true, expires_s: null, tone: "ready" };
    this.speaker.hear(u);
  }

  // ---------------------------------------------------------------- answers

  heard(message) {
    if (message.type === "state") this.take(message);
    else if (message.type === "error") this.notice("error", message.text, 4000);
    else if (message.type === "warning") this.notice("kept", message.text, 15_000);
    else if (message.type === "note") this.notice("link", message.text);
    else if (message.type === "finished") this.component.setTriggerValue("finished", message.set_id);
    else if (message.type === "stopped") {
      this.stop();
      this.trouble(message.text);
    }
  }

  take(state) {
    this.notice("link", "");
    this.answer = state;
    this.stats.state = state;
    this.circuit.draw(state);
    this.stage(state.stage);
    this.draw();
    this.forgetLater();
    for (const utterance of state.say) {
      this.speaker.hear(utterance);
      this.subtitle(utterance.text);
    }
    this.numbers(state);
    requestAnimationFrame((now) => {
      const { latency_ms: kept } = this.stats;
      kept.push(now - state.capture_ms);
      if (kept.length > KEPT) kept.splice(0, KEPT / 2);
    });
  }

  // What is old is not drawn as if it were now; the numbers stay.
  forgetLater() {
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => {
      this.answer = null;
      this.drawing.clear();
    }, this.answer.capture_ms + FRESH_MS - performance.now());
  }

  // Shows how it goes until the camera is on; then every frame is left to the picture.
  frame(now) {
    const off = this.root.dataset.stage === "off";
    this.run = 0;
    if (!off && !this.circuit.between) return;
    this.run = requestAnimationFrame((later) => this.frame(later));
    if (off) this.demo(now, this.find(".demo"), this.circuit.shown(now));
    else this.demo(now, this.find(".next-demo"), this.circuit.demo(this.stats.state));
  }

  demo(now, canvas, demo) {
    if (!demo || !canvas.clientWidth) return;
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const size = [Math.round(width * dots), Math.round(height * dots)];
    const frame = Math.floor((now / 1000) * demo.fps) % demo.frames.length;
    const key = [canvas.className, frame, ...size].join();
    if (key === this.shownFrame && this.shownDemo === demo) return;
    Object.assign(this, { shownFrame: key, shownDemo: demo });
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = canvas.getContext("2d");
    context.setTransform(dots, 0, 0, dots, 0, 0);
    context.clearRect(0, 0, width, height);
    const { left, right } = COLOURS;
    figure(context, demo, frame, { x: 0, y: 0, width, height }, {
      mirrored: this.settings.mirror, colours: { body: "#e3ecec", left, right, props: "#46565c" },
    });
  }

  // ---------------------------------------------------------------- drawing

  fitVideo() {
    const { videoWidth, videoHeight } = this.find("video");
    if (videoWidth && videoHeight) this.shape(videoWidth / videoHeight);
  }

  shape(aspect) {
    this.root.style.setProperty("--aspect", aspect.toFixed(4));
    this.fitStage();
  }

  // Before the camera is on, the stage ends where the window does; then the coach has the
  // window to itself, but for the page's own bar at the top.
  fitStage() {
    if (document.fullscreenElement) {
      this.root.style.removeProperty("--tall");
      return;
    }
    const off = this.root.dataset.stage === "off";
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const header = parseFloat(getComputedStyle(this.root).scrollMarginTop);
    const below = this.find(".bar").offsetHeight + this.find(".strip").offsetHeight;
    this.root.style.setProperty("--below", `${below}px`);
    const tall = window.innerHeight - below - (off ? Math.max(top, header) : header);
    this.root.style.setProperty("--tall", `${Math.max(tall, LEAST_STAGE_PX)}px`);
  }

  // The canvas is cleared when it gets another size; what is newest is drawn again.
  fitDrawing() {
    const { clientWidth: width, clientHeight: height } = this.find(".picture");
    if (!width || !height) return;
    this.drawing.resize(width, height);
    if (this.answer) this.overlay(this.answer);
  }

  stage(stage) {
    if (this.root.dataset.stage === stage) return;
    this.root.dataset.stage = stage;
    if (stage === "off") this.circuit.off();
    this.fitStage();
    // Who goes on with a circuit looks at the picture again; the summary is below it.
    if (this.circuit.live && stage !== "over") this.root.scrollIntoView({ block: "start" });
    if (stage === "off" || this.circuit.between) this.run ||= requestAnimationFrame((now) => this.frame(now));
  }

  draw() {
    const state = this.answer;
    this.checks(state);
    this.headline(state);
    show(this.find(".countdown"), state.countdown ?? "");
    this.count(state);
    this.hold(state);
    this.guide(state);
    this.finish(state);
    this.overlay(state);
  }

  // The canvas comes last: it keeps clear of what stands over the picture.
  overlay(state) {
    const { drawing, settings } = this;
    drawing.clear();
    if (performance.now() - state.capture_ms > FRESH_MS || this.circuit.covers) return;
    const demo = this.circuit.demo(state);
    const points = drawing.points(state.landmarks, settings.mirror);
    if (state.stage === "setup" && demo && !state.setup?.ready)
      drawing.ghost(demo, points, settings.mirror, GHOST_STRENGTH);
    this.chooseCorner(points.filter(Boolean));
    drawing.state(state, points, this.boxes());
  }

  // Where words stand over the picture, in its pixels.
  boxes() {
    const picture = this.find(".picture");
    const parts = [".count", ".hold", ".guide", ".subtitle"].map(this.find);
    return parts.filter((part) => part.offsetWidth).map((part) => {
      const { offsetWidth: width, offsetHeight: height } = part;
      // The subtitle is moved by half its width.
      const moved = part.className === "subtitle" ? width / 2 : 0;
      return { x: part.offsetLeft - picture.offsetLeft - moved, y: part.offsetTop - picture.offsetTop, width, height };
    });
  }

  // The count stands in the upper corner where it covers less of the person.
  chooseCorner(body) {
    const card = this.find(".count");
    const { offsetWidth: width, offsetHeight: height, offsetTop: y } = card;
    if (!width || !body.length) return;
    const swapped = this.root.classList.contains("swapped");
    const picture = this.find(".picture");
    const under = (x) => body.filter((point) => inside(point, { x, y, width, height })).length;
    const beside = picture.offsetLeft;
    const [left, right] = [under(-beside), under(picture.clientWidth + beside - width)];
    const [here, there] = swapped ? [right, left] : [left, right];
    const now = performance.now();
    if (here < there + 2) this.coveredSince = now;
    else if (now - (this.coveredSince ?? now) > CORNER_AFTER_MS) this.root.classList.toggle("swapped");
    this.coveredSince ??= now;
  }

  checks({ setup, stage }) {
    const list = this.find(".checks");
    const checks = stage === "setup" && setup ? setup.checks : [];
    list.hidden = !checks.length;
    const key = JSON.stringify(checks);
    if (key === this.shownChecks) return;
    this.shownChecks = key;
    list.replaceChildren(...checks.map(({ id, state, text }) => {
      const item = document.createElement("li");
      item.className = state;
      item.dataset.check = id;
      item.append(node("i", { ok: "✓", wrong: "!", unknown: "?" }[state]), node("span", text || CHECK_NAMES[id]));
      return item;
    }));
  }

  headline({ setup, stage, person_seen: seen }) {
    const say = stage === "setup" && setup ? setup.say ?? "" : "";
    show(this.find(".headline"), stage === "set" && !seen ? "Not seen: step into the picture" : say);
    this.root.style.setProperty("--held", stage === "setup" && setup?.ready ? setup.held : 0);
    this.root.classList.toggle("ready", Boolean(setup?.ready));
  }

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
    const sides = this.find(".sides");
    sides.hidden = !state.sides;
    if (state.sides)
      sides.replaceChildren(...["left", "right"].map((side) => {
        const part = node("span", `${side} ${state.sides[side]}`);
        part.className = side + (state.side === side ? " now" : "");
        return part;
      }));
    const { partials } = state;
    show(this.find(".partials"), partials ? `+ ${partials} partial${partials > 1 ? "s" : ""}` : "");
    // Where a tempo is to be followed, its bar shows this, larger.
    const way = this.find(".way");
    way.hidden = Boolean(state.guide);
    way.dataset.phase = state.phase;
    way.style.setProperty("--own", clamp(state.progress, 0, 1));
    const word = this.find(".phase-word");
    word.hidden = way.hidden;
    word.textContent = PHASE_WORDS[state.phase] ?? "";
  }

  hold({ hold }) {
    const card = this.find(".hold");
    // Nobody needs a clock who only turns round slowly.
    card.hidden = !hold || (!hold.target_s && hold.s < SHORT_HOLD_S);
    if (card.hidden) return;
    // Without a time asked for, the ring goes round in ten seconds.
    const share = Math.min(hold.clean_s / (hold.target_s ?? 10), 1);
    card.querySelector(".ring").style.strokeDasharray = `${100 * share} 100`;
    card.classList.toggle("paused", hold.paused);
    card.querySelector("b").textContent = hold.clean_s.toFixed(0);
    card.querySelector("span").textContent = hold.paused ? "paused" : hold.target_s ? `of ${hold.target_s} s` : "s";
  }

  guide({ guide, progress, stage }) {
    const box = this.find(".guide");
    box.hidden = !guide || stage !== "set";
    if (box.hidden) return;
    box.style.setProperty("--asked", clamp(guide.position, 0, 1));
    box.style.setProperty("--own", clamp(progress, 0, 1.1));
    box.dataset.phase = guide.phase;
    const left = guide.left_s > 0 ? ` ${Math.ceil(guide.left_s)}` : "";
    this.find(".phase").textContent = guide.label + left;
  }

  finish(state) {
    const panel = this.find(".finish");
    const over = state.stage === (state.circuit ? "over" : "done");
    if (panel.hidden === !over) return;
    panel.hidden = !over;
    if (!over) return;
    const { title, text, all } = state.circuit ? this.circuit.ending() : setEnding(state);
    panel.querySelector("b").textContent = title;
    panel.querySelector("span").textContent = text;
    panel.querySelector("svg").classList.toggle("early", !all);
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

  subtitle(text) {
    const line = this.find(".subtitle");
    line.textContent = text;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => (line.textContent = ""), 1500 + 70 * text.length);
  }

  notice(kind, text, forMs = 0) {
    if ((this.notices.get(kind) ?? "") === text) return;
    this.notices.set(kind, text);
    if (forMs) setTimeout(() => this.notices.get(kind) === text && this.notice(kind, ""), forMs);
    show(this.find(".notice"), [...this.notices.values()].filter(Boolean).join(" "));
  }

  numbers(state) {
    const { stats, link } = this;
    const now = performance.now();
    this.times = [...(this.times ?? []).filter((t) => now - t < 2000), now];
    stats.fps = this.times.length / 2;
    Object.assign(stats, { sent: link.sent, answered: link.answered, skipped: state.skipped });
    const last = stats.latency_ms.at(-1) ?? 0;
    this.find(".numbers").textContent =
      `${stats.fps.toFixed(0)} pictures/s · ${last.toFixed(0)} ms · ${state.skipped} skipped`;
  }
}

function setEnding({ sides, reps, partials }) {
  const total = sides ? `left ${sides.left}, right ${sides.right} reps` : `${reps} rep${reps === 1 ? "" : "s"}`;
  const short = partials ? `, ${partials} partial${partials > 1 ? "s" : ""}` : "";
  const all = sides ? sides.left + sides.right > 0 : reps > 0;
  return { title: "Set done", text: `${total}${short}. The report is below.`, all };
}

function node(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function show(element, text) {
  element.hidden = text === "";
  if (element.textContent !== String(text)) element.textContent = text;
}

function choices(select, pairs, chosen) {
  const key = JSON.stringify(pairs);
  if (select.dataset.shown !== key) {
    select.dataset.shown = key;
    select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  }
  select.value = pairs.some(([value]) => value === chosen) ? chosen : "";
}

const views = new WeakMap();

// Called again whenever the data changes; the camera and the set go on.
export default function (given) {
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
