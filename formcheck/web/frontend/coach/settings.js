// @ts-check
// What this browser remembers: it belongs to the device, not to the person.

/** @import { Settings } from "./types" */

const SETTINGS_KEY = "formcheck.settings";
/** @type {Settings} */
const USUAL = {
  camera: "", voice: true, voiceName: "", tones: "no", rate: 1, volume: 1, mirrored: null, numbers: false,
  pose: "auto", pictures: null,
};

/** @returns {Settings} */
export function loadSettings() {
  try {
    const { mirror, ...kept } = JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? "{}");
    // Before it could be left to the camera, only to switch it off was somebody's choice.
    return { ...USUAL, ...(mirror === false ? { mirrored: false } : {}), ...kept };
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

/**
 * Whether the picture is shown mirrored: as was chosen, else by the camera. In front of a screen one
 * moves as before a mirror; what a phone's back camera shows is looked at from behind it.
 * @param {Pick<Settings, "mirrored">} settings
 * @param {string} facing which way the camera looks
 */
export function isMirrored({ mirrored }, facing) {
  return mirrored ?? facing !== "environment";
}
