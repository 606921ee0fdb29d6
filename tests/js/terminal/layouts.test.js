import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf } from "../../../src/punchcard/web/static/js/terminal/scanned.js";
import { KEYBOARDS, pressed } from "../support/keyboards.js";

const ORIGIN = "https://treue.example:8443";
const NUMBER = "414022630526";
const MOVING = `1772442000.12345678/${NUMBER}`;
// Every key that moves between layouts: y, z, a, q, w, m, - and _, small and large.
const TOKEN = "azwqYMZ_y-mAWQ0123489k";
const PAIRING = `${ORIGIN}/terminal#pair=K7QW-MZYA`;

const pairs = KEYBOARDS.flatMap((scanner) => KEYBOARDS.map((device) => [scanner, device]));

for (const [scanner, device] of pairs) {
  test(`a ${scanner} scanner is read on a ${device} device`, () => {
    const read = (text) => codesOf(pressed(text, scanner, device), ORIGIN);

    assert.deepEqual(read(NUMBER), [NUMBER]);
    assert.deepEqual(read(MOVING), [MOVING]);
    assert.ok(read(TOKEN).includes(TOKEN));
    assert.ok(read(`${ORIGIN}/c/${TOKEN}`).includes(TOKEN));
    assert.ok(read(`${ORIGIN}/c/${TOKEN}`).length <= 2);
    assert.ok(read(TOKEN).length <= 6);
  });

  test(`a ${scanner} scanner's number is read on a ${device} device that tells no keys`, () => {
    const strokes = pressed(NUMBER, scanner, device).map((one) => ({ ...one, code: "" }));
    assert.deepEqual(codesOf(strokes, ORIGIN), [NUMBER]);
  });
}

test("on the scanner's own layout what was read comes first", () => {
  for (const layout of KEYBOARDS) {
    assert.equal(codesOf(pressed(`${ORIGIN}/c/${TOKEN}`, layout, layout), ORIGIN)[0], TOKEN);
    assert.equal(codesOf(pressed(TOKEN, layout, layout), ORIGIN)[0], TOKEN);
  }
});

test("Caps Lock on the device does not change a card's address", () => {
  const turned = pressed(`${ORIGIN}/c/${TOKEN}`, "us", "us").map((one) => ({
    ...one,
    key: one.key === one.key.toLowerCase() ? one.key.toUpperCase() : one.key.toLowerCase(),
  }));
  assert.equal(codesOf(turned, ORIGIN)[0], TOKEN);
});

test("digits from the number pad are digits on every keyboard", () => {
  const strokes = [...NUMBER].map((key) => ({ key, code: `Numpad${key}`, shift: false }));
  assert.deepEqual(codesOf(strokes, ORIGIN), [NUMBER]);
});

test("what a scanner is set to send around a code is left away", () => {
  for (const device of ["us", "french", "swissFrench"]) {
    const read = (text) => codesOf(pressed(text, "us", device), ORIGIN);
    assert.deepEqual(read(`]Q1${NUMBER}`), [NUMBER]);
    assert.deepEqual(read(`]C0${NUMBER}`), [NUMBER]);
    assert.deepEqual(read(`~${NUMBER}`), [NUMBER]);
    assert.deepEqual(read(`A${NUMBER}`), [NUMBER]);
    assert.deepEqual(read(`${NUMBER};`), [NUMBER]);
    assert.deepEqual(read(`]Q1${MOVING}`), [MOVING]);
    assert.ok(read(`]Q1${ORIGIN}/c/${TOKEN}`).includes(TOKEN));
    assert.ok(read(`A${ORIGIN}/c/${TOKEN}`).includes(TOKEN));
  }
});

test("an address of this shop wins over one of another", () => {
  const zoe = "https://zoey.example";
  const found = codesOf(pressed(`${zoe}/c/${TOKEN}`, "german", "spanish"), zoe);
  assert.deepEqual(found, [TOKEN]);
});

test("the code that pairs a device is read in every layout", () => {
  for (const device of KEYBOARDS) {
    assert.ok(codesOf(pressed(PAIRING, "us", device), ORIGIN).includes(PAIRING));
  }
});

test("what is on groceries and what people type name no card", () => {
  for (const text of ["4006381333931", "40063813", "anna@example.lu", "Kovács", "414022630527"]) {
    const strokes = [...text].map((key) => ({ key, code: "", shift: false }));
    assert.deepEqual(codesOf(strokes, ORIGIN), []);
  }
});
