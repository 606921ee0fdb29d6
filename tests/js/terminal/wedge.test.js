import assert from "node:assert/strict";
import { test } from "node:test";

import { createWedge } from "../../../src/punchcard/web/static/js/terminal/wedge.js";

const scan = (
  text,
  { pause = 8, keys = [...text, "Enter"], wedge = createWedge(), from = 1000 } = {},
) => {
  const heard = keys.map((key, place) => wedge.press(key, from + place * pause));
  return heard.at(-1);
};

test("a burst of keys that ends in Enter is a scanned code", () => {
  assert.equal(scan("482915036274"), "482915036274");
  assert.equal(
    scan("https://shop.example/c/l9zCwiucNfF6wUwYUqh_UQ"),
    "https://shop.example/c/l9zCwiucNfF6wUwYUqh_UQ",
  );
});

test("a hand that types is no scanner", () => {
  assert.equal(scan("482915036274", { pause: 120 }), null);
});

test("a few quick keys are no code", () => {
  assert.equal(scan("4711"), null);
});

test("Shift and other keys without a character do not break a code", () => {
  assert.equal(
    scan("", { keys: ["Shift", "A", "b", "Shift", "C", "1", "2", "3", "Enter"] }),
    "AbC123",
  );
});

test("what was typed before a pause is not part of the code", () => {
  const wedge = createWedge();
  wedge.press("x", 0);
  assert.equal(scan("482915036274", { wedge }), "482915036274");
});

test("each scan counts for itself", () => {
  const wedge = createWedge();
  assert.equal(scan("482915036274", { wedge }), "482915036274");
  assert.equal(wedge.press("Enter", 1200), null);
  assert.equal(scan("111111111111", { wedge, from: 5000 }), "111111111111");
});
