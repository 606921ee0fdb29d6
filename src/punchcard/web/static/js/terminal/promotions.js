// Which promotions are on now, by the shop's clock: as the server decides it, for the time without a
// line. The server has the last word.

const MINUTES_OF_A_DAY = 24 * 60;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * @typedef {object} Running
 * @property {Terminal.Promotion} promotion
 * @property {string | null} until as the shop's clock shows it, such as "18:00"; null all day
 */

/**
 * The promotions of a program that are on at a moment.
 * @param {Terminal.Promotion[]} promotions
 * @param {{programId: string, locationId: string | null, at: number, timezone: string | undefined}} where
 * @returns {Running[]}
 */
export function running(promotions, { programId, locationId, at, timezone }) {
  const now = wallClock(at, timezone);
  /** @type {Running[]} */
  const found = [];
  for (const promotion of promotions) {
    const { location_ids: places, status, windows } = promotion;
    const isHere = !places.length || places.includes(locationId ?? "");
    const isMeant = promotion.program_id === programId && isHere;
    if (!isMeant || !["active", "scheduled"].includes(status)) continue;
    if (!windows.length) {
      if (hasDay(promotion, now.day)) found.push({ promotion, until: null });
      continue;
    }
    const open = windows.find((window) => isOpen(promotion, window, now));
    if (open) found.push({ promotion, until: open.to });
  }
  return found;
}

/**
 * @param {Terminal.Promotion} promotion
 * @param {Terminal.PromotionWindow} window one that ends before it begins lasts over midnight
 * @param {ReturnType<typeof wallClock>} now
 */
function isOpen(promotion, window, now) {
  const [begins, ends] = [minutesOf(window.from), minutesOf(window.to)];
  const isOver = begins >= ends;
  const isIn = isOver
    ? now.minute >= begins || now.minute < ends
    : now.minute >= begins && now.minute < ends;
  if (!isIn) return false;
  const isOfYesterday = isOver && now.minute < begins;
  const weekday = isOfYesterday ? ((now.weekday + 5) % 7) + 1 : now.weekday;
  return (
    window.weekdays.includes(weekday) && hasDay(promotion, isOfYesterday ? now.yesterday : now.day)
  );
}

/**
 * @param {Terminal.Promotion} promotion
 * @param {string} day
 */
function hasDay({ starts_on, ends_on }, day) {
  return (!starts_on || starts_on <= day) && (!ends_on || day <= ends_on);
}

/** @param {string} text such as "16:30" */
function minutesOf(text) {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return Math.min(hours * 60 + minutes, MINUTES_OF_A_DAY);
}

/**
 * @param {number} at milliseconds
 * @param {string | undefined} timezone
 */
function wallClock(at, timezone) {
  const format = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone: timezone, hourCycle: "h23", weekday: "short" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  const before = new Date(`${day}T12:00:00Z`);
  before.setUTCDate(before.getUTCDate() - 1);
  return {
    day,
    yesterday: before.toISOString().slice(0, 10),
    weekday: DAYS.findIndex((name) => parts.get("weekday")?.startsWith(name)) + 1,
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/**
 * What a promotion is called in a language.
 * @param {Terminal.Promotion} promotion
 * @param {string} language
 */
export function promotionName(promotion, language) {
  return promotion.texts?.[language]?.name ?? promotion.name;
}
