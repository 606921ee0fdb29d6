/** What came is not from the shop's server, or too old: answer 400 and do nothing with it. */
export class NotVerified extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "NotVerified";
  }
}

/**
 * Return what a webhook tells, once its signature is found right (Standard Webhooks).
 *
 * `body` is what arrived, byte by byte and not parsed. Whoever gets the same `webhook-id` again has
 * done it already.
 * @param {string | Uint8Array} body
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} secret The endpoint's, `whsec_…`.
 * @param {{ toleranceSeconds?: number, now?: () => number }} [options] How old or new it may be, 300;
 *   `now`, in milliseconds, is replaced in tests.
 * @returns {Promise<WebhookEvent>}
 */
export async function verifyWebhook(body, headers, secret, options = {}) {
  const { toleranceSeconds = 300, now = Date.now } = options;
  const [id, sentAt, signatures] = ["id", "timestamp", "signature"].map((name) =>
    header(headers, `webhook-${name}`),
  );
  if (!id || !signatures || !/^\d{1,12}$/.test(sentAt)) {
    throw new NotVerified("a header of the webhook is missing");
  }
  if (Math.abs(now() / 1000 - Number(sentAt)) > toleranceSeconds) {
    throw new NotVerified("the webhook was sent too long ago, or a clock is wrong");
  }
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${sentAt}.${text}`);
  const raw = bytes(secret.replace(/^whsec_/, ""));
  if (raw === null) throw new TypeError("the secret is no `whsec_…`");
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, hmac, false, ["verify"]);
  for (const one of signatures.split(" ")) {
    const given = one.startsWith("v1,") ? bytes(one.slice(3)) : null;
    if (given !== null && (await crypto.subtle.verify("HMAC", key, given, signed))) {
      return JSON.parse(text);
    }
  }
  throw new NotVerified("no signature of the webhook is right");
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name
 */
function header(headers, name) {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const found = Object.entries(headers).find(([one]) => one.toLowerCase() === name);
  return String(found?.[1] ?? "");
}

/** Read base64; null for what is none. @param {string} text */
function bytes(text) {
  try {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  } catch {
    return null;
  }
}
