/**
 * A client of a Punchcard server for web shops: one file, no dependency.
 *
 * `Shop` works with an API key, on your server (Node 20 or newer). `Guest` needs no key: it reads
 * what a customer may see, and puts receipts on cards. Both send again what can be sent again, and
 * throw a `Problem` when the server refuses. `verifyWebhook` tells whether what your server was sent
 * is from Punchcard.
 *
 * This file is built from clients/javascript/src by `make client`.
 */

/**
 * @typedef {object} Options
 * @property {string} [language] Of refusals: en, fr, de or lb.
 * @property {number} [attempts] How often a call is sent at most: 5.
 * @property {number} [timeoutSeconds] For each attempt: 30.
 * @property {number} [longestWaitSeconds] Between two; a server that wants more is busy at once: 30.
 * @property {boolean} [allowHttp] Send the key readable to another machine.
 * @property {typeof fetch} [fetch] Replaced in tests, as the next two.
 * @property {(seconds: number) => Promise<void>} [sleep]
 * @property {() => number} [chance]
 */
/**
 * @typedef {object} Call
 * @property {unknown} [fields] The body.
 * @property {Record<string, unknown>} [asked] The query; what is null or undefined is left out.
 * @property {string} [key] The idempotency key.
 * @property {boolean} [isSafe] It changes nothing: it may be sent again when its answer was lost.
 */
