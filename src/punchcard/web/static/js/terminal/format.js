// Numbers, money and moments as the device's language writes them.

// Browsers seldom know how Luxembourgish is written; German writes numbers the same. Not German in
// Luxembourg: it has marks of its own for francs.
/** @type {Record<string, string>} */
const LOCALES = { en: "en-GB", fr: "fr", de: "de", lb: "de" };

/** @param {string} language */
export function localeOf(language) {
  return LOCALES[language] ?? "en-GB";
}

/**
 * @param {number} value
 * @param {string} language
 */
export function number(value, language) {
  return new Intl.NumberFormat(localeOf(language)).format(value);
}

const MINUTE = 60_000;
const USUAL_DIGITS = 2;
/** @type {Record<string, number>} */
let unusualDigits = {};

/**
 * Learn the minor units of currencies from the server: browsers have a table of their own, which
 * says what is customary and changes from one version to the next.
 * @param {Record<string, number>} digits of every currency that has not two
 */
export function useMinorDigits(digits) {
  unusualDigits = digits;
}

/**
 * How many digits of an amount are minor units.
 * @param {string} currency ISO 4217
 */
export function minorDigits(currency) {
  return unusualDigits[currency] ?? USUAL_DIGITS;
}

/**
 * @param {number} minor
 * @param {string} currency
 * @param {string} language
 */
export function money(minor, currency, language) {
  const digits = minorDigits(currency);
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const style = { style: /** @type {const} */ ("currency"), currency, ...shown };
  return new Intl.NumberFormat(localeOf(language), style).format(minor / 10 ** digits);
}

/**
 * The marks that a language writes between thousands and before the minor units.
 * @param {string} language
 */
export function marksOf(language) {
  const parts = new Intl.NumberFormat(localeOf(language)).formatToParts(1234567.8);
  const mark = (/** @type {string} */ type) => parts.find((one) => one.type === type)?.value ?? "";
  return { group: mark("group"), decimal: mark("decimal") };
}

// The shop's time zone once it is known; until then the device's own.
/** @type {string | undefined} */
let zone;

/**
 * Tell moments as the shop's clock on the wall does, whatever the device is set to.
 * @param {string | undefined} timezone IANA's name; one that the browser does not know is passed over
 */
export function useTimeZone(timezone) {
  try {
    zone = new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    zone = undefined;
  }
}

/**
 * The time of day, with the day before it when that is not today.
 * @param {string | number} moment RFC 3339 or milliseconds
 * @param {string} language
 * @param {number} now milliseconds
 */
export function clockTime(moment, language, now) {
  const at = new Date(moment);
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit" };
  const dayOf = new Intl.DateTimeFormat("en", { dateStyle: "short", timeZone: zone });
  const isToday = dayOf.format(at) === dayOf.format(now);
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(localeOf(language), { ...day, ...time, timeZone: zone }).format(
    at,
  );
}

/**
 * The time of day from which on something works, as `clockTime` writes it: without seconds it is
 * the first full minute, for at the one before it would be refused again.
 * @param {string} moment RFC 3339
 * @param {string} language
 * @param {number} now milliseconds
 */
export function clockTimeFrom(moment, language, now) {
  return clockTime(Math.ceil(Date.parse(moment) / MINUTE) * MINUTE, language, now);
}

/**
 * A day of the calendar, such as 2026-12-31, as the language writes it.
 * @param {string} day
 * @param {string} language
 */
export function dayOf(day, language) {
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { dateStyle: "medium", timeZone: "UTC" };
  return new Intl.DateTimeFormat(localeOf(language), style).format(Date.parse(day));
}

/**
 * What is left until a moment as 4:05 or 1:04:05; empty when it has come.
 *
 * The server's time is known here to within a second: begun seconds are left out, so that nobody
 * who has to wait for 15 minutes reads 15:01.
 * @param {string | number} moment
 * @param {number} now milliseconds
 */
export function countdown(moment, now) {
  const exact = (new Date(moment).getTime() - now) / 1000;
  if (!(exact > 0)) return "";
  const left = Math.max(1, Math.floor(exact));
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
