import assert from "node:assert/strict";
import { test } from "node:test";

import { makeLine } from "./support/line.js";

const counting = () => {
  let stamps = 0;
  return makeLine(() => ({ status: 201, body: { stamps: ++stamps } }));
};
const stamp = (line) => line.fetch("/stamp", { method: "POST", body: '{"card":"anna"}' });

test("a line that is up brings the question there and the answer back", async () => {
  const line = counting();
  const answer = await stamp(line);
  assert.equal(answer.status, 201);
  assert.deepEqual(await answer.json(), { stamps: 1 });
  assert.deepEqual(line.calls, [
    { method: "POST", path: "/stamp", headers: {}, body: { card: "anna" } },
  ]);
});

test("over a cut line nothing arrives, until it is mended", async () => {
  const line = counting();
  line.cut();
  await assert.rejects(stamp(line), TypeError);
  assert.equal(line.calls.length, 0);
  line.mend();
  assert.deepEqual(await (await stamp(line)).json(), { stamps: 1 });
});

test("a line that loses answers lets the server do its work all the same", async () => {
  const line = counting();
  line.loseAnswers();
  await assert.rejects(stamp(line), TypeError);
  assert.equal(line.calls.length, 1);
  line.mend();
  assert.deepEqual(await (await stamp(line)).json(), { stamps: 2 });
});
