// @ts-check
// The worker that finds poses, as the page sees it.

/** @import { Found, Job, RuntimePlace } from "./types" */

const WORKER = "./pose_worker.js";
const MOTION = "./trunk_motion.js";
// Without a graphics card the first picture takes seconds; a worker that is silent for so long hangs.
const SILENT_MS = 20_000;
const LONGEST_FETCH_MS = 60_000;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|microsoft basic/i;
// A function that makes a vector of 16 bytes: who takes it for valid has SIMD.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

/** Whether this browser can find poses at all. */
export function isAble() {
  const needed = ["WebAssembly", "OffscreenCanvas", "Worker"];
  return needed.every((name) => name in globalThis) && WebAssembly.validate(SIMD);
}

/** Whether there is a graphics card behind WebGL, and no imitation of one. */
export function hasGraphicsCard() {
  if (typeof OffscreenCanvas === "undefined") return false;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!gl) return false;
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !SOFTWARE.test(renderer);
}

export class PoseFinder {
  constructor() {
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Map<number, { done: (result: any) => void, failed: (error: Error) => void }>} */
    this.jobs = new Map();
    this.job = 0;
    this.gpu = false;
  }

  /**
   * Loads runtime and model from our own server; throws what cannot be had.
   * @param {string} path where the server tells of them
   * @param {string} model
   * @param {boolean} gpu
   */
  async start(path, model, gpu) {
    // The server may have to fetch it first; where that hangs, pictures are sent sooner.
    const answer = await fetch(`${path}?model=${model}`, { signal: AbortSignal.timeout(LONGEST_FETCH_MS) });
    /** @type {RuntimePlace & { problem?: string }} */
    const place = await answer.json().catch(() => ({ problem: `${answer.status}` }));
    if (!answer.ok) throw new Error(place.problem ?? String(answer.status));
    const worker = (this.worker = new Worker(new URL(WORKER, import.meta.url)));
    worker.onmessage = ({ data: { id, result, error } }) => {
      const job = this.jobs.get(id);
      this.jobs.delete(id);
      if (error === undefined) job?.done(result);
      else job?.failed(new Error(error));
    };
    worker.onerror = (event) => this.end(new Error(event.message || "the worker could not be loaded"));
    const motion = new URL(MOTION, import.meta.url).href;
    const { gpu: used } = await this.ask({ start: { ...place, gpu, motion } }, []);
    this.gpu = used;
  }

  /** @param {Job} job @returns {Promise<Found>} */
  find(job) {
    return this.ask({ job }, [job.picture]);
  }

  /** @param {object} what @param {Transferable[]} given @returns {Promise<any>} */
  ask(what, given) {
    const { worker } = this;
    if (!worker) return Promise.reject(new Error("stopped"));
    const id = (this.job += 1);
    return new Promise((done, failed) => {
      const late = setTimeout(() => this.end(new Error("no answer")), "start" in what ? 10 * SILENT_MS : SILENT_MS);
      const settle = (/** @type {() => void} */ how) => {
        clearTimeout(late);
        how();
      };
      this.jobs.set(id, {
        done: (result) => settle(() => done(result)),
        failed: (error) => settle(() => failed(error)),
      });
      worker.postMessage({ id, ...what }, given);
    });
  }

  stop() {
    this.end(new Error("stopped"));
  }

  /** @param {Error} error */
  end(error) {
    this.worker?.terminate();
    this.worker = null;
    const jobs = [...this.jobs.values()];
    this.jobs.clear();
    for (const { failed } of jobs) failed(error);
  }
}
