// What the server will say of a card once it hears what waits here: by the same rules, for the time
// without a line. The server has the last word.

const MINUTE_MS = 60_000;
/** The longest a day can be, with room: clocks are set back by an hour at most. */
const LONGEST_DAY_MS = 26 * 60 * MINUTE_MS;

/**
 * @typedef {object} Foretold
 * @property {Terminal.Card | null} card as it will be; null where nobody has seen it here
 * @property {string | null} next_stamp_at when the next stamp is possible, null for now
 * @property {number} stamps_left_today
 * @property {number} stamps that wait
 * @property {Terminal.Waiting[]} purchases that wait
 */

/**
 * A card with what waits for it counted in.
 * @param {Terminal.Card | null} card as the server told it
 * @param {Terminal.Program | undefined} program of the card, if it is known
 * @param {Terminal.Waiting[]} entries that wait for the card, in their order
 * @param {{seenAt: number, now: number, timezone: string | undefined}} times when the server told
 *   it, now, both in milliseconds, and the shop's time zone
 * @returns {Foretold}
 */
export function foretold(card, program, entries, { seenAt, now, timezone }) {
  const stamped = entries.filter((entry) => ["stamp", "visit"].includes(entry.body.op));
  const purchases = entries.filter((entry) => entry.body.amount_minor !== undefined);
  const stamps = stamped.reduce((sum, { body }) => sum + stampsOf(body), 0);
  const clock = stampClock(card, program, stamped, { seenAt, now, timezone });
  const after = card && { ...card, ...clock, stamps: card.stamps + stamps };
  return { card: after, ...clock, stamps, purchases };
}

/** @param {Terminal.Operation} body of a stamp or a visit */
function stampsOf(body) {
  return body.quantity ?? body.stamps ?? 1;
}

/**
 * @param {Terminal.Card | null} card
 * @param {Terminal.Program | undefined} program
 * @param {Terminal.Waiting[]} stamped
 * @param {{seenAt: number, now: number, timezone: string | undefined}} times
 * @returns {{next_stamp_at: string | null, stamps_left_today: number}}
 */
function stampClock(card, program, stamped, { seenAt, now, timezone }) {
  const most = program?.max_daily_stamps ?? card?.stamps_left_today ?? 1;
  const isOfToday = (/** @type {number} */ at) => dayOf(at, timezone) === dayOf(now, timezone);
  let left = card && isOfToday(seenAt) ? card.stamps_left_today : most;
  let opens = card?.next_stamp_at ? Date.parse(card.next_stamp_at) : now;
  for (const { body } of stamped) {
    const at = Date.parse(body.occurred_at);
    if (isOfToday(at)) left = Math.max(0, left - stampsOf(body));
    opens = Math.max(opens, at + (program?.cooldown_minutes ?? 0) * MINUTE_MS);
  }
  if (!left && program) opens = Math.max(opens, nextDay(now, timezone));
  const next_stamp_at = opens > now ? new Date(opens).toISOString() : null;
  return { next_stamp_at, stamps_left_today: left };
}

/**
 * The day of a moment on the shop's calendar.
 * @param {number} at milliseconds
 * @param {string | undefined} timezone
 */
function dayOf(at, timezone) {
  return new Intl.DateTimeFormat("en", { dateStyle: "short", timeZone: timezone }).format(at);
}

/**
 * When the shop's next day begins, in milliseconds: the first moment that is another day, whatever
 * its clocks do in the night.
 * @param {number} now milliseconds
 * @param {string | undefined} timezone
 */
export function nextDay(now, timezone) {
  const today = dayOf(now, timezone);
  let [before, after] = [now, now + LONGEST_DAY_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle, timezone) === today) before = middle;
    else after = middle;
  }
  return after;
}
