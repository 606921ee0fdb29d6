// Amounts of money: typed on a pad or a keyboard, with a comma or a point, into minor units.

/** The largest purchase that is sent, in minor units. */
export const LARGEST_MINOR = 10_000_000_000;

/**
 * How many digits a currency has behind its comma.
 * @param {string} currency ISO 4217
 */
export function minorDigits(currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 0;
}

/**
 * Press one key of the pad and return what then stands there.
 * @param {string} typed digits with at most one comma
 * @param {string} key a digit, "00", "," or "." or "back"
 * @param {number} digits how many may stand behind the comma
 */
export function pressed(typed, key, digits) {
  if (key === "back") return typed.slice(0, -1);
  if (key === "," || key === ".") {
    if (!digits || typed.includes(",")) return typed;
    return `${typed || "0"},`;
  }
  let next = typed;
  for (const digit of key) next = withDigit(next, digit, digits);
  return next;
}

/**
 * @param {string} typed
 * @param {string} digit
 * @param {number} digits
 */
function withDigit(typed, digit, digits) {
  const next = typed === "0" ? digit : typed + digit;
  const [whole, part = ""] = next.split(",");
  return whole.length > 8 || part.length > digits ? typed : next;
}

/**
 * What was typed in minor units; null when it is no amount above zero.
 * @param {string} typed with a comma or a point, with or without spaces
 * @param {number} digits the currency's digits behind the comma
 */
export function toMinor(typed, digits) {
  const clean = typed.replace(/[\s\u00a0\u202f'’]/g, "").replace(".", ",");
  const match = /^([0-9]*)(?:,([0-9]*))?$/.exec(clean);
  if (!match || !(match[1] || match[2])) return null;
  const part = match[2] ?? "";
  if (part.length > digits) return null;
  const minor = Number(match[1] || "0") * 10 ** digits + Number(part.padEnd(digits, "0") || "0");
  return minor > 0 && minor <= LARGEST_MINOR ? minor : null;
}
