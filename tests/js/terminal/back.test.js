import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createBack } from "../../../src/punchcard/web/static/js/terminal/back.js";

/** A browser's history that goes back as browsers do: later, and with an event. */
class History {
  entries = [null];
  place = 0;
  listeners = [];
  get state() {
    return this.entries[this.place];
  }
  pushState(state) {
    this.entries = [...this.entries.slice(0, this.place + 1), state];
    this.place += 1;
  }
  replaceState(state) {
    this.entries[this.place] = state;
  }
  back() {
    this.pending = -1;
  }
  /** The browser comes to what was asked of it. */
  arrive(step = this.pending) {
    this.pending = 0;
    this.place += step;
    for (const listener of this.listeners) listener({ state: this.state });
  }
}

let browser;
let app;

beforeEach(() => {
  browser = new History();
  globalThis.history = browser;
  globalThis.addEventListener = (_name, listener) => browser.listeners.push(listener);
  globalThis.document = { querySelectorAll: () => [] };
  app = { screenName: "scan", told: 0 };
  app.tell = () => {
    app.told += 1;
  };
  const back = createBack(app);
  app.show = (name) => {
    app.screenName = name;
    back.follow(name);
  };
  app.show("scan");
});

test("Back leads from a card to the scanner", () => {
  app.show("card");
  browser.arrive(-1);
  assert.equal(app.screenName, "scan");
  assert.equal(browser.place, 1);
});

test("Back from the scanner stays, as often as it is pressed", () => {
  for (let press = 1; press <= 3; press += 1) {
    browser.arrive(-1);
    assert.deepEqual([app.screenName, browser.place, app.told], ["scan", 1, press]);
  }
});

test("a day of customers leaves no trail behind", () => {
  for (let customer = 0; customer < 5; customer += 1) {
    app.show("card");
    app.show("scan");
    browser.arrive();
  }
  assert.deepEqual([browser.place, browser.state.depth], [1, 1]);
});

test("a card that opens before the browser has gone back is left by one Back", () => {
  app.show("card");
  app.show("scan");
  app.show("card");
  browser.arrive();
  assert.deepEqual([app.screenName, browser.state.depth], ["card", 2]);
  browser.arrive(-1);
  assert.deepEqual([app.screenName, browser.place], ["scan", 1]);
});

test("Forward opens nothing again", () => {
  app.show("card");
  browser.arrive(-1);
  browser.arrive(1);
  browser.arrive();
  assert.deepEqual([app.screenName, browser.place], ["scan", 1]);
});

test("a page that is read anew on a card stands at the scanner, at its place", () => {
  browser.entries = [{ depth: 0 }, { depth: 1 }, { depth: 2 }];
  browser.place = 2;
  browser.listeners = [];
  const again = createBack(app);
  again.follow("scan");
  browser.arrive();
  assert.equal(browser.place, 1);
});

test("an address that pairs the device takes the root's place", () => {
  app.screenName = "pair";
  browser.pushState(null);
  browser.arrive(0);
  assert.deepEqual(browser.state, { depth: 1 });
});
