import assert from "node:assert/strict";
import test from "node:test";

import {
  doneWords,
  refundedWords,
} from "../../../src/punchcard/web/static/js/terminal/done_words.js";

/** What staff read after a purchase that earned so many points. */
const after = (points_delta) =>
  doneWords({
    transaction: { amount_minor: 100, currency: "EUR", points_delta, stamps_delta: 0 },
    card: { points: 40, stamps: 0, stamps_target: 10 },
  });

test("one point is told as one", () => {
  assert.equal(after(1), "€1.00: +1 point, 40 in total.");
  assert.equal(after(2), "€1.00: +2 points, 40 in total.");
  assert.equal(after(0), "€1.00: +0 points, 40 in total.");
});

test("a refund tells what came back, the points that went, and what is left", () => {
  const refunded = (points_delta) =>
    refundedWords({
      transaction: { amount_minor: 1000, currency: "EUR", points_delta, stamps_delta: 0 },
      card: { points: 2486, stamps: 0, stamps_target: 10 },
    });
  assert.equal(refunded(-20), "€10.00 taken back: −20 points, 2,486 in total.");
  assert.equal(refunded(-1), "€10.00 taken back: −1 point, 2,486 in total.");
  assert.equal(refunded(0), "Taken back: its points are gone.");
});
