import assert from "node:assert/strict";
import { test } from "node:test";

import {
  lacksProof,
  proved,
  signed,
  vouched,
} from "../../../src/punchcard/web/static/js/terminal/proofs.js";
import {
  added,
  batchOf,
  emptyBook,
  isFinal,
  keyOf,
  MOST_RESULTS,
  MOST_WAITING,
  seen,
  settled,
  takenBack,
  tried,
  unseen,
  waitingFor,
  withdrawn,
} from "../../../src/punchcard/web/static/js/terminal/queue.js";

const ALICE = "alice";
const HUGO = { token: "st_hugo", name: "Hugo" };
const NOW = "2026-03-02T12:00:00.000Z";
const entry = (key, more = {}) => ({
  body: { op: "stamp", card: "482915036274", idempotency_key: key, staff_token: "st_lea" },
  label: { number: "482915036274" },
  vendor_id: ALICE,
  ...more,
});
const bookOf = (...keys) => keys.reduce((book, key) => added(book, entry(key)), emptyBook());
const keys = (entries) => entries.map(keyOf);
const accepted = { status: 201, receipt: { card: {} } };
const tooSoon = { status: 409, problem: { code: "stamp_too_soon" } };

test("what is queued stays in its order and is there once", () => {
  const book = added(bookOf("a", "b"), entry("a"));
  assert.deepEqual(keys(book.queue), ["a", "b"]);
});

test("what is settled is not queued again", () => {
  const before = bookOf("a");
  const book = settled(before, before.queue, [accepted], 1);
  assert.deepEqual(added(book, entry("a")), book);
});

test("a full queue says so instead of forgetting something", () => {
  const book = {
    queue: Array.from({ length: MOST_WAITING }, (_x, n) => entry(String(n))),
    done: [],
  };
  assert.throws(() => added(book, entry("one more")), RangeError);
});

test("only operations of the shop the device is paired with are sent", () => {
  const book = added(bookOf("a"), entry("b", { vendor_id: "bob" }));
  assert.deepEqual(keys(batchOf(book, ALICE)), ["a"]);
  assert.deepEqual(keys(batchOf(book, "bob")), ["b"]);
  assert.deepEqual(keys(batchOf(book, null)), []);
});

test("no more are sent at once than the server takes", () => {
  assert.deepEqual(keys(batchOf(bookOf("a", "b", "c"), ALICE, 2)), ["a", "b"]);
});

test("what was accepted and what was refused is shown, newest first", () => {
  const book = bookOf("a", "b");
  const after = settled(book, book.queue, [accepted, tooSoon], 7);
  assert.deepEqual(after.queue, []);
  assert.deepEqual(
    after.done.map((one) => [keyOf(one), one.status, one.settled_at]),
    [
      ["b", "refused", 7],
      ["a", "accepted", 7],
    ],
  );
  assert.equal(after.done[0].problem.code, "stamp_too_soon");
});

test("a settled operation no longer holds the proof of who stood there", () => {
  const book = bookOf("a");
  assert.equal("staff_token" in settled(book, book.queue, [accepted], 1).done[0].body, false);
});

test("busy and too many leave an operation where it was; everything else is final", () => {
  assert.deepEqual([201, 400, 403, 404, 409, 422, 423].map(isFinal), Array(7).fill(true));
  assert.deepEqual([429, 500, 502, 503, 504].map(isFinal), Array(5).fill(false));
  const book = bookOf("a", "b", "c");
  const after = settled(book, book.queue, [accepted, { status: 503 }, { status: 503 }], 1);
  assert.deepEqual(keys(after.queue), ["b", "c"]);
});

test("an answer to some touches no others, also those queued meanwhile", () => {
  const before = bookOf("a");
  const meanwhile = added(before, entry("b"));
  assert.deepEqual(keys(settled(meanwhile, before.queue, [accepted], 1).queue), ["b"]);
});

test("what was never sent can be taken back, what may have arrived cannot", () => {
  const book = tried(bookOf("a"), [entry("a")]);
  const both = added(book, entry("b"));
  assert.equal(withdrawn(both, "a"), both);
  assert.deepEqual(keys(withdrawn(both, "b").queue), ["a"]);
});

test("refusals nobody looked at are kept, however many results there are", () => {
  let book = bookOf("refused");
  book = settled(book, book.queue, [tooSoon], 0);
  for (let n = 0; n < MOST_RESULTS + 5; n += 1) {
    book = added(book, entry(`ok ${n}`));
    book = settled(book, book.queue, [accepted], n);
  }
  assert.equal(unseen(book), 1);
  assert.equal(book.done.length, MOST_RESULTS + 1);
  assert.equal(unseen(seen(book)), 0);
  assert.equal(seen(book).done.length, MOST_RESULTS);
});

test("one refusal that was shown at once is looked at, others are not", () => {
  const book = bookOf("a", "b");
  const after = settled(book, book.queue, [tooSoon, tooSoon], 1);
  assert.equal(unseen(seen(after, "a")), 1);
});

test("somebody may vouch for what lacked a proof, under the same key", () => {
  const before = bookOf("a");
  const expired = { status: 403, problem: { code: "staff_token_invalid" } };
  const book = settled(before, before.queue, [expired], 1);
  assert.equal(lacksProof(book.done[0]), true);
  const after = vouched(book, "a", HUGO, NOW);
  assert.deepEqual(after.done, []);
  assert.equal(after.queue[0].body.staff_token, "st_hugo");
  assert.equal(after.queue[0].staff_name, "Hugo");
  assert.equal("status" in after.queue[0], false);
});

test("what the server no longer believes when it was is vouched for as of now", () => {
  const before = added(emptyBook(), entry("a", { body: { ...entry("a").body, occurred_at: "x" } }));
  const tooLate = { status: 422, problem: { code: "occurred_at_out_of_range" } };
  const book = settled(before, before.queue, [tooLate], 1);
  assert.equal(lacksProof(book.done[0]), true);
  assert.equal(vouched(book, "a", HUGO, NOW).queue[0].body.occurred_at, NOW);
  const expired = { status: 403, problem: { code: "staff_token_invalid" } };
  const kept = settled(before, before.queue, [expired], 1);
  assert.equal(vouched(kept, "a", HUGO, NOW).queue[0].body.occurred_at, "x");
});

test("nobody can vouch for what a rule refused", () => {
  const before = bookOf("a");
  const book = settled(before, before.queue, [tooSoon], 1);
  assert.equal(vouched(book, "a", HUGO, NOW), book);
});

test("a result that was taken back afterwards says so, and others do not", () => {
  const done = (id) => ({ status: 201, receipt: { card: {}, transaction: { id } } });
  const before = bookOf("a", "b");
  const book = settled(before, before.queue, [done("t1"), done("t2")], 1);
  const after = takenBack(book, "t1");
  assert.deepEqual(
    after.done.map((one) => [keyOf(one), one.is_taken_back ?? false]),
    [
      ["b", false],
      ["a", true],
    ],
  );
});

const unproved = (key, pin) => {
  const { staff_token: _none, ...body } = entry(key).body;
  return entry(key, { body, unproved_by: pin });
};

test("what somebody did without a PIN waits for theirs, and for nobody else's", () => {
  const book = [entry("a"), unproved("b", "lea"), unproved("c", "hugo")].reduce(added, emptyBook());
  assert.deepEqual(keys(batchOf(book, ALICE)), ["a"]);
  const after = proved(book, "lea", "st_new");
  assert.deepEqual(keys(batchOf(after, ALICE)), ["a", "b"]);
  assert.deepEqual(
    after.queue.map(({ body }) => body.staff_token),
    ["st_lea", "st_new", undefined],
  );
  assert.deepEqual(after.queue.map(lacksProof), [false, false, true]);
});

test("another may vouch for what was done without a PIN", () => {
  const book = added(emptyBook(), unproved("a", "lea"));
  const [vouchedFor] = batchOf(vouched(book, "a", HUGO, NOW), ALICE);
  assert.equal(vouchedFor.body.staff_token, "st_hugo");
  assert.equal(vouchedFor.staff_name, "Hugo");
});

test("what waits for a card is found whatever the card was named by", () => {
  const number = "414022630526";
  const named = (key, card, label = { number: card }) =>
    entry(key, { body: { op: "stamp", card, idempotency_key: key }, label });
  const book = [
    named("id", "c1", { number }),
    named("number", number),
    named("moving", `1772442000.12345678/${number}`),
    named("token", "l9zCwiucNfF6wUwYUqh_UQ"),
    named("other", "482915036274"),
  ].reduce(added, emptyBook());
  const code = "l9zCwiucNfF6wUwYUqh_UQ";
  assert.deepEqual(keys(waitingFor(book, { id: "c1", number, code })), [
    ...["id", "number", "moving", "token"],
  ]);
  assert.deepEqual(keys(waitingFor(book, { id: null, number: null, code })), ["token"]);
});

test("an entry is signed by who has proved who they are, and by nobody else", () => {
  const { staff_token: _none, ...body } = entry("a").body;
  const plain = { body, label: {}, vendor_id: ALICE };
  const shift = { name: "Léa", pin_id: "lea", token: "st_1", is_unproved: false };
  assert.equal(signed(shift, plain).body.staff_token, "st_1");
  const unsigned = signed({ ...shift, is_unproved: true }, plain);
  assert.deepEqual([unsigned.body.staff_token, unsigned.unproved_by], [undefined, "lea"]);
  assert.deepEqual(signed(null, plain), { ...plain, staff_name: null });
});
