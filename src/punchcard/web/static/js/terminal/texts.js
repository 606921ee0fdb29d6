// The sentences of the catalogues in the device's language; the English sentence is the key.

import { number } from "./format.js";

/** @type {Record<string, string>} */
let sentences = {};
let current = "en";

/**
 * Take the sentences of a language.
 * @param {string} language
 * @param {Record<string, string>} found by the English sentence
 */
export function setTexts(language, found) {
  current = language;
  sentences = found;
}

/** The language of the device. */
export function language() {
  return current;
}

/**
 * A sentence with its {placeholders} filled.
 * @param {string} text the English sentence
 * @param {Record<string, string | number>} values
 */
export function t(text, values = {}) {
  const sentence = sentences[text] || text;
  return sentence.replace(/\{([a-z_]+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );
}

/**
 * One of two sentences, translated already, with its `{n}` filled.
 *
 * All four languages have two forms; French counts zero among the ones.
 * @param {number} n
 * @param {string} one
 * @param {string} many
 */
export function count(n, one, many) {
  const isOne = n === 1 || (n === 0 && current === "fr");
  return (isOne ? one : many).replace("{n}", number(n, current));
}
