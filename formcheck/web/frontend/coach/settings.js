// @ts-check
// What this browser remembers: it belongs to the device, not to the person.

/** @import { Settings } from "./types" */

const SETTINGS_KEY = "formcheck.settings";
/** @type {Settings} */
const USUAL = {
  camera: "", voice: true, voiceName: "", tones: "no", rate: 1, volume: 1, mirror: true, numbers: false,
  pose: "auto", pictures: null,
};

/** @returns {Settings} */
export function loadSettings() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? "{}") };
  } catch {
    return { ...USUAL };
  }
}

/** @param {Settings} settings */
export function keepSettings(settings) {
  try {
    localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch {
    // A private window may refuse; the settings then last as long as the page.
  }
}
