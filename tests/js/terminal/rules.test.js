import assert from "node:assert/strict";
import { test } from "node:test";

import {
  digestOf,
  emptyKnown,
  KEPT_FOR_MS,
  MOST_KNOWN,
  recalled,
  remembered,
} from "../../../src/punchcard/web/static/js/terminal/known.js";
import { coloursOf, contrast } from "../../../src/punchcard/web/static/js/terminal/look.js";
import {
  backOnLine,
  continued,
  IDLE_MS,
  opened,
  stateOf,
} from "../../../src/punchcard/web/static/js/terminal/shift_rules.js";
import { count, setTexts, t } from "../../../src/punchcard/web/static/js/terminal/texts.js";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const VERIFIED = {
  staff_pin: { id: "p1", name: "Léa", program_id: null },
  staff_token: "st_1",
  expires_at: "2026-03-02T17:00:00Z",
};
const card = (id, more = {}) => ({
  id,
  number: "482915036274",
  program_id: "x",
  stamps: 3,
  points: 0,
  customer: null,
  ...more,
});

test("a shift is open until nobody touched the till for two minutes", () => {
  const shift = opened(VERIFIED, NOW);
  assert.equal(stateOf(shift, NOW + IDLE_MS - 1), "open");
  assert.equal(stateOf(shift, NOW + IDLE_MS), "locked");
  assert.equal(IDLE_MS, 120_000);
});

test("how long nobody may touch the till is a setting of the device", () => {
  const shift = opened(VERIFIED, NOW, 5 * 60_000);
  assert.equal(stateOf(shift, NOW + IDLE_MS), "open");
  assert.equal(stateOf(shift, NOW + 5 * 60_000), "locked");
  const { idle_ms: _unset, ...kept } = shift;
  assert.equal(stateOf(kept, NOW + IDLE_MS), "locked");
});

test("a shift ends with its token, and nobody has none", () => {
  const shift = opened(VERIFIED, NOW);
  assert.equal(
    stateOf({ ...shift, last_active: NOW + 8 * 3_600_000 }, NOW + 8 * 3_600_000),
    "none",
  );
  assert.equal(stateOf(null, NOW), "none");
});

test("who went on without a line shows the PIN when it is back", () => {
  const locked = { ...opened(VERIFIED, NOW), is_locked: true };
  const going = continued(locked, NOW + 1);
  assert.equal(stateOf(going, NOW + 2), "open");
  assert.equal(stateOf(backOnLine(going), NOW + 2), "locked");
});

test("a shift that was opened with its PIN stays open when the line comes back", () => {
  const shift = opened(VERIFIED, NOW);
  assert.equal(backOnLine(shift), shift);
  assert.equal(backOnLine(null), null);
});

test("a card is known again by its number and by its token, which is not kept", async () => {
  const digest = await digestOf("l9zCwiucNfF6wUwYUqh_UQ");
  const known = remembered(emptyKnown(), card("a"), digest, NOW);
  assert.equal(recalled(known, { number: "482915036274", digest: null }, NOW).id, "a");
  assert.equal(recalled(known, { number: null, digest }, NOW).stamps, 3);
  assert.equal(recalled(known, { number: null, digest: null }, NOW), null);
  assert.equal(JSON.stringify(known).includes("l9zCwiucNfF6wUwYUqh_UQ"), false);
});

test("of a customer only the name is kept", () => {
  const told = card("a", {
    customer: { name: "Anna", email: "anna@example.lu", phone: "+352621123456" },
  });
  const kept = JSON.stringify(remembered(emptyKnown(), told, null, NOW));
  assert.match(kept, /Anna/);
  assert.doesNotMatch(kept, /example|352621/);
});

test("known cards are bounded and forgotten after a week", () => {
  let known = emptyKnown();
  for (let n = 0; n < MOST_KNOWN + 10; n += 1)
    known = remembered(known, card(`c${n}`, { number: String(n) }), null, NOW + n);
  assert.equal(Object.keys(known.cards).length, MOST_KNOWN);
  assert.equal(recalled(known, { number: "0" }, NOW), null);
  const last = { number: String(MOST_KNOWN + 9) };
  assert.equal(recalled(known, last, NOW + KEPT_FOR_MS + MOST_KNOWN + 9), null);
});

test("a receipt without a token keeps the digest a scan has left", () => {
  const once = remembered(emptyKnown(), card("a"), "digest", NOW);
  assert.equal(remembered(once, card("a", { stamps: 4 }), null, NOW).cards.a.digest, "digest");
});

test("the ink of a card can always be read", () => {
  for (const branding of [
    {},
    { background_color: "#f3e9ec" },
    { background_color: "#14594b", text_color: "#14594b" },
    { background_color: "#ffffff", accent_color: "#ffffff" },
    { background_color: "#ffeb3b", accent_color: "#fff8e1" },
  ]) {
    const { card: background, ink, accent, mark } = coloursOf(branding);
    assert.ok(contrast(background, ink) >= 4.5);
    assert.ok(contrast(background, accent) >= 3);
    assert.ok(contrast(accent, mark) >= 4.5);
  }
  assert.equal(
    coloursOf({ background_color: "#3b2a20", accent_color: "#e0a458" }).accent,
    "#e0a458",
  );
  assert.equal(coloursOf({ background_color: "#3b2a20", text_color: "#fff8ee" }).ink, "#fff8ee");
});

test("a sentence is said in the device's language, with its placeholders filled", () => {
  setTexts("fr", { "Digits entered: {n}": "Chiffres saisis : {n}" });
  assert.equal(t("Digits entered: {n}", { n: 3 }), "Chiffres saisis : 3");
  assert.equal(t("Not translated {yet}"), "Not translated {yet}");
  setTexts("en", {});
});

test("a number is counted as the device's language does", () => {
  const points = (/** @type {string} */ language, /** @type {number} */ n) => {
    setTexts(language, {});
    return count(n, "{n} point", "{n} points");
  };
  assert.deepEqual(
    [0, 1, 2, 1200].map((n) => points("en", n)),
    ["0 points", "1 point", "2 points", "1,200 points"],
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => points("fr", n)),
    ["0 point", "1 point", "2 points"],
  );
  setTexts("en", {});
});
