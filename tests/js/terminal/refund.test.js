// Which purchases of a card can come back, and how much of each is left.

import assert from "node:assert/strict";
import { test } from "node:test";

import { refundable } from "../../../src/punchcard/web/static/js/terminal/refund.js";

/** @param {object} fields */
const entry = (fields) => ({
  id: "t",
  type: "points_earned",
  stamps_delta: 0,
  points_delta: 10,
  amount_minor: 1000,
  currency: "EUR",
  voided_by: null,
  details: null,
  ...fields,
});

test("what has come back of a purchase is not left of it", () => {
  const refund = { type: "points_refunded", details: { refunds: "t1" } };
  const found = refundable([
    entry({ id: "r2", ...refund, amount_minor: 250 }),
    entry({ id: "r1", ...refund, amount_minor: 300 }),
    entry({ id: "t1" }),
    entry({ id: "t0", type: "visit_recorded" }),
  ]);
  assert.deepEqual(
    found.map(({ transaction, left }) => [transaction.id, left]),
    [
      ["t1", 450],
      ["t0", 1000],
    ],
  );
});

test("a purchase that was taken back, or came back whole, cannot come back", () => {
  const refund = { type: "points_refunded", details: { refunds: "t1" } };
  const found = refundable([
    entry({ id: "r1", ...refund, amount_minor: 1000 }),
    entry({ id: "t1" }),
    entry({ id: "t2", voided_by: "v" }),
    entry({ id: "s1", type: "stamp_earned", amount_minor: null }),
  ]);
  assert.deepEqual(found, []);
});

test("a refund that was itself taken back leaves the purchase whole", () => {
  const refund = { type: "points_refunded", details: { refunds: "t1" }, voided_by: "v" };
  const [found] = refundable([
    entry({ id: "r1", ...refund, amount_minor: 400 }),
    entry({ id: "t1" }),
  ]);
  assert.equal(found?.left, 1000);
});
