import assert from "node:assert/strict";
import { test } from "node:test";

import {
  byFit,
  emptyKnown,
  isReplaced,
  KEPT_FOR_MS,
  MOST_KNOWN,
  recalled,
  remembered,
  replaced,
  searched,
} from "../../../src/punchcard/web/static/js/terminal/known.js";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const card = (id, number, name) => ({
  id,
  number,
  program_id: "x",
  status: "active",
  stamps: 3,
  customer: name ? { name } : null,
});
const knownOf = (...cards) =>
  cards.reduce((known, one) => remembered(known, one, `digest of ${one.id}`, NOW), emptyKnown());
const byNumber = (number) => ({ number, digest: null });
const byToken = (digest) => ({ number: null, digest });

test("a card that has another number now is not found by the one before", () => {
  const known = remembered(knownOf(card("a", "111111111111")), card("a", "222222222222"), "n", NOW);
  assert.equal(recalled(known, byNumber("222222222222"), NOW)?.id, "a");
  assert.equal(recalled(known, byNumber("111111111111"), NOW), null);
  assert.equal(isReplaced(known, byNumber("111111111111")), true);
  assert.equal(isReplaced(known, byToken("digest of a")), true);
  assert.equal(isReplaced(known, byNumber("222222222222")), false);
});

test("what the server said of a replaced card is known without a line", () => {
  const known = replaced(knownOf(card("a", "111111111111")), byNumber("111111111111"), NOW);
  assert.equal(recalled(known, byNumber("111111111111"), NOW), null);
  assert.equal(isReplaced(known, byNumber("111111111111")), true);
  assert.equal(isReplaced(replaced(known, byToken("d"), NOW), byToken("d")), true);
  assert.equal(isReplaced(known, byNumber(null)), false);
});

test("what was kept before replaced cards were known still serves", () => {
  const old = { cards: knownOf(card("a", "111111111111")).cards };
  assert.equal(isReplaced(old, byNumber("333333333333")), false);
  assert.equal(remembered(old, card("b", "222222222222"), null, NOW).cards.a.id, "a");
  assert.equal(replaced(old, byNumber("333333333333"), NOW).gone.length, 1);
});

test("replaced cards are bounded and forgotten like others", () => {
  let known = emptyKnown();
  for (let place = 0; place < MOST_KNOWN + 5; place += 1)
    known = replaced(known, byNumber(String(place).padStart(12, "0")), NOW);
  assert.equal(known.gone.length, MOST_KNOWN);
  assert.equal(replaced(known, byToken("d"), NOW + KEPT_FOR_MS).gone.length, 1);
});

test("cards that were seen are found by name however it is typed, and by their last digits", () => {
  const known = knownOf(
    card("a", "111111110526", "José Müller"),
    card("b", "222222222222", "Zoë Łukasz-Weiß"),
    card("c", "333333333333", null),
  );
  const ids = (text) => searched(known, text, NOW).map(({ id }) => id);
  for (const text of ["jose", "MULLER", "José", "müller josé", "Jose\u0301"])
    assert.deepEqual(ids(text), ["a"], text);
  assert.deepEqual(ids("lukasz"), ["b"]);
  assert.deepEqual(ids("weiss"), ["b"]);
  assert.deepEqual(ids("0526"), ["a"]);
  assert.deepEqual(ids("x"), []);
  assert.deepEqual(searched(known, "jose", NOW + KEPT_FOR_MS), []);
});

test("names that begin as typed come before those that have it in them", () => {
  const cards = [
    card("a", "1", "Sara Fernandes"),
    card("b", "2", "Jean-Anne"),
    card("c", "3", "Zoé Ándré"),
  ];
  assert.deepEqual(
    byFit(cards, "an").map(({ id }) => id),
    ["c", "a", "b"],
  );
});
