import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LARGEST_MINOR,
  minorDigits,
  pressed,
  toMinor,
} from "../../../src/punchcard/web/static/js/terminal/amount.js";

const type = (keys, digits = 2) =>
  [...keys].reduce((typed, key) => pressed(typed, key, digits), "");

test("a comma and a point part euros from cents alike", () => {
  assert.equal(toMinor("12,50", 2), 1250);
  assert.equal(toMinor("12.50", 2), 1250);
  assert.equal(toMinor("12,5", 2), 1250);
  assert.equal(toMinor(",5", 2), 50);
  assert.equal(toMinor("7", 2), 700);
});

test("spaces that group thousands are read over", () => {
  assert.equal(toMinor("1 234,50", 2), 123450);
  assert.equal(toMinor("1\u202f234,50", 2), 123450);
  assert.equal(toMinor("1'234.50", 2), 123450);
});

test("what is no amount above zero is none", () => {
  for (const typed of ["", ",", "0", "0,00", "-3", "1,2,3", "abc", "1,234", "1e3"]) {
    assert.equal(toMinor(typed, 2), null, typed);
  }
});

test("no purchase is larger than the server takes", () => {
  assert.equal(toMinor("100000000", 2), LARGEST_MINOR);
  assert.equal(toMinor("100000000,01", 2), null);
});

test("each currency has its own digits behind the comma", () => {
  assert.deepEqual(["EUR", "JPY", "TND"].map(minorDigits), [2, 0, 3]);
  assert.equal(toMinor("300", 0), 300);
  assert.equal(toMinor("300,5", 0), null);
  assert.equal(toMinor("1,234", 3), 1234);
});

test("cents never lose a cent, whatever was typed", () => {
  for (let minor = 1; minor < 3000; minor += 7) {
    const typed = `${Math.floor(minor / 100)},${String(minor % 100).padStart(2, "0")}`;
    assert.equal(toMinor(typed, 2), minor);
  }
});

test("the pad lets nothing be typed that is no amount", () => {
  assert.equal(type("12,345"), "12,34");
  assert.equal(type("1,,5"), "1,5");
  assert.equal(type(",5"), "0,5");
  assert.equal(type("007"), "7");
  assert.equal(type("300,", 0), "300");
  assert.equal(type("1234567890"), "12345678");
});

test("the last key is taken back", () => {
  assert.equal(pressed("12,5", "back", 2), "12,");
  assert.equal(pressed("", "back", 2), "");
});
