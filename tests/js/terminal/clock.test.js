import assert from "node:assert/strict";
import { test } from "node:test";

import { createClock, skewAfter } from "../../../src/punchcard/web/static/js/terminal/clock.js";

const date = (ms) => new Date(ms).toUTCString();
const NINE = Date.parse("2026-03-02T09:00:00Z");

test("a clock that is an hour behind is put right within a second", () => {
  const server = NINE + 400;
  const device = server - 3_600_000;
  const skew = skewAfter(0, date(server), device - 50, device + 50);
  assert.ok(Math.abs(device + skew - server) <= 1000, String(skew));
});

test("a clock that is right is left alone, though the header counts whole seconds", () => {
  for (const ms of [0, 1, 500, 999]) {
    assert.equal(skewAfter(0, date(NINE + ms), NINE + ms - 20, NINE + ms + 20), 0);
  }
});

test("an answer that was long under way tells less", () => {
  assert.equal(skewAfter(0, date(NINE), NINE - 9000, NINE + 100), 0);
});

test("without a header nothing is learned", () => {
  assert.equal(skewAfter(1234, null, 0, 0), 1234);
  assert.equal(skewAfter(1234, "soon", 0, 0), 1234);
});

test("a clock says whether it learned anything, so that it need not be kept each time", () => {
  let now = NINE - 60_000;
  const clock = createClock(0, () => now);
  assert.equal(clock.learn(date(NINE), now, now), true);
  assert.equal(clock.learn(date(NINE), now, now), false);
  now += 5000;
  assert.equal(clock.now(), now + clock.skew());
});
