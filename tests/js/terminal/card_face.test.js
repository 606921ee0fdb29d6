import assert from "node:assert/strict";
import test from "node:test";

import { doneWords } from "../../../src/punchcard/web/static/js/terminal/card_face.js";

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
