// The sentences of the catalogues in the device's language; the English sentence is the key.

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
 * One of two sentences, as the number asks; French counts zero among the ones.
 * @param {number} n fills {n}
 * @param {string} one translated already
 * @param {string} many translated already
 */
export function count(n, one, many) {
  const isOne = current === "fr" ? n === 0 || n === 1 : n === 1;
  return (isOne ? one : many).replace("{n}", String(n));
}
