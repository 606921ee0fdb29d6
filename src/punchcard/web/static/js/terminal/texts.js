// The sentences of the catalogues in the device's language; the English sentence is the key.

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
