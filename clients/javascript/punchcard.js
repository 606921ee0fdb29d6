/**
 * A client of a Punchcard server for web shops: one file, no dependency.
 *
 * `Shop` works with an API key, on your server (Node 20 or newer). `Guest` needs no key: it reads
 * what a customer may see. Both send again what can be sent again, and throw a `Problem` when the
 * server refuses.
 */

/**
 * @typedef {object} Card A customer's card; the server gives more fields than these.
 * @property {string} id
 * @property {string} program_id
 * @property {string} number
 * @property {"active" | "blocked" | "replaced" | "closed"} status
 * @property {number} stamps
 * @property {number} stamps_target
 * @property {number} rewards_ready
 * @property {number} points
 * @property {string | null} public_url
 */
/**
 * @typedef {object} Transaction An entry of the ledger.
 * @property {string} id
 * @property {string} type
 * @property {number} stamps_delta
 * @property {number} points_delta
 * @property {number | null} amount_minor
 * @property {string | null} reference
 * @property {string | null} idempotency_key
 * @property {string} occurred_at
 */
/**
 * @typedef {object} Receipt What a change came to.
 * @property {Transaction} transaction
 * @property {Card} card
 * @property {boolean} reward_ready
 */
/**
 * @typedef {object} EarnRequest The points of a purchase; `amount_minor` in cents.
 * @property {string} card
 * @property {number} amount_minor
 * @property {string} [reference]
 * @property {string} [staff_pin]
 * @property {string} [location_id]
 * @property {string} [note]
 */
/**
 * @typedef {object} StampRequest
 * @property {string} card
 * @property {number} [quantity]
 * @property {string} [staff_pin]
 * @property {string} [location_id]
 * @property {string} [note]
 */
/**
 * @typedef {object} RedeemPointsRequest Either `reward_id` or `points`.
 * @property {string} card
 * @property {string} [reward_id]
 * @property {number} [points]
 * @property {string} [staff_pin]
 */
/**
 * @typedef {object} RedeemStampsRequest
 * @property {string} card
 * @property {string} [staff_pin]
 */
/**
 * @typedef {object} RefundRequest The purchase by its `reference` or its `transaction_id`.
 * @property {string} [reference]
 * @property {string} [transaction_id]
 * @property {number} amount_minor
 * @property {string} refund_reference
 * @property {string} [reason]
 * @property {string} [staff_pin]
 */
/**
 * @typedef {object} EnrolRequest Without a customer it is an anonymous card.
 * @property {string} program_id
 * @property {Record<string, unknown>} [customer]
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

const FIRST_WAIT_SECONDS = 0.5;
const PAGE = 200;
/** A key goes nowhere else than to the server that was named. @type {RequestRedirect} */
const REDIRECT = "error";
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The server refused it (RFC 9457); nothing was changed. `code` is stable. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} told
   * @param {number | null} retryAfterSeconds
   * @param {string | undefined} key
   */
  constructor(status, told, retryAfterSeconds, key) {
    super(`${told.code}: ${told.detail}`);
    this.name = "Problem";
    this.status = status;
    /** @type {string} */
    this.code = told.code;
    /** All that the server told, with the facts of the code. */
    this.facts = told;
    this.retryAfterSeconds = retryAfterSeconds;
    /** Under which it was sent. */
    this.idempotencyKey = key;
  }
}

/** No answer came that can be understood: nobody knows whether it was done. */
export class Unreachable extends Error {
  /**
   * @param {string} message
   * @param {string | undefined} key
   * @param {unknown} [cause]
   */
  constructor(message, key, cause) {
    super(message, { cause });
    this.name = "Unreachable";
    /** Under which to try again. */
    this.idempotencyKey = key;
  }
}

/** Sends one call until there is an answer: the same key each time, never sooner than told. */
class Transport {
  /**
   * @param {string} url
   * @param {string | null} key
   * @param {Options} options
   */
  constructor(url, key, options) {
    const { protocol, hostname, origin } = new URL(url);
    const isReadable = protocol !== "https:" && !LOCAL.has(hostname);
    if (key !== null && isReadable && !options.allowHttp) {
      throw new TypeError(`${url} is no https address`);
    }
    this.origin = origin;
    this.attempts = options.attempts ?? 5;
    this.timeoutSeconds = options.timeoutSeconds ?? 30;
    this.longestWaitSeconds = options.longestWaitSeconds ?? 30;
    this.fetch = options.fetch ?? ((address, init) => fetch(address, init));
    this.sleep =
      options.sleep ?? ((seconds) => new Promise((go) => setTimeout(go, seconds * 1000)));
    this.chance = options.chance ?? Math.random;
    /** @type {Record<string, string>} */
    this.headers = { "Accept-Language": options.language ?? "en" };
    if (key !== null) this.headers.Authorization = `Bearer ${key}`;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Call} call
   * @returns {Promise<any>}
   */
  async call(method, path, { fields, asked = {}, key, isSafe = false } = {}) {
    const mayRepeat = isSafe || method === "GET" || key !== undefined;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.send(method, path, { fields, asked, key });
      if (sent instanceof Unreachable) {
        if (mayRepeat && (await this.wait(attempt, null))) continue;
        throw sent;
      }
      const { answer, content } = sent;
      const told = seconds(answer.headers.get("Retry-After"));
      if (isForNow(answer.status, content, mayRepeat) && (await this.wait(attempt, told))) continue;
      if (answer.status === 204) return null;
      if (answer.ok && content !== undefined) return content;
      if (content?.code) throw new Problem(answer.status, content, told, key);
      throw new Unreachable(`what answered (${answer.status}) is no Punchcard server`, key);
    }
  }

  /** Send it once. @param {string} method @param {string} path @param {Call} call */
  async send(method, path, { fields, asked = {}, key }) {
    const address = new URL(this.origin + path);
    for (const [name, value] of Object.entries(asked)) {
      if (value !== null && value !== undefined) address.searchParams.set(name, String(value));
    }
    const headers = { ...this.headers };
    if (key !== undefined) headers["Idempotency-Key"] = key;
    if (fields !== undefined) headers["Content-Type"] = "application/json";
    const body = fields === undefined ? undefined : JSON.stringify(fields);
    const signal = AbortSignal.timeout(this.timeoutSeconds * 1000);
    try {
      const init = { method, headers, body, signal, redirect: REDIRECT };
      const answer = await this.fetch(address.href, init);
      return { answer, content: json(await answer.text()) };
    } catch (error) {
      return new Unreachable("the server did not answer", key, error);
    }
  }

  /**
   * Wait before the next attempt, up to a quarter longer than told, so that the clients of a server
   * that was away do not all come at once. False if there is none.
   * @param {number} attempt
   * @param {number | null} told
   */
  async wait(attempt, told) {
    if (attempt >= this.attempts || (told ?? 0) > this.longestWaitSeconds) return false;
    const usual = Math.min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), this.longestWaitSeconds);
    const chance = this.chance();
    await this.sleep(told === null ? (usual * (1 + chance)) / 2 : told * (1 + chance / 4));
    return true;
  }

  /**
   * @param {string} path
   * @param {Record<string, unknown>} asked
   * @returns {AsyncGenerator<any>}
   */
  async *each(path, asked) {
    /** @type {string | null} */
    let cursor = null;
    do {
      const page = await this.call("GET", path, { asked: { limit: PAGE, ...asked, cursor } });
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }
}

/** One shop with an API key; for servers alone: whoever sees a page sees what is in it. */
export class Shop {
  /**
   * @param {string} url The server's address.
   * @param {string} key An API key, `pk_…`.
   * @param {Options} [options]
   */
  constructor(url, key, options = {}) {
    this.transport = new Transport(url, key, options);
  }

  /** Give every program. @param {Record<string, unknown>} [filters] */
  programs(filters = {}) {
    return this.each("/loyalty/programs", filters);
  }

  /** @param {string} id @returns {Promise<Card>} */
  card(id) {
    return this.get(`/loyalty/cards/${part(id)}`);
  }

  /**
   * Find cards by number, token, e-mail address or phone number.
   * @param {string} code
   * @returns {Promise<Card[]>}
   */
  async findCards(code) {
    const call = { fields: { code }, isSafe: true };
    return (await this.transport.call("POST", `${VENDOR}/loyalty/cards/lookup`, call)).items;
  }

  /**
   * Give the ledger, newest first.
   * @param {Record<string, unknown>} [filters]
   * @returns {AsyncGenerator<Transaction>}
   */
  transactions(filters = {}) {
    return this.each("/loyalty/transactions", filters);
  }

  /** @param {EnrolRequest} fields @param {string} [key] @returns {Promise<Card>} */
  enrol(fields, key) {
    return this.post("/loyalty/cards", fields, key);
  }

  /** @param {StampRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  stamp(fields, key) {
    return this.post("/loyalty/stamp", fields, key);
  }

  /** @param {RedeemStampsRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  redeemStamps(fields, key) {
    return this.post("/loyalty/stamp/redeem", fields, key);
  }

  /** @param {EarnRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  earn(fields, key) {
    return this.post("/loyalty/points/earn", fields, key);
  }

  /** @param {RedeemPointsRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  redeemPoints(fields, key) {
    return this.post("/loyalty/points/redeem", fields, key);
  }

  /** @param {RefundRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  refund(fields, key) {
    return this.post("/loyalty/points/refund", fields, key);
  }

  /** Read below /api/v1/vendor. @param {string} path @param {Record<string, unknown>} [asked] */
  get(path, asked = {}) {
    return this.transport.call("GET", VENDOR + path, { asked });
  }

  /**
   * Give every item of a list below /api/v1/vendor, page after page.
   * @param {string} path
   * @param {Record<string, unknown>} [asked]
   */
  each(path, asked = {}) {
    return this.transport.each(VENDOR + path, asked);
  }

  /**
   * Change something below /api/v1/vendor, under a key that is made for the call unless given.
   * @param {string} path
   * @param {unknown} [fields]
   * @param {string} [key]
   */
  post(path, fields, key = crypto.randomUUID()) {
    return this.transport.call("POST", VENDOR + path, { fields, key });
  }
}

/** What anyone may read, and a customer with the card's link; without a key. */
export class Guest {
  /**
   * @param {string} url The server's address; in a page that of the page itself, or of a server that
   *   lets the page's origin in (`CORS_ORIGINS`).
   * @param {Options} [options]
   */
  constructor(url, options = {}) {
    this.transport = new Transport(url, null, options);
  }

  /** @param {string} slug @returns {Promise<Record<string, any>>} */
  program(slug) {
    return this.transport.call("GET", `${OPEN}/programs/${part(slug)}`);
  }

  /** @param {string} token @returns {Promise<Record<string, any>>} */
  card(token) {
    return this.transport.call("GET", `${OPEN}/cards/${part(token)}`);
  }

  /** Give a card's history, newest first. @param {string} token */
  transactions(token) {
    return this.transport.each(`${OPEN}/cards/${part(token)}/transactions`, {});
  }
}

const VENDOR = "/api/v1/vendor";
const OPEN = "/api/v1/loyalty";

/**
 * Tell whether it may be otherwise soon. A refusal of Punchcard's own wrote nothing; a proxy's may
 * have lost the answer.
 * @param {number} status
 * @param {any} content
 * @param {boolean} mayRepeat
 */
function isForNow(status, content, mayRepeat) {
  if (status === 429 || status === 503) return mayRepeat || content?.code !== undefined;
  return mayRepeat && (status === 502 || status === 504);
}

/** Return an id as one part of a path. @param {string} given */
function part(given) {
  if (["", ".", ".."].includes(given)) throw new TypeError("an id is missing");
  return encodeURIComponent(given);
}

/** @param {string} text @returns {any} */
function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string | null} told */
function seconds(told) {
  return told !== null && /^\d+$/.test(told) ? Number(told) : null;
}
