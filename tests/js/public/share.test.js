import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.HTMLButtonElement = class extends EventTarget {
  hidden = true;
  dataset = { title: "A card at Café Alice" };
};
globalThis.HTMLAnchorElement = class {
  href = "https://shop.example/join/coffee?via=code";
};
const { offerSharing } = await import("../../../src/punchcard/web/static/js/public/share.js");

/** A card's page with its button and its link. */
function makePage() {
  const elements = { share: new HTMLButtonElement(), "referral-link": new HTMLAnchorElement() };
  return { button: elements.share, getElementById: (id) => elements[id] ?? null };
}

test("a phone that can share is offered it, and shares the link", async () => {
  const page = makePage();
  const shared = [];
  offerSharing(page, { share: async (data) => shared.push(data) });
  assert.equal(page.button.hidden, false);
  page.button.dispatchEvent(new Event("click"));
  assert.deepEqual(shared, [
    { title: "A card at Café Alice", url: "https://shop.example/join/coffee?via=code" },
  ]);
});

test("whoever thinks better of it has done nothing wrong", () => {
  const page = makePage();
  offerSharing(page, { share: () => Promise.reject(new Error("AbortError")) });
  page.button.dispatchEvent(new Event("click"));
});

test("a browser that cannot share shows no button", () => {
  const page = makePage();
  offerSharing(page, {});
  assert.equal(page.button.hidden, true);
});

test("a page without a link is left alone", () => {
  offerSharing({ getElementById: () => null }, { share: async () => assert.fail() });
});
