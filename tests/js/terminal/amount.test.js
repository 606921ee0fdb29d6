import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isFarMore,
  LARGEST_MINOR,
  pasted,
  pointsFor,
  pressed,
  read,
  readings,
} from "../../../src/punchcard/web/static/js/terminal/amount.js";

const type = (keys, digits = 2, language = "en") =>
  keys.reduce((typed, key) => pressed(typed, key, digits, language), "");
const minorOf = (keys, digits = 2, language = "en") =>
  readings(type(keys, digits, language), digits, language);

test("digits alone count cents, as on a card terminal", () => {
  assert.deepEqual(minorOf([..."1250"]), [1250]);
  assert.deepEqual(minorOf([..."1250"], 0), [1250]);
  assert.deepEqual(minorOf([..."1250"], 3), [1250]);
  assert.deepEqual(minorOf([..."007"]), [7]);
  assert.deepEqual(minorOf(["0", "0"]), []);
});

test("a mark typed on a keyboard parts units from cents", () => {
  assert.deepEqual(minorOf([..."12,50"]), [1250]);
  assert.deepEqual(minorOf([..."12.50"]), [1250]);
  assert.deepEqual(minorOf([..."12,5"], 2, "de"), [1250]);
  assert.deepEqual(minorOf([...",5"]), [50]);
  assert.deepEqual(minorOf([..."1.234,5"], 2, "de"), [123450]);
  assert.deepEqual(minorOf([..."300,"], 0), [300]);
});

test("the pad lets nothing be typed that is no amount", () => {
  assert.equal(type([..."12,,5"]), "12,,");
  assert.deepEqual(minorOf([..."12,345"], 2, "de"), [1234]);
  assert.deepEqual(minorOf([..."99999999999"]), [9999999999]);
});

test("the last key is taken back", () => {
  assert.equal(pressed("12,5", "back", 2, "en"), "12,");
  assert.equal(pressed("125", "back", 2, "en"), "12");
  assert.equal(pressed("", "back", 2, "en"), "");
});

test("what is pasted is what somebody wrote, in whole units", () => {
  const minor = (text, currency = "EUR", digits = 2, language = "de") =>
    readings(pasted(text, currency, digits, language), digits, language);
  assert.deepEqual(minor("12,50"), [1250]);
  assert.deepEqual(minor(" 12,50 € "), [1250]);
  assert.deepEqual(minor("EUR 1.234,50"), [123450]);
  assert.deepEqual(minor("1\u202f234,50", "EUR", 2, "fr"), [123450]);
  assert.deepEqual(minor("1250"), [125000]);
  assert.deepEqual(minor("1250", "JPY", 0), [1250]);
  assert.equal(pasted("https://example.org/", "EUR", 2, "de"), "");
  assert.equal(pasted("-3", "EUR", 2, "de"), "");
});

test("what could be two amounts is both", () => {
  assert.deepEqual(read("1,234", 3, "en"), [1234000, 1234]);
  assert.deepEqual(read("1.234", 3, "de"), [1234000, 1234]);
  assert.deepEqual(read("1.234", 3, "en"), [1234]);
});

test("no purchase is larger than the server takes", () => {
  assert.equal(type([..."10000000000"]), "10000000000");
  assert.equal(LARGEST_MINOR, 10_000_000_000);
  assert.equal(type([..."100000000000"]), "10000000000");
});

test("ten times the usual is asked about, and a plain sum while nothing is known", () => {
  assert.equal(isFarMore(12_500, 1250, 2), false);
  assert.equal(isFarMore(12_501, 1250, 2), true);
  assert.equal(isFarMore(100_000, null, 2), false);
  assert.equal(isFarMore(100_001, null, 2), true);
  assert.equal(isFarMore(1001, undefined, 0), true);
});

test("the points shown are those of the program's own rule", () => {
  const rate = { points_per_currency_unit: 1, points_per_amount_minor: 1000 };
  assert.deepEqual(
    [999, 1000, 2500].map((minor) => pointsFor(minor, rate, 2)),
    [0, 1, 2],
  );
  assert.equal(pointsFor(1250, { points_per_currency_unit: 2 }, 2), 25);
});
