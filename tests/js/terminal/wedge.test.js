import assert from "node:assert/strict";
import { test } from "node:test";

import { createWedge, PAUSE_MS } from "../../../src/punchcard/web/static/js/terminal/wedge.js";
import { pressed } from "../support/keyboards.js";

const ORIGIN = "https://shop.example";
const NUMBER = "414022630526";
const ADDRESS = `${ORIGIN}/c/l9zCwiucNfF6wUwYUqh_UQ`;

const wedgeOf = (pause = PAUSE_MS) => createWedge({ pause: () => pause, origin: ORIGIN });
const strokesOf = (text) => [...text].map((key) => ({ key, code: "", shift: false }));

/** Type a text and its end; the moments are milliseconds. */
function scan(
  text,
  { pause = 8, place = "free", wedge = wedgeOf(), from = 1000, strokes = strokesOf(text) } = {},
) {
  strokes.forEach((stroke, index) => {
    wedge.press(stroke, from + index * pause, place);
  });
  return wedge.end(from + strokes.length * pause, place);
}

test("a burst of keys that ends in Enter is a scanned code", () => {
  assert.deepEqual(scan(NUMBER)?.codes, [NUMBER]);
  // Without the keys' places a Swiss scanner could have meant y by z; what was read comes first.
  assert.equal(scan(ADDRESS)?.codes[0], "l9zCwiucNfF6wUwYUqh_UQ");
  assert.deepEqual(scan("4006381333931"), { codes: [], text: "4006381333931" });
});

for (const pause of [1, 5, 40, 80, 120, 150]) {
  for (const place of ["free", "field", "pad"]) {
    test(`a scanner with ${pause} ms between its keys is heard, its keys going to: ${place}`, () => {
      assert.deepEqual(scan(NUMBER, { pause, place })?.codes, [NUMBER]);
    });
  }
}

test("the longest pause is a setting of the device", () => {
  const place = "field";
  assert.equal(scan(NUMBER, { pause: 200, place }), null);
  assert.deepEqual(scan(NUMBER, { pause: 200, place, wedge: wedgeOf(300) })?.codes, [NUMBER]);
  assert.equal(scan(NUMBER, { pause: 120, place, wedge: wedgeOf(60) }), null);
});

test("where no hand types, a card's code may stumble", () => {
  assert.deepEqual(scan(NUMBER, { pause: 400 })?.codes, [NUMBER]);
  assert.equal(scan(NUMBER, { pause: 500 }), null);
  assert.equal(scan("4006381333931", { pause: 400 }), null);
});

test("a hand that types into a field or onto a pad is no scanner", () => {
  assert.equal(scan("Anna Weber", { pause: 110, place: "field" }), null);
  assert.equal(scan("621123456", { pause: 90, place: "field" }), null);
  assert.equal(scan("73059281", { pause: 5, place: "pad" }), null);
  assert.equal(scan("125000", { pause: 5, place: "pad" }), null);
});

test("a few quick keys are no code", () => {
  assert.equal(scan("4711"), null);
});

test("groceries scanned onto a pad are no amount and no PIN", () => {
  assert.deepEqual(scan("4006381333931", { place: "pad", pause: 120 })?.codes, []);
});

for (const pause of [20, 120, 200, 300]) {
  for (const place of ["pad", "free"]) {
    test(`digits typed just before a scan of ${pause} ms a key hide no card, keys going to: ${place}`, () => {
      assert.deepEqual(scan(`4821${NUMBER}`, { pause, place })?.codes, [NUMBER]);
    });
  }
}

test("so many keys that end in Enter or Tab are no PIN and no amount, at any pace", () => {
  const pads = { place: "pad", pause: 300 };
  assert.deepEqual(scan("124006381333931", pads), { codes: [], text: "124006381333931" });
  assert.equal(scan("73059281", pads), null);
});

test("digits typed just before a scanner that sends no end hide no card", () => {
  const wedge = wedgeOf();
  const typed = strokesOf("48");
  wedge.press(typed[0], 0, "pad");
  wedge.press(typed[1], 200, "pad");
  for (const [index, stroke] of strokesOf(NUMBER).entries())
    wedge.press(stroke, 500 + index * 10, "pad");
  assert.deepEqual(wedge.rest("pad")?.codes, [NUMBER]);
});

test("digits typed into a field stay the field's: a scan behind them is not told apart", () => {
  assert.equal(scan(`4821${NUMBER}`, { place: "field", pause: 120 }), null);
});

test("a key that takes something back begins a burst of its own", () => {
  const wedge = wedgeOf();
  for (const [index, stroke] of strokesOf("12345678").entries())
    wedge.press(stroke, index * 100, "pad");
  wedge.startOver();
  assert.equal(scan("1234", { wedge, place: "pad", from: 900, pause: 100 }), null);
  wedge.press(strokesOf("7")[0], 3000, "pad");
  wedge.startOver();
  assert.equal(wedge.press(strokesOf("4")[0], 3010, "pad"), true);
});

test("what was typed before a pause is not part of the code", () => {
  const wedge = wedgeOf();
  wedge.press({ key: "x", code: "KeyX", shift: false }, 0, "free");
  assert.deepEqual(scan(NUMBER, { wedge })?.codes, [NUMBER]);
});

test("each scan counts for itself, and an Enter of its own is not the scanner's", () => {
  const wedge = wedgeOf();
  assert.deepEqual(scan(NUMBER, { wedge })?.codes, [NUMBER]);
  assert.equal(wedge.end(1400, "free"), null);
  assert.deepEqual(scan("414022630526", { wedge, from: 5000 })?.codes, [NUMBER]);
});

test("an ending of two keys ends one scan", () => {
  const wedge = wedgeOf();
  scan(NUMBER, { wedge, pause: 100, from: 0 });
  assert.equal(wedge.end(1300, "free"), "echo");
  assert.equal(wedge.end(2000, "free"), null);
});

test("a scanner that sends no end is heard once it rests, a hand is not", () => {
  const wedge = wedgeOf();
  for (const [index, stroke] of strokesOf(NUMBER).entries())
    wedge.press(stroke, index * 10, "free");
  assert.deepEqual(wedge.rest("free")?.codes, [NUMBER]);
  assert.equal(wedge.rest("free"), null);
  const slow = wedgeOf();
  for (const [index, stroke] of strokesOf(NUMBER).entries())
    slow.press(stroke, index * 120, "field");
  assert.equal(slow.rest("field"), null);
});

test("a dead key on the device loses nothing of the code", () => {
  const strokes = pressed(ADDRESS, "us", "swissGerman");
  strokes[3] = { ...strokes[3], key: "Dead" };
  assert.deepEqual(scan("", { strokes })?.codes, ["l9zCwiucNfF6wUwYUqh_UQ"]);
});

test("the first key of each burst is told, for the field to be put back as it was", () => {
  const wedge = wedgeOf();
  const [first, second] = strokesOf("41");
  assert.equal(wedge.press(first, 0, "field"), true);
  assert.equal(wedge.press(second, 10, "field"), false);
  assert.equal(wedge.press(first, 1000, "field"), true);
});
