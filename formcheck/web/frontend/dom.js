// @ts-check
// Elements of the page.

/** A new element with a text. @param {string} name @param {string} text */
export function node(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Shows a text in an element; none hides it. @param {HTMLElement} element @param {string | number} text */
export function show(element, text) {
  element.hidden = text === "";
  if (element.textContent !== String(text)) element.textContent = String(text);
}

/** How the page may scroll: at once for those who want nothing to move. @returns {ScrollBehavior} */
export function scrolling() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}

/**
 * Finds elements below another one; what is not there is a mistake of ours.
 * @param {Element} root
 */
export function finder(root) {
  /** @param {string} selector */
  return (selector) => {
    const found = root.querySelector(selector);
    if (!found) throw new Error(`There is no ${selector} here.`);
    return /** @type {HTMLElement} */ (found);
  };
}

/** @typedef {ReturnType<typeof finder>} Find */

/** @param {HTMLCanvasElement} canvas */
export function context2d(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw.");
  return context;
}
