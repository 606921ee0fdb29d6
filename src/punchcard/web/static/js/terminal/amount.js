// Amounts of money: typed on a pad or a keyboard, or pasted, into minor units. The server reads
// amounts by the same rules; a test holds the two against each other.

import { marksOf } from "./format.js";

/** The largest purchase that is sent, in minor units. */
export const LARGEST_MINOR = 10_000_000_000;
/** How many times the usual purchase a purchase may be before somebody is asked. */
export const FAR_MORE = 10;
/** What is taken for usual, in whole units, while a program has too few purchases to tell. */
export const USUAL_UNITS = 100;

const LONGEST = 24;
const SPACED = /^[0-9]{1,3}(?:[\s'’][0-9]{3})+(?![0-9])/;
const PARTS = /^([0-9]*)([.,])([0-9]*)$/;
const GROUPED = /^[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*$/;

/**
 * Press one key of the pad and return what then stands there. Digits alone count minor units, as on
 * a card terminal; once a mark was typed, what stands there reads as it would on paper.
 * @param {string} typed
 * @param {string} key a digit, "," or "." or "back"
 * @param {number} digits how many are minor units
 * @param {string} language
 */
export function pressed(typed, key, digits, language) {
  if (key === "back") return typed.slice(0, -1);
  const isMark = key === "," || key === ".";
  if (isMark && (!digits || !typed)) return digits ? `0${key}` : typed;
  const next = isMark || typed ? typed + key : key.replace(/^0+/, "");
  if (next.length > LONGEST) return typed;
  const found = readings(next, digits, language);
  const fits = found.length ? found.every((minor) => minor <= LARGEST_MINOR) : isMark;
  return fits ? next : typed;
}

/**
 * What stands on the pad, in minor units: one amount, two if it can be read in two ways, or none.
 * @param {string} typed
 * @param {number} digits
 * @param {string} language
 * @returns {number[]}
 */
export function readings(typed, digits, language) {
  return /^[0-9]+$/.test(typed) ? [Number(typed)] : read(typed, digits, language);
}

/**
 * What was written somewhere, in minor units: one amount, two if it can be read in two ways, or none.
 * @param {string} text with a comma or a point, with or without marks between thousands
 * @param {number} digits
 * @param {string} language whose marks between thousands they may be
 * @returns {number[]} the larger first
 */
export function read(text, digits, language) {
  const spaced = SPACED.exec(text);
  const plain = spaced ? spaced[0].replace(/[\s'’]/g, "") + text.slice(spaced[0].length) : text;
  if (/^[0-9]+$/.test(plain)) return [Number(plain) * 10 ** digits];
  const parts = PARTS.exec(plain);
  if (!parts) return readMarks(plain, digits);
  const [, whole = "", mark = "", rest = ""] = parts;
  if (!GROUPED.test(plain) || plain.startsWith("0")) return part(whole, rest, digits);
  const marks = marksOf(language);
  const asPart = digits >= rest.length ? part(whole, rest, digits) : [];
  if (mark === marks.decimal) return asPart;
  const asThousands = Number(whole + rest) * 10 ** digits;
  return asPart.length || mark === marks.group ? [asThousands, ...asPart] : [];
}

/**
 * What several marks mean: the last one parts, if it is another than those before.
 * @param {string} plain
 * @param {number} digits
 */
function readMarks(plain, digits) {
  if (GROUPED.test(plain)) return [Number(plain.replace(/[.,]/g, "")) * 10 ** digits];
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  const head = plain.slice(0, Math.max(last, 0));
  const thousands = GROUPED.exec(head);
  if (!thousands || thousands[1] === plain[last] || head.startsWith("0")) return [];
  return part(head.replace(/[.,]/g, ""), plain.slice(last + 1), digits);
}

/**
 * @param {string} whole
 * @param {string} rest
 * @param {number} digits
 */
function part(whole, rest, digits) {
  if (!(whole || rest) || /[^0-9]/.test(rest) || /[^0]/.test(rest.slice(digits))) return [];
  const minor = rest.slice(0, digits).padEnd(digits, "0");
  return [Number(whole || "0") * 10 ** digits + Number(minor || "0")];
}

/**
 * What was pasted, as it then stands on the pad; empty when it is no amount.
 * @param {string} text may hold the currency
 * @param {string} currency
 * @param {number} digits
 * @param {string} language
 */
export function pasted(text, currency, digits, language) {
  const code = new RegExp(`^${currency}|${currency}$`, "i");
  const bare = text.normalize("NFKC").trim().replace(code, "").trim();
  const plain = bare.replace(/^\p{Sc}|\p{Sc}$/u, "").trim();
  const found = read(plain, digits, language);
  if (found.length === 1 && digits === 0) return String(found[0]);
  if (!found.length || plain.length > LONGEST) return "";
  // Somebody wrote whole units: here digits alone would count minor ones.
  return /^[0-9]+$/.test(plain) ? `${plain}${marksOf(language).decimal}` : plain;
}

/**
 * Whether an amount is so much more than usual that somebody should look twice.
 * @param {number} minor
 * @param {number | null | undefined} usual of the program, in minor units
 * @param {number} digits
 */
export function isFarMore(minor, usual, digits) {
  return minor > FAR_MORE * (usual ?? USUAL_UNITS * 10 ** digits);
}

/**
 * How many points a purchase is worth. The card keeps what rounding leaves over, so that the receipt
 * may say one more.
 * @param {number} minor
 * @param {Terminal.Rate} rate as the server told it, perhaps one that knew of whole units alone
 * @param {number} digits
 */
export function pointsFor(minor, rate, digits) {
  const amount = rate.points_per_amount_minor ?? 10 ** digits;
  return Math.floor((minor * rate.points_per_currency_unit) / amount);
}
