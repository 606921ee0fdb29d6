// What a hand scanner meant: the codes a burst of keys can stand for, whatever the keyboard's layout.

import { readCode } from "./codes.js";
import { readings } from "./layouts.js";

/** At most so many codes one burst is tried as; more than two never came up with real layouts. */
const MOST_CODES = 6;

/** What some scanners are set to send before a code: its kind as AIM writes it, as in "]Q1". */
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const PAIRING = /^https?:\/\/\S+\/terminal#pair=([0-9A-Za-z-]{4,20})$/;

/**
 * The code in the address that pairs a device, else null.
 * @param {string} text
 */
export function pairingCode(text) {
  return PAIRING.exec(text)?.[1] ?? null;
}

/**
 * What a burst of keys can name, likeliest first: cards, or a device's pairing. Empty where it names
 * none in any layout.
 *
 * A card's number and a rotating code prove themselves, an address of this shop does nearly; tokens
 * do not, so a burst may stand for two of them, and the server knows which there is.
 * @param {import("./layouts.js").Stroke[]} strokes
 * @param {string} origin of this page
 * @returns {string[]}
 */
export function codesOf(strokes, origin) {
  /** @type {{code: string, weight: number}[]} */
  const found = [];
  for (const reading of readings(strokes)) {
    for (const text of unwrapped(reading)) {
      const weight = weightOf(text, origin);
      if (weight) found.push({ code: pairingCode(text) ? text : readCode(text).code, weight });
    }
  }
  const best = Math.max(0, ...found.map(({ weight }) => weight));
  const codes = found.filter(({ weight }) => weight === best).map(({ code }) => code);
  return [...new Set(codes)].slice(0, MOST_CODES);
}

/**
 * How surely a text is a code: 0 it is none, 3 it cannot be anything else.
 * @param {string} text
 * @param {string} origin
 */
function weightOf(text, origin) {
  if (pairingCode(text)) return 3;
  const { kind, code } = readCode(text);
  if (kind === "moving" || (kind === "card" && /^[0-9]{12}$/.test(code))) return 3;
  if (kind !== "card") return 0;
  if (!text.includes("/")) return 1;
  return text.startsWith(`${origin}/`) ? 3 : 2;
}

/**
 * A text as it came, and without what a scanner may be set to send before and after a code.
 * @param {string} text
 */
function unwrapped(text) {
  const address = text.search(/https?:\/\//);
  const all = [
    text,
    text.replace(AIM, ""),
    address > 0 && address <= 4 ? text.slice(address) : text,
    text.replace(/^[A-Za-z]{1,3}(?=[0-9]{12}$)/, ""),
  ];
  const trimmed = all.map((one) => one.replace(/^[^0-9A-Za-z_-]{1,4}|[^0-9A-Za-z_/-]{1,2}$/g, ""));
  return new Set([...all, ...trimmed]);
}
