import assert from "node:assert/strict";
import test from "node:test";

import {
  holesARow,
  isFull,
  milestonesReady,
} from "../../../src/punchcard/web/static/js/terminal/card_rules.js";

test("a full card can be exchanged, also with stamps to spare", () => {
  assert.equal(isFull({ stamps: 8, stamps_target: 8 }, "stamps"), true);
  assert.equal(isFull({ stamps: 11, stamps_target: 8 }, "hybrid"), true);
});

test("a card that is not full cannot, whatever its points are good for", () => {
  assert.equal(
    isFull({ stamps: 7, stamps_target: 8, points: 83, rewards_ready: 1 }, "hybrid"),
    false,
  );
  assert.equal(
    isFull({ stamps: 0, stamps_target: 10, points: 500, rewards_ready: 3 }, "points"),
    false,
  );
});

test("of a card that was never seen nothing is known", () => {
  assert.equal(isFull(null, "stamps"), false);
});

test("rewards on the way to a full card are told by their stamps, and no others", () => {
  const reward = { id: null, name: "A coffee", points_required: null };
  const ready_rewards = [
    { ...reward, at: 10 },
    { ...reward, name: "A cake", at: 6 },
    { id: "r-1", name: "A bun", points_required: 50, at: null },
    { ...reward, name: "Seen before rewards had stamps" },
  ];
  assert.deepEqual(milestonesReady({ stamps_target: 10, ready_rewards }), [6]);
  assert.deepEqual(milestonesReady({ stamps_target: 10 }), []);
  assert.deepEqual(milestonesReady(null), []);
});

test("stamps of a small screen stand in rows of alike many, eight at most", () => {
  assert.deepEqual([1, 8, 10, 12, 16, 20].map(holesARow), [1, 8, 5, 6, 8, 7]);
});
