import assert from "node:assert/strict";
import { test } from "node:test";

import { follow, stateOf } from "../../../src/punchcard/web/static/js/public/card.js";

const CARD = { stamps: 3, points: 0, rewards_ready: 0, status: "active", number: "482915036274" };

/** A page that follows its card over lines that the test holds in its hand. */
function makePage() {
  const lines = [];
  const waits = [];
  class Line extends EventTarget {
    static CLOSED = 2;
    readyState = 1;
    constructor(url) {
      super();
      this.url = url;
      lines.push(this);
    }
    close() {
      this.readyState = Line.CLOSED;
    }
    send(card) {
      this.dispatchEvent(new MessageEvent("card", { data: JSON.stringify(card) }));
    }
    sendProgram(card) {
      this.dispatchEvent(new MessageEvent("program", { data: JSON.stringify(card) }));
    }
    fail({ isRefused }) {
      this.readyState = isRefused ? Line.CLOSED : 0;
      this.dispatchEvent(new Event("error"));
    }
  }
  const page = Object.assign(new EventTarget(), { hidden: false });
  const told = [];
  const looks = [];
  const stop = follow({
    Source: Line,
    url: "/events",
    page,
    tell: (state) => told.push(state),
    look: () => looks.push(lines.length),
    wait: (task, ms) => waits.push({ task, ms }),
  });
  const hide = (hidden) => {
    page.hidden = hidden;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  return { lines, waits, told, looks, stop, hide, line: () => lines.at(-1) };
}

test("each state of the card is told as it comes", () => {
  const page = makePage();
  page.line().send(CARD);
  page.line().send({ ...CARD, stamps: 10, rewards_ready: 1 });
  assert.deepEqual(page.told, ["3/0/0/active", "10/0/1/active"]);
  assert.equal(page.told[0], stateOf(CARD));
});

test("a tier that is reached, or comes nearer, is news as well", () => {
  const silver = { ...CARD, tier: { key: "silver", progress: 120 } };
  assert.equal(stateOf(silver), "3/0/0/silver.120/active");
  assert.equal(stateOf({ ...CARD, tier: null }), stateOf(CARD));
});

test("when the program changed the page is looked at again, whatever the card says", () => {
  const page = makePage();
  page.line().sendProgram(CARD);
  assert.deepEqual(page.looks, [1]);
  assert.deepEqual(page.told, []);
});

test("a line that breaks is left to the browser", () => {
  const page = makePage();
  page.line().fail({ isRefused: false });
  assert.equal(page.lines.length, 1);
  assert.equal(page.waits.length, 0);
});

test("where lines are refused the page asks less and less often, and tries the line again", () => {
  const page = makePage();
  for (let round = 0; round < 6; round++) {
    page.line().fail({ isRefused: true });
    page.waits.at(-1).task();
  }
  assert.deepEqual(
    page.waits.map(({ ms }) => ms),
    [5000, 10000, 20000, 40000, 60000, 60000],
  );
  assert.deepEqual(page.looks, [1, 2, 3, 4, 5, 6]);
  assert.equal(page.lines.length, 7);
});

test("a line that holds again makes the pauses short again", () => {
  const page = makePage();
  page.line().fail({ isRefused: true });
  page.waits.at(-1).task();
  page.line().send(CARD);
  page.line().fail({ isRefused: true });
  assert.deepEqual(
    page.waits.map(({ ms }) => ms),
    [5000, 5000],
  );
});

test("a page that nobody looks at keeps no line, and none is opened for it", () => {
  const page = makePage();
  page.hide(true);
  assert.equal(page.line().readyState, 2);
  page.hide(false);
  assert.equal(page.lines.length, 2);
  page.line().fail({ isRefused: true });
  page.hide(true);
  page.waits.at(-1).task();
  assert.equal(page.lines.length, 2);
  assert.deepEqual(page.looks, []);
});

test("a page that is left lets go of its line", () => {
  const page = makePage();
  page.stop();
  assert.equal(page.line().readyState, 2);
});
