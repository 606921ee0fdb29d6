// Which promotions are on, by the shop's clock.

import assert from "node:assert/strict";
import { test } from "node:test";

import { running } from "../../../src/punchcard/web/static/js/terminal/promotions.js";

const HAPPY_HOUR = {
  id: "p1",
  program_id: "g1",
  name: "Happy hour",
  status: "active",
  starts_on: null,
  ends_on: null,
  windows: [{ weekdays: [2], from: "16:00", to: "18:00" }],
  location_ids: [],
};

/**
 * @param {string} at
 * @param {object} promotion
 * @param {string | null} locationId
 */
function on(at, promotion = {}, locationId = null) {
  const where = { programId: "g1", locationId, at: Date.parse(at), timezone: "Europe/Luxembourg" };
  const found = running([{ ...HAPPY_HOUR, ...promotion }], where);
  return found.map(({ until }) => until);
}

test("a happy hour is on from its first minute until just before its end, on the shop's clock", () => {
  assert.deepEqual(on("2026-03-03T14:59:00Z"), []);
  assert.deepEqual(on("2026-03-03T15:00:00Z"), ["18:00"]);
  assert.deepEqual(on("2026-03-03T16:59:59Z"), ["18:00"]);
  assert.deepEqual(on("2026-03-03T17:00:00Z"), []);
  assert.deepEqual(on("2026-03-04T15:30:00Z"), []);
});

test("a night belongs to the day on which it began", () => {
  const night = { windows: [{ weekdays: [7], from: "22:00", to: "02:00" }], ends_on: "2026-03-01" };
  assert.deepEqual(on("2026-03-01T22:30:00Z", night), ["02:00"]);
  assert.deepEqual(on("2026-03-02T00:30:00Z", night), ["02:00"]);
  assert.deepEqual(on("2026-03-02T01:30:00Z", night), []);
  assert.deepEqual(on("2026-03-02T22:30:00Z", night), []);
});

test("without windows its days count, and a paused one is not on", () => {
  const week = { windows: [], starts_on: "2026-03-02", ends_on: "2026-03-03" };
  assert.deepEqual(on("2026-03-01T22:59:00Z", week), []);
  assert.deepEqual(on("2026-03-01T23:00:00Z", week), [null]);
  assert.deepEqual(on("2026-03-03T22:59:00Z", week), [null]);
  assert.deepEqual(on("2026-03-03T23:00:00Z", week), []);
  assert.deepEqual(on("2026-03-02T12:00:00Z", { ...week, status: "paused" }), []);
});

test("one that is for other places is not on here", () => {
  const there = { windows: [], location_ids: ["l2"] };
  assert.deepEqual(on("2026-03-02T12:00:00Z", there, "l1"), []);
  assert.deepEqual(on("2026-03-02T12:00:00Z", there, "l2"), [null]);
});
