// @ts-check
// The numbers of the signal's axes.

/** Minutes and seconds of a time. @param {number} seconds */
export function clock(seconds) {
  const s = Math.max(0, seconds);
  return `${Math.floor(s / 60)}:${(s % 60).toFixed(1).padStart(4, "0")}`;
}

/** Round numbers from low to high, about so many. @param {number} low @param {number} high @param {number} about */
export function ticks(low, high, about) {
  const rough = Math.max((high - low) / about, 1e-6);
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 5, 10].map((m) => m * power);
  if (rough > 5) steps.push(15, 30, 60, 120, 300, 600);
  const step = steps.filter((s) => s >= rough).sort((a, b) => a - b)[0] ?? rough;
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) out.push(v);
  return out;
}

/**
 * The value nearest to a time, within half a second; null where there is none.
 * @param {{ time: number[], value: (number | null)[] }} signal
 * @param {number} time
 */
export function valueAt({ time: times, value }, time) {
  let low = 0;
  let high = times.length - 1;
  if (high < 0) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  const at = low && time - times[low - 1] < times[low] - time ? low - 1 : low;
  return Math.abs(times[at] - time) > 0.5 ? null : value[at];
}
