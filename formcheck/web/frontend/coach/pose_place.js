// @ts-check
// Where the pose is found, in this page or on the server, and with which model.

const KEY = "formcheck.pose";
// A movement is judged well from so many pictures a second.
const ENOUGH_MS = 1000 / 12;
// What a server on the same computer takes, as long as it was not measured.
const USUAL_SERVER_MS = 40;

/** @typedef {{ full?: number, lite?: number, heavy?: number }} Speeds ms a picture */

/**
 * near: page and server are on one computer. gpu: it has a graphics card. able: the browser can.
 * model: "auto" or which one was asked for. ms: as measured in this browser. serverMs: from a
 * picture to its answer, as measured; 0 = not yet. In the answer, why it is the server: it was chosen, is
 * nearer, or this device is not able or too slow.
 * @param {{ wish: string, near: boolean, gpu: boolean, able: boolean, model: string, ms: Speeds, serverMs: number }} known
 * @returns {{ place: "page" | "server", model: "lite" | "full" | "heavy", why: "" | "chosen" | "near" | "unable" | "slow" }}
 */
export function choose({ wish, near, gpu, able, model, ms, serverMs }) {
  /** @param {"chosen" | "near" | "unable" | "slow"} why */
  const server = (why) => ({ place: /** @type {const} */ ("server"), model: /** @type {const} */ ("full"), why });
  /** @param {"lite" | "full" | "heavy"} name */
  const page = (name) => ({ place: /** @type {const} */ ("page"), model: name, why: /** @type {const} */ ("") });
  if (wish === "server") return server("chosen");
  if (wish !== "page" && !able) return server("unable");
  if (wish !== "page" && near && !gpu) return server("near");
  const limit = near && wish !== "page" ? serverMs || USUAL_SERVER_MS : ENOUGH_MS;
  const models = /** @type {("lite" | "full" | "heavy")[]} */ (model === "auto" ? ["full", "lite"] : [model]);
  const fast = models.find((name) => (ms[name] ?? 0) <= limit);
  if (fast) return page(fast);
  return wish === "page" ? page(models[models.length - 1]) : server("slow");
}

/** Whether the server is on this computer. @param {string} host */
export function isNear(host) {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** What was measured in this browser before. @returns {{ ms: Speeds, serverMs: number }} */
export function remembered() {
  try {
    return { ms: {}, serverMs: 0, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ms: {}, serverMs: 0 };
  }
}

/** @param {{ ms: Speeds, serverMs: number }} speeds */
export function remember(speeds) {
  try {
    localStorage.setItem(KEY, JSON.stringify(speeds));
  } catch {
    // A private window may refuse; it is measured again the next time.
  }
}
