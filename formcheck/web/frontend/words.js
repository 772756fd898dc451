// @ts-check
// The page's sentences in its language: English here, the others from the server's catalogue.

/** @type {Record<string, string[]>} English -> singular, plural */
let catalogue = {};
/** The language itself, for the voice and for numbers. */
export let language = "en";

/** @param {string} code @param {Record<string, string[]>} words */
export function speak(code, words) {
  language = code;
  catalogue = words;
}

/** Marks a sentence that is translated later. @param {string} text */
export const N_ = (text) => text;

/**
 * A sentence in the page's language, its {places} filled in.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function _(text, values = {}) {
  return filled(catalogue[text]?.[0] || text, values);
}

/**
 * The form for so many, {n} and other places filled in.
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Record<string, string | number>} values
 */
export function ngettext(one, many, n, values = {}) {
  const which = n === 1 ? 0 : 1;
  return filled(catalogue[one]?.[which] || [one, many][which], { n, ...values });
}

/** @param {string} text @param {Record<string, string | number>} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/** Translates the texts that came with a component's HTML. @param {Element} root */
export function translate(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const english = (text.nodeValue ?? "").trim().replace(/\s+/g, " ");
    if (english) text.nodeValue = (text.nodeValue ?? "").replace(/\S(.|\s)*\S|\S/, _(english));
  }
  for (const name of ["title", "aria-label", "alt"])
    for (const element of root.querySelectorAll(`[${name}]`))
      element.setAttribute(name, _(String(element.getAttribute(name))));
}
