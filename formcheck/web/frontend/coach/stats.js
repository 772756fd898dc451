// @ts-check
// How fast it goes: for the numbers below the picture, and for tests, which read formcheckStats.

/** @import { State, Utterance } from "./types" */

import { _ } from "../words.js";

const KEPT = 4000;
const FPS_OVER_MS = 2000;

export class Stats {
  /** utterances: all that was to be said. @param {Utterance[]} utterances */
  constructor(utterances) {
    /** @type {number[]} from the camera to the screen */
    this.latency_ms = [];
    this.utterances = utterances;
    /** @type {State | null} */
    this.state = null;
    this.fps = this.sent = this.answered = this.skipped = 0;
    /** @type {number[]} */
    this.times = [];
  }

  /**
   * An answer came (now, in ms).
   * @param {State} state
   * @param {number} now
   * @param {{ sent: number, answered: number }} link
   */
  came(state, now, { sent, answered }) {
    this.times = [...this.times.filter((t) => now - t < FPS_OVER_MS), now];
    this.fps = (1000 * this.times.length) / FPS_OVER_MS;
    Object.assign(this, { state, sent, answered, skipped: state.skipped });
  }

  /** It is on the screen. @param {State} state @param {number} now */
  shown(state, now) {
    this.latency_ms.push(now - state.capture_ms);
    if (this.latency_ms.length > KEPT) this.latency_ms.splice(0, KEPT / 2);
  }

  get words() {
    const last = this.latency_ms.at(-1) ?? 0;
    return _("{fps} pictures/s · {ms} ms · {n} skipped", {
      fps: this.fps.toFixed(0), ms: last.toFixed(0), n: this.skipped,
    });
  }
}
