import assert from "node:assert/strict";
import test from "node:test";

import {
  reachedWords,
  tierName,
  wayWords,
} from "../../../src/punchcard/web/static/js/terminal/tier_face.js";

const PROGRAM = {
  currency: "EUR",
  tier_basis: "points",
  tiers: [
    { key: "basic", name: "Basic", texts: {} },
    { key: "gold", name: "Gold", texts: { en: { name: "Golden" }, fr: null } },
  ],
};

test("a tier is called what the shop calls it in the language of the device", () => {
  assert.equal(tierName(PROGRAM, "gold"), "Golden");
  assert.equal(tierName(PROGRAM, "basic"), "Basic");
  assert.equal(tierName(PROGRAM, "gone"), "gone");
  assert.equal(tierName(undefined, "gold"), "gold");
});

test("what is missing is told in what counts", () => {
  const next = { key: "gold", missing: 2 };
  const told = (/** @type {string} */ tier_basis, missing = 2) =>
    wayWords({ ...PROGRAM, tier_basis }, { next: { ...next, missing } });
  assert.equal(told("points"), "2 points to Golden");
  assert.equal(told("points", 1), "1 point to Golden");
  assert.equal(told("visits"), "2 visits to Golden");
  assert.equal(told("stamps"), "2 stamps to Golden");
  assert.equal(told("spend_minor", 250), "€2.50 more to spend for Golden");
  assert.equal(told("points", 0), "Golden comes with the next purchase.");
});

test("from the highest tier there is no way on", () => {
  assert.equal(wayWords(PROGRAM, { next: null }), "");
});

test("a tier that was just reached is named, one that was kept or lost is not", () => {
  const card = (/** @type {string | null} */ key) =>
    /** @type {any} */ ({ tier: key && { key, until: null, progress: 0, next: null } });
  assert.equal(reachedWords(PROGRAM, card("basic"), card("gold")), "Golden reached.");
  assert.equal(reachedWords(PROGRAM, card(null), card("gold")), "Golden reached.");
  assert.equal(reachedWords(PROGRAM, card("gold"), card("gold")), "");
  assert.equal(reachedWords(PROGRAM, card("gold"), card("basic")), "");
  assert.equal(reachedWords(PROGRAM, card("gold"), card(null)), "");
  assert.equal(reachedWords(PROGRAM, null, card("gold")), "");
  assert.equal(reachedWords(undefined, card("basic"), card("gold")), "");
});
