import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isCardNumber,
  isMistyped,
  numberOf,
  readCode,
  spaced,
} from "../../../src/punchcard/web/static/js/terminal/codes.js";

const NUMBER = "414022630526";
const TOKEN = "l9zCwiucNfF6wUwYUqh_UQ";

test("a card is read from its number, its token and the address of its page", () => {
  assert.deepEqual(readCode(` ${NUMBER} `), { kind: "card", code: NUMBER });
  assert.deepEqual(readCode("4140 2263-0526"), { kind: "card", code: NUMBER });
  assert.deepEqual(readCode(TOKEN), { kind: "card", code: TOKEN });
  assert.deepEqual(readCode(`https://shop.example/c/${TOKEN}`), { kind: "card", code: TOKEN });
  assert.deepEqual(readCode(`https://shop.example/c/${TOKEN}?lang=fr`), {
    kind: "card",
    code: TOKEN,
  });
});

test("a moving code is kept whole: its digits prove that it was there", () => {
  const moving = `1772442000.12345678/${NUMBER}`;
  assert.deepEqual(readCode(moving), { kind: "moving", code: moving });
  assert.equal(numberOf(moving), NUMBER);
});

test("an address and a phone number have to be looked up", () => {
  assert.equal(readCode("anna@example.lu").kind, "contact");
  assert.equal(readCode("+352 621 123 456").kind, "contact");
  assert.equal(readCode("zoé@bücher.lu").kind, "contact");
  assert.equal(readCode("(020) 7946 0958").kind, "contact");
  assert.equal(readCode("Anna").kind, "words");
  assert.equal(readCode("  ").kind, "nothing");
});

test("a receipt is known by its address and by its printed code, and no name is one", () => {
  for (const text of [
    "https://shop.example/r/7HK2M9QRT4",
    "https://shop.example/r/7HK2M9QR.1250.R-1042.1772443613.WgX3zmCuzxOpaK2VZT748g",
    "7HK2M-9QRT4",
    " 7hk2m\u20119qrt4 ",
  ])
    assert.equal(readCode(text).kind, "receipt", text);
  assert.equal(readCode("Maria-Louis").kind, "words");
  assert.equal(readCode("12345-67890").kind, "contact");
  assert.equal(readCode("https://shop.example/menu").kind, "words");
});

test("what was pasted is read without what cannot be seen", () => {
  const contact = { kind: "contact", code: "+352 621-111 001" };
  assert.deepEqual(readCode("\u202a+352\u00a0621\u2011111 001\u202c"), contact);
  assert.deepEqual(readCode("ａnna@example.lu\u200b"), {
    kind: "contact",
    code: "anna@example.lu",
  });
  assert.deepEqual(readCode(`4140\u00a02263\u20110526`), { kind: "card", code: NUMBER });
});

test("a mistyped digit and two that changed places are no card number", () => {
  assert.equal(isCardNumber(NUMBER), true);
  for (let place = 0; place < 12; place += 1) {
    for (let digit = 0; digit < 10; digit += 1) {
      const wrong = NUMBER.slice(0, place) + digit + NUMBER.slice(place + 1);
      assert.equal(isCardNumber(wrong), wrong === NUMBER, wrong);
    }
    const swapped =
      NUMBER.slice(0, place) + (NUMBER[place + 1] ?? "") + NUMBER[place] + NUMBER.slice(place + 2);
    assert.equal(isCardNumber(swapped), swapped === NUMBER, swapped);
  }
});

test("a number is shown in groups", () => {
  assert.equal(spaced(NUMBER), "4140 2263 0526");
  assert.equal(numberOf(TOKEN), null);
});

test("twelve digits that no card has are told from a phone number and from other lengths", () => {
  assert.equal(isMistyped("4140 2263 0527"), true);
  assert.equal(isMistyped(NUMBER), false);
  assert.equal(isMistyped("+352 621 123 456"), false);
  assert.equal(isMistyped("41402263052"), false);
});
