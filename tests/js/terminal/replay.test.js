import assert from "node:assert/strict";
import { test } from "node:test";

import { createApi, sendOperations } from "../../../src/punchcard/web/static/js/terminal/api.js";
import { createClock } from "../../../src/punchcard/web/static/js/terminal/clock.js";
import { added, emptyBook, keyOf } from "../../../src/punchcard/web/static/js/terminal/queue.js";
import {
  createReplay,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  pauseBefore,
} from "../../../src/punchcard/web/static/js/terminal/replay.js";
import { makeLine } from "../support/line.js";

const ALICE = "alice";
const PROBLEM = { "Content-Type": "application/problem+json" };

/** A server that does each key once, as ours; `refuse` may answer a request before it looks. */
function makeServer() {
  const ledger = [];
  const server = { ledger, refuse: () => null, refuseOne: () => null };
  server.serve = ({ body, headers }) => {
    const refused = server.refuse({ body, headers });
    if (refused) return { headers: PROBLEM, ...refused };
    const results = body.operations.map((operation) => {
      const problem = server.refuseOne(operation);
      if (problem) return problem;
      if (!ledger.includes(operation.idempotency_key)) ledger.push(operation.idempotency_key);
      return { status: 201, receipt: { transaction: {}, card: {} } };
    });
    return { status: 200, body: { results } };
  };
  return server;
}

/** A till with a book in memory, whose pauses end when the test says so. */
function makeTill(server, { vendorId = ALICE } = {}) {
  const line = makeLine(server.serve);
  const clock = createClock(0, () => 1_772_442_000_000);
  const heard = [];
  const api = createApi({
    fetch: line.fetch,
    token: () => "dt_one",
    language: () => "fr",
    clock,
    onLine: (isUp) => heard.push(isUp),
  });
  let book = emptyBook();
  let last = Promise.resolve();
  const pauses = [];
  const replay = createReplay({
    read: async () => book,
    change: async (work) => (book = work(book)),
    send: (operations) => sendOperations(api, operations),
    vendorId: () => vendorId,
    alone: (work) => (last = last.then(work)),
    later: (work, ms) => pauses.push({ work, ms }),
    now: clock.now,
    chance: () => 1,
  });
  const queue = (...keys) => {
    for (const key of keys) {
      const body = { op: "stamp", card: "482915036274", idempotency_key: key };
      book = added(book, { body, label: {}, vendor_id: ALICE });
    }
  };
  const pauseEnds = async () => {
    pauses.shift().work();
    await last;
  };
  return {
    line,
    replay,
    queue,
    pauses,
    pauseEnds,
    heard,
    waiting: () => book.queue.map(keyOf),
    done: () => book.done,
    book: () => book,
  };
}

test("what waits is sent in its order, in one request", async () => {
  const server = makeServer();
  const till = makeTill(server);
  till.queue("a", "b", "c");
  await till.replay.drain();
  assert.deepEqual(server.ledger, ["a", "b", "c"]);
  assert.deepEqual(till.waiting(), []);
  assert.equal(till.line.calls.length, 1);
  assert.equal(till.line.calls[0].headers.Authorization, "Bearer dt_one");
  assert.equal(till.line.calls[0].headers["Accept-Language"], "fr");
});

test("without a line everything stays, and it is tried again later and later", async () => {
  const till = makeTill(makeServer());
  till.queue("a");
  till.line.cut();
  await till.replay.drain();
  for (let attempt = 0; attempt < 8; attempt += 1) await till.pauseEnds();
  assert.deepEqual(till.waiting(), ["a"]);
  till.line.mend();
  await till.pauseEnds();
  assert.deepEqual(till.waiting(), []);
  assert.deepEqual(till.heard, [...Array(9).fill(false), true]);
});

test("an answer that was lost does nothing twice", async () => {
  const server = makeServer();
  const till = makeTill(server);
  till.queue("a", "b");
  till.line.loseAnswers();
  await till.replay.drain();
  assert.deepEqual(server.ledger, ["a", "b"]);
  assert.deepEqual(till.waiting(), ["a", "b"]);
  assert.ok(till.book().queue.every((entry) => entry.was_sent));
  till.line.mend();
  await till.replay.now();
  assert.deepEqual(server.ledger, ["a", "b"]);
  assert.deepEqual(
    till.done().map((entry) => entry.status),
    ["accepted", "accepted"],
  );
});

test("what a rule refuses is final, and the next ones go on", async () => {
  const server = makeServer();
  server.refuseOne = ({ idempotency_key: key }) =>
    key === "b" ? { status: 409, problem: { code: "stamp_too_soon" } } : null;
  const till = makeTill(server);
  till.queue("a", "b", "c");
  await till.replay.drain();
  assert.deepEqual(server.ledger, ["a", "c"]);
  assert.deepEqual(
    till.done().map((entry) => entry.status),
    ["accepted", "refused", "accepted"],
  );
});

test("a busy till gets the rest again, in order", async () => {
  const server = makeServer();
  let isBusy = true;
  server.refuseOne = ({ idempotency_key: key }) =>
    isBusy && key !== "a" ? { status: 503, problem: { code: "busy" } } : null;
  const till = makeTill(server);
  till.queue("a", "b", "c");
  await till.replay.drain();
  assert.deepEqual(till.waiting(), ["b", "c"]);
  isBusy = false;
  await till.pauseEnds();
  assert.deepEqual(server.ledger, ["a", "b", "c"]);
});

test("too many requests wait as long as the server asked", async () => {
  const server = makeServer();
  server.refuse = () => ({
    status: 429,
    body: { code: "too_many_requests" },
    headers: { ...PROBLEM, "Retry-After": "20" },
  });
  const till = makeTill(server);
  till.queue("a");
  await till.replay.drain();
  assert.deepEqual(till.waiting(), ["a"]);
  assert.equal(till.pauses[0].ms, 20_000);
});

test("a device that was removed pauses the queue until it is paired again", async () => {
  const server = makeServer();
  server.refuse = () => ({ status: 401, body: { code: "credentials_invalid" } });
  const till = makeTill(server);
  till.queue("a");
  await till.replay.drain();
  await till.replay.now();
  assert.equal(till.line.calls.length, 1);
  assert.equal(till.pauses.length, 0);
  assert.equal(till.replay.isPaused(), true);
  server.refuse = () => null;
  await till.replay.resume();
  assert.deepEqual(server.ledger, ["a"]);
});

test("a list that is too large is sent in halves", async () => {
  const server = makeServer();
  server.refuse = ({ body }) =>
    body.operations.length > 2 ? { status: 413, body: { code: "body_too_large" } } : null;
  const till = makeTill(server);
  till.queue("a", "b", "c", "d", "e");
  await till.replay.drain();
  assert.deepEqual(server.ledger, ["a", "b", "c", "d", "e"]);
});

test("a refusal of the whole list is final and shown on each", async () => {
  const server = makeServer();
  server.refuse = () => ({ status: 403, body: { code: "not_allowed", detail: "No." } });
  const till = makeTill(server);
  till.queue("a", "b");
  await till.replay.drain();
  assert.deepEqual(
    till.done().map((entry) => entry.problem.detail),
    ["No.", "No."],
  );
});

test("a hotel's sign-in page is no answer", async () => {
  const till = makeTill({
    serve: () => ({ status: 200, headers: { "Content-Type": "text/html" } }),
  });
  till.queue("a");
  await till.replay.drain();
  assert.deepEqual(till.waiting(), ["a"]);
  assert.deepEqual(till.heard, [false]);
});

test("what another shop's pairing left is not sent to this one", async () => {
  const server = makeServer();
  const till = makeTill(server, { vendorId: "bob" });
  till.queue("a");
  await till.replay.drain();
  assert.deepEqual(till.waiting(), ["a"]);
  assert.equal(till.line.calls.length, 0);
});

test("pauses double up to a minute, and tills of one shop do not come back as one", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => pauseBefore(n, 0, 1)),
    [1, 2, 4, 8].map((n) => n * FIRST_PAUSE_MS),
  );
  assert.equal(pauseBefore(50, 0, 1), LONGEST_PAUSE_MS);
  assert.equal(pauseBefore(50, 0, 0), LONGEST_PAUSE_MS / 2);
  assert.equal(pauseBefore(0, 90_000, 1), 90_000);
});

test("whatever the line does, each operation is done once and in order", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    let state = seed;
    const random = (below) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const server = makeServer();
    const till = makeTill(server);
    const wanted = [];
    for (let step = 0; step < 60; step += 1) {
      till.line.mend();
      const fate = random(3);
      if (fate === 0) till.line.cut();
      else if (fate === 1) till.line.loseAnswers();
      const fresh = Array.from({ length: random(4) }, (_x, n) => `${step}-${n}`);
      till.queue(...fresh);
      wanted.push(...fresh);
      await till.replay.now();
    }
    till.line.mend();
    await till.replay.now();
    assert.deepEqual(server.ledger, wanted, `seed ${seed}`);
    assert.deepEqual(till.done().length <= wanted.length && till.waiting(), []);
  }
});
