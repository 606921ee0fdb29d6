// Numbers, money and moments as the device's language writes them.

// Browsers seldom know how Luxembourgish is written; German in Luxembourg writes numbers the same.
/** @type {Record<string, string>} */
const LOCALES = { en: "en-GB", fr: "fr", de: "de", lb: "de-LU" };

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

/**
 * @param {number} minor
 * @param {string} currency
 * @param {string} language
 */
export function money(minor, currency, language) {
  const format = new Intl.NumberFormat(localeOf(language), { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
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
 * What is left until a moment as 4:05 or 1:04:05; empty when it has come.
 * @param {string | number} moment
 * @param {number} now milliseconds
 */
export function countdown(moment, now) {
  const left = Math.ceil((new Date(moment).getTime() - now) / 1000);
  if (!(left > 0)) return "";
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}
