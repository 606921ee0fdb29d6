import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clockTime,
  clockTimeFrom,
  countdown,
  localeOf,
  marksOf,
  minorDigits,
  money,
  number,
  useMinorDigits,
  useTimeZone,
} from "../../../src/punchcard/web/static/js/terminal/format.js";

const at = Date.parse("2026-03-02T09:00:00Z");
const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

test("money is written as the language writes it", () => {
  assert.equal(money(123450, "EUR", "en"), "€1,234.50");
  assert.equal(plain(money(123450, "EUR", "fr")), "1 234,50 €");
  assert.equal(plain(money(123450, "EUR", "de")), "1.234,50 €");
});

test("the server says how many digits a currency has, not the browser", () => {
  useMinorDigits({ JPY: 0, KWD: 3, IQD: 3 });
  assert.deepEqual(["EUR", "HUF", "COP", "JPY", "KWD"].map(minorDigits), [2, 2, 2, 0, 3]);
  assert.equal(plain(money(300, "JPY", "de")), "300 ¥");
  assert.equal(plain(money(500000, "HUF", "en")), "HUF 5,000.00");
  assert.equal(plain(money(1234, "IQD", "en")), "IQD 1.234");
  useMinorDigits({});
});

test("a language has its own marks", () => {
  assert.deepEqual(marksOf("en"), { group: ",", decimal: "." });
  assert.deepEqual(marksOf("lb"), { group: ".", decimal: "," });
  assert.deepEqual(marksOf("fr"), { group: "\u202f", decimal: "," });
});

test("Luxembourgish numbers have points between thousands, as in German", () => {
  assert.equal(number(12345, "lb"), "12.345");
  assert.equal(localeOf("lb"), "de");
  assert.equal(localeOf("xx"), "en-GB");
});

test("a countdown shows minutes and seconds, and hours when there are any", () => {
  assert.equal(countdown("2026-03-02T09:15:00Z", at), "15:00");
  assert.equal(countdown("2026-03-02T09:00:09.200Z", at), "0:09");
  assert.equal(countdown("2026-03-02T10:04:05Z", at), "1:04:05");
});

test("a countdown never begins above what was said, though the clock may be a second behind", () => {
  for (const behind of [0, 1, 400, 999])
    assert.equal(countdown("2026-03-02T09:15:00Z", at - behind), "15:00");
});

test("a countdown shows a second until it is over", () => {
  for (const left of [1999, 1000, 999, 1])
    assert.equal(countdown("2026-03-02T09:15:00Z", at + 15 * 60_000 - left), "0:01");
  assert.equal(countdown("2026-03-02T09:15:00Z", at + 15 * 60_000), "");
});

test("a countdown that is over is empty", () => {
  assert.equal(countdown("2026-03-02T09:00:00Z", at), "");
  assert.equal(countdown("2026-03-01T09:00:00Z", at), "");
  assert.equal(countdown("nonsense", at), "");
});

test("a moment of another day says which", () => {
  assert.match(clockTime(at, "en", at), /^\d\d:\d\d$/);
  assert.match(clockTime(at + 86_400_000, "en", at), /3 Mar/);
});

test("what works from within a minute on is told with the next: at the one before it would not", () => {
  const now = Date.parse("2026-03-02T09:00:00Z");
  useTimeZone("Europe/Luxembourg");
  assert.equal(clockTimeFrom("2026-03-02T09:15:40Z", "en", now), "10:16");
  assert.equal(clockTimeFrom("2026-03-02T09:15:00Z", "en", now), "10:15");
  useTimeZone(undefined);
});

test("the clock is the shop's, wherever the device was set up", () => {
  useTimeZone("Asia/Tokyo");
  assert.equal(clockTime(at, "en", at), "18:00");
  assert.match(clockTime(at + 7 * 3_600_000, "en", at), /3 Mar/);
  useTimeZone("Pacific/Honolulu");
  assert.equal(clockTime(at, "en", at), "23:00");
  useTimeZone("Not/AZone");
  assert.match(clockTime(at, "en", at), /^\d\d:\d\d$/);
  useTimeZone(undefined);
});
