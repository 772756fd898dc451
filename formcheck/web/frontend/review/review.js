// @ts-check
// A set's annotated video beside its counted signal: click anything to go there.
// What is said of a rep or fault comes with the data; this draws and seeks.

import { finder } from "../dom.js";
import { clock, ticks, valueAt } from "./scale.js";

/** @import { Rep, ReviewData } from "./types" */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 44, right: 10, top: 20, bottom: 22 };
const WIDE_PX = 760;
// Around a fault's worst moment the video may play slowly.
const SLOW_S = 0.4;
const SLOW_RATE = 0.25;
const DIAMOND = "M0,-7 L7,0 L0,7 L-7,0 Z";

/**
 * A new element of a drawing.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function el(name, attributes = {}, ...children) {
  const node = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/**
 * A new element of the page.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} cls
 * @param {string} [text]
 */
function html(name, cls = "", text) {
  const node = document.createElement(name);
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  return node;
}

function diamond() {
  return el("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, el("path", { d: DIAMOND }));
}

class Review {
  /** @param {HTMLElement} parent @param {ReviewData} data */
  constructor(parent, data) {
    this.root = finder(parent)(".review");
    this.find = finder(this.root);
    this.video = /** @type {HTMLVideoElement} */ (this.find("video"));
    this.svg = this.find("svg");
    this.plot = this.find(".plot");
    this.tip = this.find(".tip");
    this.now = this.find(".now");
    this.list = this.find(".reps");
    this.slow = /** @type {HTMLInputElement} */ (this.find(".slow input"));
    this.data = data;
    this.dragging = false;
    this.drawn = "";
    this.digits = 0;
    // Replaced by draw(), once it is known how large the plot is.
    /** @type {(seconds: number) => number} */
    this.x = () => 0;
    /** @type {(value: number) => number} */
    this.y = () => 0;
    this.hover = el("g");
    this.playhead = el("g");
    this.dot = el("circle");
    this.abort = new AbortController();
    /** @type {number | null} where to go once the video knows its length */
    this.wanted = null;
    /** @type {Rep | null} */
    this.current = null;
    this.follow = 0;
    /**
     * @param {EventTarget} target
     * @param {string} type
     * @param {(event: any) => void} handle
     * @param {object} options
     */
    const on = (target, type, handle, options = {}) =>
      target.addEventListener(type, handle, { signal: this.abort.signal, ...options });
    on(this.root, "keydown", (e) => this.key(e), { capture: true });
    on(this.plot, "pointerdown", (e) => this.press(e));
    on(this.plot, "pointermove", (e) => this.move(e));
    on(this.plot, "pointerup", () => (this.dragging = false));
    on(this.plot, "pointercancel", () => (this.dragging = false));
    on(this.plot, "pointerleave", () => this.hideTip());
    for (const type of ["timeupdate", "seeking", "seeked", "pause", "loadeddata"])
      on(this.video, type, () => this.tick());
    on(this.video, "loadedmetadata", () => {
      if (this.wanted !== null) this.seek(this.wanted);
    });
    on(this.video, "play", () => this.run());
    on(this.slow, "change", () => (this.video.playbackRate = 1));
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
    this.show(data, null);
  }

  close() {
    this.abort.abort();
    this.sizes.disconnect();
    cancelAnimationFrame(this.follow);
    this.video.removeAttribute("src");
    this.video.load();
    if (Reflect.get(window, "formcheckReview")?.review === this) Reflect.deleteProperty(window, "formcheckReview");
  }

  /** Show another set, or this one with other words. @param {ReviewData} data */
  update(data) {
    if (JSON.stringify(this.data) !== JSON.stringify(data)) this.show(data, this.data);
  }

  /** @param {ReviewData} data @param {ReviewData | null} before */
  show(data, before) {
    this.data = data;
    this.root.setAttribute("aria-label", data.words.label);
    this.root.classList.toggle("portrait", data.size[1] > data.size[0]);
    this.find(".slow span").textContent = data.words.slow;
    this.svg.setAttribute("aria-label", data.signal.title);
    this.video.style.aspectRatio = `${data.size[0]} / ${data.size[1]}`;
    if (before?.video !== data.video) {
      this.video.src = data.video;
      this.wanted = before ? data.from : null;
    }
    if (before && before.id !== data.id) this.seek(data.from);
    this.find(".title").textContent = data.signal.title;
    this.legend();
    this.items();
    this.drawn = "";
    this.resize();
    const review = this;
    Object.assign(window, {
      formcheckReview: {
        review,
        /** @param {number} t */
        seek: (t) => review.seek(t),
        get state() {
          return review.state();
        },
      },
    });
  }

  state() {
    const now = this.video.currentTime;
    return {
      time: this.wanted ?? now,
      duration: this.video.duration || null,
      paused: this.video.paused,
      ready: this.video.readyState,
      rep: this.current ? this.current.label : null,
      set: this.data.id,
    };
  }

  /** @param {number} seconds */
  seek(seconds) {
    const time = Math.max(0, seconds);
    if (this.video.readyState < 1) {
      this.wanted = time;
    } else {
      this.wanted = null;
      // A hair later: a picture begins exactly at its time.
      this.video.currentTime = Math.min(time + 0.005, this.video.duration || time);
    }
    this.tick();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const now = this.video.currentTime;
    const reps = this.data.reps;
    if (event.key === "ArrowRight") {
      const next = reps.find((r) => r.start > now + 0.05);
      if (next) this.seek(next.start);
    } else if (event.key === "ArrowLeft") {
      const last = reps.filter((r) => r.start < now - 0.7).pop();
      if (last) this.seek(last.start);
    } else if (event.key === " ") {
      const on = event.composedPath()[0];
      if (on instanceof HTMLButtonElement) return;
      if (this.video.paused) this.video.play();
      else this.video.pause();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // ------------------------------------------------------------- pointer

  /** @param {PointerEvent} event */
  timeAt(event) {
    const box = this.plot.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    const [begin, end] = this.data.span;
    return begin + Math.min(Math.max(share, 0), 1) * (end - begin);
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button) return;
    const target = near(event, "[data-at]");
    this.root.focus({ preventScroll: true });
    this.seek(target ? Number(target.dataset.at) : this.timeAt(event));
    // A finger that moves up or down scrolls the page.
    if (!target && event.pointerType === "mouse") this.dragging = true;
  }

  /** @param {PointerEvent} event */
  move(event) {
    const time = this.timeAt(event);
    if (this.dragging && event.buttons) this.seek(time);
    this.showTip(event, near(event, ".mark")?.dataset.text ?? this.reading(time));
  }

  /** @param {number} time */
  reading(time) {
    const value = this.valueAt(time);
    const number = value === null ? "–" : `${value.toFixed(this.digits)}${this.data.signal.symbol}`;
    return `${clock(time)}   ${number}`;
  }

  /** @param {number} time */
  valueAt(time) {
    return valueAt(this.data.signal, time);
  }

  /** @param {PointerEvent} event @param {string} text */
  showTip(event, text) {
    const box = this.plot.getBoundingClientRect();
    this.tip.textContent = text;
    this.tip.hidden = false;
    const x = event.clientX - box.left;
    const left = Math.min(Math.max(x + 12, 0), box.width - this.tip.offsetWidth);
    const under = x + 12 > left + 1;
    this.tip.style.transform = `translate(${left}px, ${under ? -10 : event.clientY - box.top - 34}px)`;
    this.hover.setAttribute("transform", `translate(${x} 0)`);
    this.hover.style.visibility = x >= MARGIN.left ? "visible" : "hidden";
  }

  hideTip() {
    this.tip.hidden = true;
    this.dragging = false;
    this.hover.style.visibility = "hidden";
  }

  // ---------------------------------------------------------------- time

  // Whether a fault is at its worst about now.
  atFault() {
    const now = this.video.currentTime;
    return this.data.reps.some(({ faults }) => faults.some(({ at }) => Math.abs(at - now) < SLOW_S));
  }

  run() {
    cancelAnimationFrame(this.follow);
    const step = () => {
      this.tick();
      if (this.slow.checked) this.video.playbackRate = this.atFault() ? SLOW_RATE : 1;
      if (!this.video.paused && !this.abort.signal.aborted) this.follow = requestAnimationFrame(step);
    };
    this.follow = requestAnimationFrame(step);
  }

  tick() {
    if (!this.drawn) return;
    const now = this.wanted ?? this.video.currentTime;
    const [begin, end] = this.data.span;
    const inside = now >= begin - 0.05 && now <= end + 0.05;
    this.playhead.style.visibility = inside ? "visible" : "hidden";
    if (inside) {
      this.playhead.setAttribute("transform", `translate(${this.x(now)} 0)`);
      const value = this.valueAt(now);
      this.dot.style.visibility = value === null ? "hidden" : "inherit";
      if (value !== null) this.dot.setAttribute("cy", String(this.y(value)));
    }
    this.now.textContent = inside ? this.reading(now) : clock(now);
    const current = this.data.reps.find((r) => now >= r.start - 0.02 && now < r.end) ?? null;
    if (current !== this.current) this.mark(current);
  }

  /** @param {Rep | null} current */
  mark(current) {
    this.current = current;
    const at = current ? String(this.data.reps.indexOf(current)) : null;
    for (const band of /** @type {NodeListOf<SVGElement>} */ (this.svg.querySelectorAll(".band")))
      band.classList.toggle("current", band.dataset.rep === at);
    for (const item of /** @type {HTMLCollectionOf<HTMLElement>} */ (this.list.children)) {
      const on = item.dataset.rep === at;
      item.classList.toggle("current", on);
      if (!on) continue;
      // Only the list scrolls, never the page.
      const top = item.offsetTop - this.list.offsetTop;
      if (top < this.list.scrollTop) this.list.scrollTop = top;
      const over = top + item.offsetHeight - this.list.clientHeight;
      if (over > this.list.scrollTop) this.list.scrollTop = over;
    }
  }

  // ------------------------------------------------------------- drawing

  resize() {
    this.root.classList.toggle("wide", this.root.clientWidth >= WIDE_PX);
    const { clientWidth: width, clientHeight: height } = this.plot;
    const now = `${width}x${height}`;
    if (width < 80 || this.drawn === now) return;
    this.drawn = now;
    this.draw(width, height);
    this.hideTip();
    this.mark(this.current && this.data.reps.includes(this.current) ? this.current : null);
    this.tick();
  }

  /** @param {number} width @param {number} height */
  draw(width, height) {
    const { signal, span, reps, holds } = this.data;
    const [begin, end] = span;
    const seen = signal.value.flatMap((v) => v ?? []);
    let low = Math.min(...seen);
    let high = Math.max(...seen);
    if (!seen.length) [low, high] = [0, 1];
    const room = Math.max((high - low) * 0.08, 1e-3);
    low -= room;
    high += room;
    this.digits = high - low < 5 ? 2 : 0;
    const bottom = height - MARGIN.bottom;
    this.x = (t) => MARGIN.left + ((t - begin) / (end - begin)) * (width - MARGIN.left - MARGIN.right);
    this.y = (v) => bottom - ((v - low) / (high - low)) * (bottom - MARGIN.top);
    const svg = this.svg;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(
      el("defs", {}, el("pattern", { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        el("line", { x1: 0, y1: 0, x2: 0, y2: 7, class: "hatching" })))
    );
    for (const v of ticks(low, high, 4)) {
      const y = this.y(v);
      svg.append(el("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y }));
      const text = `${Number(v.toFixed(2))}${signal.symbol}`;
      svg.append(el("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, text));
    }
    for (const t of ticks(begin, end, Math.min(Math.max(width / 90, 2), end - begin))) {
      const x = this.x(t);
      svg.append(el("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
      const text = `${Math.floor(t / 60)}:${String(Math.round(t % 60)).padStart(2, "0")}`;
      svg.append(el("text", { x, y: height - 5, "text-anchor": "middle" }, text));
    }
    let right = -Infinity;
    reps.forEach((rep, at) => {
      const [from, to] = [this.x(rep.start), this.x(rep.end)];
      const kind = rep.kind === "partial" ? "partial" : at % 2 ? "other" : "";
      const band = el("rect", {
        class: `band ${kind}`, x: from, y: MARGIN.top, width: Math.max(to - from, 2),
        height: bottom - MARGIN.top, rx: 3, "data-at": rep.start, "data-rep": at,
      });
      svg.append(band);
      const middle = (from + to) / 2;
      if (middle - right > 7 + 7 * rep.short.length) {
        svg.append(el("text", { class: "number", x: middle, y: MARGIN.top - 6, "text-anchor": "middle" }, rep.short));
        right = middle;
      }
    });
    for (const [from, to, text] of holds) {
      const bar = el("rect", {
        class: "hold", x: this.x(from), y: bottom - 6, width: Math.max(this.x(to) - this.x(from), 3),
        height: 6, rx: 2, "data-at": from,
      });
      bar.append(el("title", {}, text));
      svg.append(bar);
    }
    svg.append(el("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: bottom, y2: bottom }));
    svg.append(el("path", { class: "line", d: this.path() }));
    this.hover = el("g", {}, el("line", { class: "hover-line", y1: MARGIN.top, y2: bottom }));
    this.hover.style.visibility = "hidden";
    this.dot = el("circle", { class: "head-dot", r: 5 });
    this.playhead = el("g", { "pointer-events": "none" },
      el("line", { class: "head-line", y1: MARGIN.top - 4, y2: bottom }), this.dot);
    svg.append(this.hover, this.playhead);
    for (const rep of reps) {
      for (const fault of rep.faults) {
        const value = this.valueAt(fault.at);
        const y = value === null ? MARGIN.top + 10 : this.y(value);
        const mark = el("g", {
          class: `mark ${fault.severity}`, transform: `translate(${this.x(fault.at)} ${y})`,
          "data-at": fault.at, "data-fault": fault.id, "data-text": fault.text,
          tabindex: 0, role: "button", "aria-label": fault.text,
        });
        mark.append(el("circle", { class: "hit", r: 13 }), el("path", { d: DIAMOND }), el("title", {}, fault.text));
        mark.addEventListener("keydown", (e) => {
          if (e.key === "Enter") this.seek(fault.at);
        });
        svg.append(mark);
      }
    }
  }

  path() {
    const { time, value } = this.data.signal;
    let d = "";
    let pen = false;
    for (let i = 0; i < time.length; i++) {
      const now = value[i];
      if (now === null) {
        pen = false;
        continue;
      }
      d += `${pen ? "L" : "M"}${this.x(time[i]).toFixed(1)},${this.y(now).toFixed(1)}`;
      pen = true;
    }
    return d;
  }

  legend() {
    const box = this.find(".legend");
    const { words, reps, holds } = this.data;
    const faults = reps.flatMap((r) => r.faults);
    /** @param {SVGElement} picture @param {string} text */
    const entry = (picture, text) => {
      const span = html("span");
      span.append(el("svg", { viewBox: "0 0 18 14", "aria-hidden": "true" }, picture), text);
      return span;
    };
    /** @param {string} severity */
    const mark = (severity) =>
      el("g", { class: `mark ${severity}`, transform: "translate(9 7) scale(.85)" }, el("path", { d: DIAMOND }));
    const parts = [];
    if (reps.some((r) => r.kind === "rep"))
      parts.push(entry(el("rect", { class: "band other", x: 1, y: 1, width: 16, height: 12, rx: 3 }), words.rep));
    if (reps.some((r) => r.kind === "partial")) {
      const box = el("rect", { x: 1, y: 1, width: 16, height: 12, rx: 3, fill: "none", stroke: "currentColor", "stroke-dasharray": "3 2" });
      parts.push(entry(el("g", {}, box, el("path", { d: "M3,12 L9,2 M9,12 L15,2", stroke: "currentColor" })), words.partial));
    }
    if (holds.length) parts.push(entry(el("rect", { class: "hold", x: 1, y: 4, width: 16, height: 6, rx: 2 }), words.hold));
    for (const severity of /** @type {const} */ (["marked", "mild"]))
      if (faults.some((f) => f.severity === severity)) parts.push(entry(mark(severity), words[severity]));
    box.replaceChildren(...parts, html("span", "quiet keys", words.keys));
  }

  items() {
    const items = this.data.reps.map((rep, at) => {
      const item = html("li");
      item.dataset.rep = String(at);
      const to = html("button", "to");
      to.type = "button";
      to.append(html("b", "", rep.label), html("span", "meta", rep.meta));
      to.addEventListener("click", () => this.seek(rep.start));
      item.append(to);
      if (rep.faults.length) {
        const chips = html("div", "chips");
        for (const fault of rep.faults) {
          const chip = html("button", `chip ${fault.severity}`);
          chip.type = "button";
          chip.title = fault.text;
          chip.dataset.fault = fault.id;
          chip.append(diamond(), fault.short);
          chip.addEventListener("click", () => this.seek(fault.at));
          chips.append(chip);
        }
        item.append(chips);
      }
      if (rep.note) item.append(html("span", "quiet", rep.note));
      return item;
    });
    if (!items.length) items.push(html("li", "quiet", this.data.words.none));
    this.list.replaceChildren(...items);
  }
}

/**
 * What of a kind the pointer is on.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | SVGElement | null}
 */
function near(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/** @type {WeakMap<HTMLElement, Review>} */
const open = new WeakMap();

/** @param {{ data: ReviewData, parentElement: HTMLElement }} component */
export default function review({ data, parentElement }) {
  const shown = open.get(parentElement);
  if (shown) shown.update(data);
  else open.set(parentElement, new Review(parentElement, data));
  return () => {
    open.get(parentElement)?.close();
    open.delete(parentElement);
  };
}
