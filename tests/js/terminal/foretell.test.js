import assert from "node:assert/strict";
import { test } from "node:test";

import { foretold, nextDay } from "../../../src/punchcard/web/static/js/terminal/foretell.js";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const ZONE = "Europe/Luxembourg";
const PROGRAM = { cooldown_minutes: 15, max_daily_stamps: 5, type: "stamps" };
const CARD = {
  ...{ id: "c1", number: "414022630526", status: "active", stamps: 3, stamps_target: 10 },
  ...{ next_stamp_at: null, stamps_left_today: 5 },
};
const stamp = (at, quantity) => ({
  body: { op: "stamp", card: "c1", occurred_at: new Date(at).toISOString(), quantity },
});
const purchase = { body: { op: "earn", card: "c1", amount_minor: 1250 } };
const at = (now, seenAt = NOW) => ({ now, seenAt, timezone: ZONE });
const MINUTE = 60_000;

test("a card with nothing that waits is as the server told it", () => {
  const coming = foretold(CARD, PROGRAM, [], at(NOW));
  assert.deepEqual(coming.card, CARD);
  assert.deepEqual([coming.next_stamp_at, coming.stamps, coming.purchases.length], [null, 0, 0]);
});

test("what waits is counted in, and the next stamp has to wait as the server will say", () => {
  const coming = foretold(CARD, PROGRAM, [stamp(NOW, 2), purchase], at(NOW + MINUTE));
  assert.deepEqual([coming.card.stamps, coming.stamps], [5, 2]);
  assert.equal(coming.next_stamp_at, "2026-03-02T09:15:00.000Z");
  assert.equal(coming.stamps_left_today, 3);
  assert.deepEqual(coming.purchases, [purchase]);
});

test("a visit that waits counts as its stamps and as a purchase", () => {
  const visit = {
    body: { ...stamp(NOW).body, op: "visit", stamps: 2, amount_minor: 900 },
  };
  const coming = foretold(CARD, PROGRAM, [visit], at(NOW + MINUTE));
  assert.deepEqual([coming.card.stamps, coming.stamps, coming.stamps_left_today], [5, 2, 3]);
  assert.deepEqual(coming.purchases, [visit]);
});

test("after the cooldown the next stamp is possible", () => {
  const coming = foretold(CARD, PROGRAM, [stamp(NOW)], at(NOW + 15 * MINUTE));
  assert.equal(coming.next_stamp_at, null);
});

test("a day whose stamps are used up opens with the shop's next day", () => {
  const left = { ...CARD, stamps_left_today: 1 };
  const coming = foretold(left, PROGRAM, [stamp(NOW)], at(NOW + 20 * MINUTE));
  assert.equal(coming.next_stamp_at, "2026-03-02T23:00:00.000Z");
  const tomorrow = NOW + 15 * 60 * MINUTE;
  const next = foretold(left, PROGRAM, [stamp(NOW)], at(tomorrow));
  assert.deepEqual([next.next_stamp_at, next.stamps_left_today], [null, 5]);
});

test("a card seen yesterday has all stamps of today", () => {
  const used = { ...CARD, stamps_left_today: 0, next_stamp_at: "2026-03-02T23:00:00Z" };
  const coming = foretold(used, PROGRAM, [], at(NOW + 24 * 60 * MINUTE));
  assert.deepEqual([coming.next_stamp_at, coming.stamps_left_today], [null, 5]);
});

test("the server's own wait stands, whatever is queued", () => {
  const waits = { ...CARD, next_stamp_at: "2026-03-02T09:30:00Z" };
  const coming = foretold(waits, PROGRAM, [], at(NOW));
  assert.equal(coming.next_stamp_at, "2026-03-02T09:30:00.000Z");
});

test("a card nobody has seen waits after its first stamp where its program is known", () => {
  const coming = foretold(null, PROGRAM, [stamp(NOW)], at(NOW + MINUTE));
  assert.equal(coming.card, null);
  assert.equal(coming.next_stamp_at, "2026-03-02T09:15:00.000Z");
  assert.equal(foretold(null, undefined, [stamp(NOW)], at(NOW + MINUTE)).next_stamp_at, null);
});

test("a program without a cooldown stamps again at once", () => {
  const quick = { ...PROGRAM, cooldown_minutes: 0 };
  assert.equal(foretold(CARD, quick, [stamp(NOW)], at(NOW + 1)).next_stamp_at, null);
});

test("the next day begins when the shop's calendar says, also where midnight is left out", () => {
  const begins = (now, zone) => new Date(nextDay(Date.parse(now), zone)).toISOString();
  assert.equal(begins("2026-03-02T09:00:00Z", ZONE), "2026-03-02T23:00:00.000Z");
  assert.equal(begins("2026-03-28T23:30:00Z", ZONE), "2026-03-29T22:00:00.000Z");
  assert.equal(begins("2026-10-24T22:30:00Z", ZONE), "2026-10-25T23:00:00.000Z");
  // Egypt's clocks go from 00:00 to 01:00.
  assert.equal(begins("2026-04-23T12:00:00Z", "Africa/Cairo"), "2026-04-23T22:00:00.000Z");
  assert.equal(begins("2026-03-02T09:00:00Z", "America/New_York"), "2026-03-03T05:00:00.000Z");
});
