// What was scanned or typed, as the server takes it.

const TOKEN = /^[A-Za-z0-9_-]{22}$/;
const MOVING = /^[0-9]{1,11}\.[0-9]{8}\/[0-9]{12}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^[+(]*[0-9][0-9 ()./-]{4,}$/;
const ADDRESS = /^https?:\/\/\S+\/c\/([A-Za-z0-9_-]{22})(?:[/?#]\S*)?$/;
/** A receipt's address, or the code below it: letters and digits, as in no name. */
const RECEIPT =
  /^(?:https?:\/\/\S+\/r\/\S+|(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z]{5}-[0-9A-Za-z]{5})$/;

/** How many cards a search brings: who has to look through more types another letter. */
export const MOST_FOUND = 20;
/** So many letters or digits a search by name needs, or it would bring everybody. */
export const SHORTEST_SEARCH = 2;

/**
 * A text as the server reads it: without invisible characters, with plain blanks, dashes, letters.
 * @param {string} text
 */
function folded(text) {
  const plain = text.replace(/\p{Cf}/gu, "").normalize("NFKC");
  return plain
    .replace(/[\p{Pd}\u2212]/gu, "-")
    .replace(/\p{Zs}/gu, " ")
    .trim();
}

/**
 * Tell what a text names.
 * @param {string} text as scanned or typed
 * @returns {{kind: "card" | "moving" | "contact" | "words" | "receipt" | "nothing", code: string}}
 *   `code` is what to send; "card" may be queued without a line, "contact" has to be looked up,
 *   "words" are searched for. A "receipt" is worth something to who has it, so it is not sent.
 */
export function readCode(text) {
  const code = folded(text);
  if (!code) return { kind: "nothing", code };
  const address = ADDRESS.exec(code);
  if (address) return { kind: "card", code: address[1] };
  if (MOVING.test(code)) return { kind: "moving", code };
  const digits = code.replace(/[ -]/g, "");
  if (isCardNumber(digits)) return { kind: "card", code: digits };
  if (TOKEN.test(code)) return { kind: "card", code };
  if (RECEIPT.test(code)) return { kind: "receipt", code };
  if (EMAIL.test(code) || PHONE.test(code)) return { kind: "contact", code };
  return { kind: "words", code };
}

// Damm's table: its check digit finds every digit mistyped and every two that changed places.
const DAMM = [
  "0317598642",
  "7092154863",
  "4206871359",
  "1750983426",
  "6123045978",
  "3674209581",
  "5869720134",
  "8945362017",
  "9438617205",
  "2581436790",
];

/**
 * Tell whether these are the twelve digits of a card, the last of which checks the others.
 * @param {string} digits
 */
export function isCardNumber(digits) {
  if (!/^[0-9]{12}$/.test(digits)) return false;
  let interim = 0;
  for (const digit of digits) interim = Number(DAMM[interim][Number(digit)]);
  return interim === 0;
}

/**
 * Whether a text is as long as a card's number, and no card has it: a digit of it is wrong. It may
 * still be a phone number.
 * @param {string} text as scanned or typed
 */
export function isMistyped(text) {
  const digits = folded(text).replace(/[ -]/g, "");
  return /^[0-9]{12}$/.test(digits) && !isCardNumber(digits);
}

/**
 * A name as it is compared: without accents and case, as the server folds it.
 * @param {string} text
 */
export function foldedName(text) {
  const plain = folded(text)
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();
  return plain.replace(/[łøđæœßı]/g, (letter) => PLAIN[letter]).replace(/\s+/g, " ");
}

/** Letters that no decomposition takes apart. @type {Record<string, string>} */
const PLAIN = { ł: "l", ø: "o", đ: "d", æ: "ae", œ: "oe", ß: "ss", ı: "i" };

/**
 * The card's number in a rotating code, else null.
 * @param {string} code
 */
export function numberOf(code) {
  if (MOVING.test(code)) return code.slice(-12);
  return isCardNumber(code) ? code : null;
}

/**
 * A card number as people read it: 4829 1503 6274.
 * @param {string} number
 */
export function spaced(number) {
  return number.replace(/(.{4})(?=.)/g, "$1 ");
}
