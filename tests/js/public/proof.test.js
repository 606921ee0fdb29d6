import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import {
  check,
  entryHash,
  ProofFaulty,
  rootOf,
} from "../../../src/punchcard/web/static/js/public/proof.js";

const CARD = "019cadc6-9a80-700a-a5da-01d01365f5bb";
const sha = (...parts) =>
  createHash("sha256")
    .update(Buffer.concat(parts.map((p) => Buffer.from(p))))
    .digest();

/** Two entries of one card in a tree of three leaves, signed. */
async function makeProof() {
  const values = [
    [..."abcd", CARD, 1, "card_opened", 0, 0, 0, 0, ...Array(15).fill(null), "0".repeat(64)],
    [..."abcd", CARD, 2, 'points_"é"\u2028', 0, 7, 0, 7, ...Array(15).fill(null), ""],
  ];
  values[1][26] = await entryHash(values[0]);
  const hashes = [values[1][26], await entryHash(values[1])];
  const leaves = [...hashes.map((hash) => sha([0], Buffer.from(hash, "hex"))), sha([0], "x")];
  const left = sha([1], leaves[0], leaves[1]);
  const root = sha([1], left, leaves[2]);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const id = sha("shop/ledger\n", [1], raw).subarray(0, 4);
  const text = `shop/ledger\n3\n${root.toString("base64")}\n`;
  const signed = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString("base64");
  return {
    format: "punchcard-proof-1",
    card_id: CARD,
    public_key: `shop/ledger+${id.toString("hex")}+${Buffer.concat([Buffer.from([1]), raw]).toString("base64")}`,
    checkpoint: `${text}\n\u2014 shop/ledger ${signed}\n`,
    entries: [0, 1].map((at) => ({
      values: values[at],
      hash: hashes[at],
      place: at,
      path: [leaves[1 - at].toString("hex"), leaves[2].toString("hex")],
    })),
    next_after: null,
  };
}

test("the documented entry has the documented hash", async () => {
  const values = JSON.parse(
    '["019cadc6-9a80-7013-8f0d-3b1f7c2e9a54","019cadc6-9a80-7001-a1b2-c3d4e5f60718","019cadc6-9a80-7004-9c8b-7a6958473625",3,"019cadc6-9a80-700a-a5da-01d01365f5bb",1,"card_opened",0,0,0,0,0,null,null,null,null,null,null,null,null,"member","019cadc6-9a80-7002-b0c1-d2e3f4a5b6c7",null,null,"2026-03-02T09:00:00.000000Z","2026-03-02T09:00:00.001250Z","0000000000000000000000000000000000000000000000000000000000000000"]',
  );
  const hash = "074b998fff15650654f21c67737fcc95657921f9852021fb9f6a84850183640a";
  assert.equal(await entryHash(values), hash);
});

test("a true proof is proved", async () => {
  const checked = await check(await makeProof());
  assert.deepEqual([checked.entries, checked.anchored, checked.isSigned], [2, 2, true]);
});

for (const [name, forge] of Object.entries({
  "a changed value": (p) => p.entries[1].values.splice(8, 1, 8),
  "another card": (p) => (p.card_id = "another"),
  "a missing beginning": (p) => p.entries.shift(),
  "another order": (p) => p.entries.reverse(),
  "another place": (p) => (p.entries[1].place = 0),
  "a place outside": (p) => (p.entries[1].place = 3),
  "a short path": (p) => p.entries[0].path.pop(),
  "a long path": (p) => p.entries[0].path.push("00".repeat(32)),
  "another size": (p) => (p.checkpoint = p.checkpoint.replace("\n3\n", "\n4\n")),
  "further lines": (p) => (p.checkpoint = p.checkpoint.replace("\n\n", "\nmore\n\n")),
  "another kind": (p) => (p.format = "punchcard-proof-2"),
  "another key": async (p) => (p.public_key = (await makeProof()).public_key),
})) {
  test(`${name} is noticed`, async () => {
    const proof = await makeProof();
    await forge(proof);
    await assert.rejects(check(proof), ProofFaulty);
  });
}

test("a tree of one leaf is its leaf", async () => {
  assert.deepEqual(Buffer.from(await rootOf(Buffer.from("x"), 0, 1, [])), sha([0], "x"));
});
