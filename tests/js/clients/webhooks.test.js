// What a webhook's receiver takes for the shop's server, and what not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NotVerified, verifyWebhook } from "../../../clients/javascript/punchcard.js";

// An example of Standard Webhooks' own libraries.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY = '{"test": 2432232314}';
const SENT_AT = 1614265330;
const RIGHT = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const HEADERS = {
  "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "Webhook-Timestamp": String(SENT_AT),
  "Webhook-Signature": RIGHT,
};

const at = (seconds) => ({ now: () => seconds * 1000 });

test("the example of the standard is verified, however it arrives", async () => {
  const bytes = new TextEncoder().encode(BODY);
  const several = { ...HEADERS, "Webhook-Signature": `v1a,Zm9v v1,!!! v1,Zm9v ${RIGHT}` };
  for (const [body, headers] of [
    [BODY, HEADERS],
    [bytes, HEADERS],
    [BODY, new Headers(HEADERS)],
    [BODY, several],
  ]) {
    assert.deepEqual(await verifyWebhook(body, headers, SECRET, at(SENT_AT)), { test: 2432232314 });
  }
});

test("everything else is not", async () => {
  for (const [changed, body = BODY, now = SENT_AT] of [
    [{}, `${BODY} `],
    [{}, BODY, SENT_AT + 301],
    [{}, BODY, SENT_AT - 301],
    [{ "Webhook-Id": "msg_other" }],
    [{ "Webhook-Id": undefined }],
    [{ "Webhook-Timestamp": "yesterday" }],
    [{ "Webhook-Timestamp": "9".repeat(5000) }],
    [{ "Webhook-Signature": "" }],
    [{ "Webhook-Signature": "v1," }],
    [{ "Webhook-Signature": `v2,${RIGHT.slice(3)}` }],
  ]) {
    const told = { ...HEADERS, ...changed };
    await assert.rejects(verifyWebhook(body, told, SECRET, at(now)), NotVerified);
  }
});

test("a secret of another kind is told", async () => {
  await assert.rejects(verifyWebhook(BODY, HEADERS, "whsec_é", at(SENT_AT)), TypeError);
});
