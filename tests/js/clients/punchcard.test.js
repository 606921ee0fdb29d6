// The client of web shops when a server is busy, silent or somebody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Guest, Problem, Shop, Unreachable } from "../../../clients/javascript/punchcard.js";

const BUSY = { code: "busy", detail: "Busy." };
const DONE = { card: {} };

function answer(status, content, headers = {}) {
  const body = typeof content === "string" ? content : JSON.stringify(content);
  return new Response(body, { status, headers });
}

const busy = (wait = "2", status = 503) => answer(status, BUSY, { "Retry-After": wait });

/** Gives answers in turn; keeps what was sent, and how long was waited. */
function line(answers, options = {}) {
  const sent = [];
  const waits = [];
  const given = {
    fetch: async (url, init) => {
      sent.push({ url, ...init });
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return next;
    },
    sleep: async (seconds) => waits.push(seconds),
    chance: () => 0.5,
    ...options,
  };
  return { sent, waits, given, shop: new Shop("https://cards.example", "pk_1", given) };
}

test("a change is sent again under one key, never sooner than told", async () => {
  const { shop, sent, waits } = line([
    busy(),
    busy("2", 429),
    new TypeError("fetch failed"),
    answer(502, "<html>"),
    answer(201, DONE),
  ]);
  assert.deepEqual(await shop.stamp({ card: "1" }), DONE);
  assert.deepEqual(waits, [2.25, 2.25, 1.5, 3]);
  assert.equal(new Set(sent.map((one) => one.headers["Idempotency-Key"])).size, 1);
  assert.match(sent[0].headers["Idempotency-Key"], /^[0-9a-f-]{36}$/);
  assert.deepEqual(new Set(sent.map((one) => one.body)), new Set(['{"card":"1"}']));
  assert.equal(sent[0].headers.Authorization, "Bearer pk_1");
  assert.equal(sent[0].redirect, "error");
});

test("two calls have two keys", async () => {
  const { shop, sent } = line([answer(201, DONE), answer(201, DONE)]);
  await shop.stamp({ card: "1" });
  await shop.stamp({ card: "1" });
  assert.equal(new Set(sent.map((one) => one.headers["Idempotency-Key"])).size, 2);
});

test("it gives up after its attempts, and names the key", async () => {
  const { shop, waits } = line([busy(), busy()], { attempts: 2 });
  await assert.rejects(shop.stamp({ card: "1" }, "k-1"), (error) => {
    assert(error instanceof Problem);
    assert.deepEqual([error.code, error.status, error.retryAfterSeconds], ["busy", 503, 2]);
    assert.equal(error.idempotencyKey, "k-1");
    return true;
  });
  assert.deepEqual(waits, [2.25]);
});

test("a silent server is told as such, with the key to try again", async () => {
  const { shop, sent } = line(Array(5).fill(new TypeError("fetch failed")));
  await assert.rejects(shop.earn({ card: "1", amount_minor: 1 }, "k-1"), (error) => {
    assert(error instanceof Unreachable);
    assert.equal(error.idempotencyKey, "k-1");
    return true;
  });
  assert.equal(sent.length, 5);
});

test("a server that wants more than the longest wait is busy at once", async () => {
  const { shop, waits } = line([busy("31")]);
  await assert.rejects(shop.stamp({ card: "1" }), Problem);
  assert.deepEqual(waits, []);
});

test("somebody else is told from a server", async () => {
  for (const content of ["<html>", "[]"]) {
    await assert.rejects(line([answer(404, content)]).shop.get("/loyalty/programs"), Unreachable);
  }
});

test("a list is read page after page", async () => {
  const pages = [
    answer(200, { items: [1, 2], next_cursor: "c 1" }),
    answer(200, { items: [3], next_cursor: null }),
  ];
  const { shop, sent } = line(pages);
  const found = [];
  for await (const one of shop.transactions({ type: "voided", from: null })) found.push(one);
  assert.deepEqual(found, [1, 2, 3]);
  const start = "https://cards.example/api/v1/vendor/loyalty/transactions?limit=200&type=voided";
  assert.deepEqual(
    sent.map((one) => one.url),
    [start, `${start}&cursor=c+1`],
  );
});

test("the key does not travel readable, unless one says so", () => {
  assert.throws(() => new Shop("http://cards.example", "pk_1"), TypeError);
  new Shop("http://cards.example", "pk_1", { allowHttp: true });
  new Shop("http://127.0.0.1:8000", "pk_1");
  new Guest("http://cards.example");
});

test("a guest sends no key, and an id stays one part of a path", async () => {
  const { given, sent, shop } = line([answer(200, {})]);
  await new Guest("https://cards.example", given).card("a/../b");
  assert.equal(sent[0].headers.Authorization, undefined);
  assert.equal(sent[0].url, "https://cards.example/api/v1/loyalty/cards/a%2F..%2Fb");
  assert.throws(() => shop.card(".."), TypeError);
});
