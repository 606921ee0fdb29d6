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

const FIRST_WAIT_SECONDS = 0.5;
const PAGE = 200;
/** A key goes nowhere else than to the server that was named. @type {RequestRedirect} */
const REDIRECT = "error";
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

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

const VENDOR = "/api/v1/vendor";

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

  /**
   * Give every program.
   * @param {Record<string, unknown>} [filters]
   * @returns {AsyncGenerator<Program>}
   */
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
    return (await this.ask("/loyalty/cards/lookup", { code })).items;
  }

  /**
   * Give the ledger, newest first.
   * @param {Record<string, unknown>} [filters]
   * @returns {AsyncGenerator<Transaction>}
   */
  transactions(filters = {}) {
    return this.each("/loyalty/transactions", filters);
  }

  // What changes a card: each under an idempotency key, made for the call unless given.

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

  /**
   * Stamp and earn in one.
   * @param {VisitRequest} fields
   * @param {string} [key]
   * @returns {Promise<Receipt>}
   */
  visit(fields, key) {
    return this.post("/loyalty/visit", fields, key);
  }

  /** @param {EarnRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  earn(fields, key) {
    return this.post("/loyalty/points/earn", fields, key);
  }

  /** @param {RedeemPointsRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  redeemPoints(fields, key) {
    return this.post("/loyalty/points/redeem", fields, key);
  }

  /**
   * Take back what a part of a purchase gave.
   * @param {RefundRequest} fields
   * @param {string} [key]
   * @returns {Promise<Receipt>}
   */
  refund(fields, key) {
    return this.post("/loyalty/points/refund", fields, key);
  }

  /**
   * Reverse an entry.
   * @param {string} transactionId
   * @param {VoidRequest} fields
   * @param {string} [key]
   * @returns {Promise<Receipt>}
   */
  void(transactionId, fields, key) {
    return this.post(`/loyalty/transactions/${part(transactionId)}/void`, fields, key);
  }

  // What a purchase would earn; nothing is written.

  /** @param {EarnRequest} fields @returns {Promise<Quote>} */
  quote(fields) {
    return this.ask("/loyalty/points/quote", fields);
  }

  /** @param {VisitRequest} fields @returns {Promise<Quote>} */
  quoteVisit(fields) {
    return this.ask("/loyalty/visit/quote", fields);
  }

  // Points, a reward or a grant that is set aside for a while: a web shop's basket, say.

  /** @param {ReserveRequest} fields @param {string} [key] @returns {Promise<Reservation>} */
  reserve(fields, key) {
    return this.post("/loyalty/reservations", fields, key);
  }

  /**
   * Use what was set aside, or a part of its points.
   * @param {string} id
   * @param {ConfirmRequest} [fields]
   * @param {string} [key]
   * @returns {Promise<Reservation>}
   */
  confirmReservation(id, fields, key) {
    return this.post(`/loyalty/reservations/${part(id)}/confirm`, fields ?? {}, key);
  }

  /**
   * Give back what was set aside.
   * @param {string} id
   * @param {ReleaseRequest} [fields]
   * @param {string} [key]
   * @returns {Promise<Reservation>}
   */
  releaseReservation(id, fields, key) {
    return this.post(`/loyalty/reservations/${part(id)}/release`, fields ?? {}, key);
  }

  /** @param {string} id @returns {Promise<Reservation>} */
  reservation(id) {
    return this.get(`/loyalty/reservations/${part(id)}`);
  }

  /**
   * Give what a card set aside, newest first.
   * @param {string} cardId
   * @returns {AsyncGenerator<Reservation>}
   */
  reservations(cardId) {
    return this.each(`/loyalty/cards/${part(cardId)}/reservations`);
  }

  // Rewards that single cards are given; giving and revoking take a key with `loyalty:manage`.

  /** @param {GrantRequest} fields @param {string} [key] @returns {Promise<Grant>} */
  giveGrant(fields, key) {
    return this.post("/loyalty/grants", fields, key);
  }

  /** @param {RedeemGrantRequest} fields @param {string} [key] @returns {Promise<Receipt>} */
  redeemGrant(fields, key) {
    return this.post("/loyalty/grants/redeem", fields, key);
  }

  /**
   * Withdraw what a card was given.
   * @param {string} id
   * @param {RevokeGrantRequest} [fields]
   * @param {string} [key]
   * @returns {Promise<Grant>}
   */
  revokeGrant(id, fields, key) {
    return this.post(`/loyalty/grants/${part(id)}/revoke`, fields ?? {}, key);
  }

  /**
   * Give what a card was given, newest first.
   * @param {string} cardId
   * @returns {AsyncGenerator<Grant>}
   */
  grants(cardId) {
    return this.each(`/loyalty/cards/${part(cardId)}/grants`);
  }

  // Receipts: who has one puts it on a card.

  /** @param {ClaimRequest} fields @param {string} [key] @returns {Promise<NewReceiptClaim>} */
  makeClaim(fields, key) {
    return this.post("/loyalty/claims", fields, key);
  }

  /** @param {string} id @returns {Promise<ReceiptClaim>} */
  claim(id) {
    return this.get(`/loyalty/claims/${part(id)}`);
  }

  /**
   * Give receipts, newest first.
   * @param {{ state?: string }} [filters]
   * @returns {AsyncGenerator<ReceiptClaim>}
   */
  claims(filters = {}) {
    return this.each("/loyalty/claims", filters);
  }

  /**
   * Cancel a receipt that nobody has put on a card.
   * @param {string} id
   * @param {string} [key]
   * @returns {Promise<ReceiptClaim>}
   */
  withdrawClaim(id, key) {
    return this.post(`/loyalty/claims/${part(id)}/withdraw`, undefined, key);
  }

  // Everything else.

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

  /**
   * Ask below /api/v1/vendor with a body; nothing is changed.
   * @param {string} path
   * @param {unknown} fields
   */
  ask(path, fields) {
    return this.transport.call("POST", VENDOR + path, { fields, isSafe: true });
  }
}

const OPEN = "/api/v1/loyalty";

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

  /** @param {string} slug @returns {Promise<PublicProgram>} */
  program(slug) {
    return this.transport.call("GET", `${OPEN}/programs/${part(slug)}`);
  }

  /** @param {string} token @returns {Promise<PublicCard>} */
  card(token) {
    return this.transport.call("GET", `${OPEN}/cards/${part(token)}`);
  }

  /**
   * Give a card's history, newest first.
   * @param {string} token
   * @returns {AsyncGenerator<PublicTransaction>}
   */
  transactions(token) {
    return this.transport.each(`${OPEN}/cards/${part(token)}/transactions`, {});
  }

  /**
   * Put a receipt on a card, by its code or what its QR code holds; the same again changes nothing.
   * @param {string} token
   * @param {string} claim
   * @returns {Promise<PublicClaimed>}
   */
  claim(token, claim) {
    const call = { fields: { claim }, isSafe: true };
    return this.transport.call("POST", `${OPEN}/cards/${part(token)}/claims`, call);
  }
}

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

// What the server takes, gives and sends, from its OpenAPI document.

/**
 * @typedef {object} Actor Who did something.
 * @property {string} kind
 * @property {string | null} id
 */
/**
 * @typedef {object} BoughtItem Something that was bought: its code at the shop's till, how many, and what they cost.
 * @property {string} sku
 * @property {number} [quantity]
 * @property {number | null} [amount_minor]
 */
/**
 * @typedef {object} Branding How cards and passes look, and how they lead to the shop.
 * @property {string | null} [background_color]
 * @property {string | null} [text_color]
 * @property {string | null} [accent_color]
 * @property {string | null} [logo_url]
 * @property {string | null} [hero_url]
 * @property {string | null} [phone]
 * @property {string | null} [website_url]
 * @property {string | null} [opening_hours]
 * @property {Array<"card" | "call" | "place" | "website"> | null} [featured_actions]
 * @property {"qr" | "code128" | "rotating" | null} [barcode]
 * @property {"check" | "coffee" | "croissant" | "wheat" | "cake" | "ice_cream" | "pizza" | "cutlery" | "sandwich" | "bowl" | "fish" | "apple" | "wine" | "beer" | "scissors" | "sparkles" | "flower" | "leaf" | "book" | "shirt" | "bag" | "gem" | "paw" | "dumbbell" | "bicycle" | "car" | "music" | "heart" | "star" | null} [stamp_symbol]
 */
/**
 * @typedef {object} Card A customer's card.
 * @property {string} id
 * @property {string} program_id
 * @property {string} number
 * @property {"active" | "blocked" | "replaced" | "closed"} status
 * @property {CardCustomer | null} customer
 * @property {number} stamps
 * @property {number} stamps_target
 * @property {number} rewards_ready
 * @property {Array<ReadyReward>} ready_rewards
 * @property {number} grants_ready
 * @property {number} lap
 * @property {Array<Milestone>} milestones
 * @property {Array<KeptMilestone>} kept_milestones
 * @property {number} points
 * @property {number} points_pending
 * @property {Array<ExpiringPoints>} expiring
 * @property {Array<ExpiringStamps>} stamps_expiring
 * @property {CardTier | null} tier
 * @property {Lifetime} lifetime
 * @property {string | null} next_stamp_at
 * @property {number} stamps_left_today
 * @property {string} enrolled_at
 * @property {string | null} last_activity_at
 * @property {string | null} public_url
 * @property {string | null} referral_url
 * @property {string | null} hand_over_url
 * @property {string} token_digest
 * @property {WalletStates} wallet
 * @property {Array<string>} [former_numbers]
 * @property {string | null} [merged_into_card_id]
 * @property {string | null} [external_code]
 */
/**
 * @typedef {object} CardCustomer Whom a card belongs to, as far as they told.
 * @property {string} id
 * @property {string | null} name
 * @property {string | null} email
 * @property {string | null} phone
 * @property {string | null} birthday
 * @property {string | null} locale
 * @property {boolean} marketing_consent
 */
/**
 * @typedef {object} CardErasedData A card whose holder is forgotten.
 * @property {string} card_id
 * @property {string} program_id
 */
/**
 * @typedef {object} CardTier The tier a card is in.
 * @property {string} key
 * @property {string} since
 * @property {string | null} until
 * @property {number} progress
 * @property {NextTier | null} next
 */
/**
 * @typedef {object} CardUpdatedData What of a card changed, by the names of fields and without their values.
 * @property {string} card_id
 * @property {string} program_id
 * @property {string} change
 * @property {Array<string>} fields
 * @property {"active" | "blocked" | "replaced" | "closed"} status
 */
/**
 * @typedef {object} ClaimRequest A receipt that a guest may put on their card: over an amount, or stamps, or both.
 * @property {string} reference
 * @property {number | null} [amount_minor]
 * @property {number | null} [stamps]
 * @property {string | null} [program_id]
 * @property {string | null} [location_id]
 * @property {string | null} [occurred_at]
 */
/**
 * @typedef {object} ConfirmRequest Use what was set aside, or a part of its points; the others come back.
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {number | null} [points]
 */
/**
 * @typedef {object} CustomerRequest What a customer tells about themselves; everything may be left out.
 * @property {string | null} [name]
 * @property {string | null} [email]
 * @property {string | null} [phone]
 * @property {string | null} [birthday]
 * @property {string | null} [locale]
 * @property {boolean} [marketing_consent]
 */
/**
 * @typedef {object} EarnItem `POST /points/earn` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number} amount_minor
 * @property {string | null} [reference]
 * @property {"earn"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} EarnRequest Credit the points of a purchase.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number} amount_minor
 * @property {string | null} [reference]
 */
/**
 * @typedef {object} EnrolRequest Open a card in a program; without a customer it is an anonymous one.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string} program_id
 * @property {string | null} [enrolled_at]
 * @property {string | null} [import_id]
 * @property {CustomerRequest | null} [customer]
 * @property {string | null} [locale]
 */
/**
 * @typedef {object} ExpiringPoints Points that end together: good until the end of this day, in the program's time zone.
 * @property {number} points
 * @property {string} expires_on
 */
/**
 * @typedef {object} ExpiringStamps Stamps that end together: good until the end of this day, in the program's time zone.
 * @property {number} stamps
 * @property {string} expires_on
 */
/**
 * @typedef {object} FoundCards The cards that a code names.
 * @property {Array<Card>} items
 */
/**
 * @typedef {object} Grant A reward that was given to one card; `code` collects it without the card.
 * @property {string} id
 * @property {string} card_id
 * @property {string} program_id
 * @property {TransactionReward} reward
 * @property {"welcome" | "birthday" | "anniversary" | "win_back" | "referral" | "tier" | "surprise" | "apology" | "import"} reason
 * @property {"ready" | "reserved" | "used" | "expired" | "revoked"} state
 * @property {string} code
 * @property {string | null} expires_on
 * @property {string | null} note
 * @property {string} created_at
 * @property {string} updated_at
 */
/**
 * @typedef {object} GrantRequest Give a card a reward of its program, until the end of the day `expires_on` or for good.
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string} card
 * @property {string} reward_id
 * @property {"welcome" | "birthday" | "anniversary" | "win_back" | "referral" | "tier" | "surprise" | "apology" | "import"} reason
 * @property {string | null} [expires_on]
 * @property {string | null} [note]
 */
/**
 * @typedef {object} KeptMilestone A reward of a former lap that nobody claimed and that still can be had.
 * @property {number} lap
 * @property {number} at
 */
/**
 * @typedef {object} Lifetime What a card ever collected; what was voided does not count.
 * @property {number} stamps
 * @property {number} points
 * @property {number} rewards
 */
/**
 * @typedef {object} ListedCard ListedCard, as the server gives it.
 * @property {Array<Card>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedGrant ListedGrant, as the server gives it.
 * @property {Array<Grant>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedProgram ListedProgram, as the server gives it.
 * @property {Array<Program>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedPromotion ListedPromotion, as the server gives it.
 * @property {Array<Promotion>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedPublicTransaction ListedPublicTransaction, as the server gives it.
 * @property {Array<PublicTransaction>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedReceiptClaim ListedReceiptClaim, as the server gives it.
 * @property {Array<ReceiptClaim>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedReservation ListedReservation, as the server gives it.
 * @property {Array<Reservation>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedReward ListedReward, as the server gives it.
 * @property {Array<Reward>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} ListedTransaction ListedTransaction, as the server gives it.
 * @property {Array<Transaction>} items
 * @property {string | null} next_cursor
 */
/**
 * @typedef {object} LookupRequest A code that names cards; in a body, because addresses of requests are written to logs.
 * @property {string} code
 */
/**
 * @typedef {object} Milestone A reward of the card's lap: `at` so many stamps; the full card's is the last.
 * @property {number} at
 * @property {"ahead" | "ready" | "claimed"} state
 */
/**
 * @typedef {object} NewReceiptClaim A receipt with its QR code, ready to be printed.
 * @property {string} id
 * @property {string} program_id
 * @property {string | null} location_id
 * @property {"api" | "signed" | "order"} source
 * @property {"open" | "taking" | "claimed" | "withdrawn" | "expired"} state
 * @property {string | null} code
 * @property {string | null} claim_url
 * @property {number | null} amount_minor
 * @property {number | null} stamps
 * @property {string} reference
 * @property {string} occurred_at
 * @property {string} expires_at
 * @property {Actor} actor
 * @property {string | null} receipt_key_id
 * @property {string | null} claimed_at
 * @property {string | null} card_id
 * @property {string | null} transaction_id
 * @property {string} created_at
 * @property {string} qr_svg
 */
/**
 * @typedef {object} NextTier The tier above a card's, and how much it is `missing` to it.
 * @property {string} key
 * @property {number} missing
 */
/**
 * @typedef {object} OfEntryData What an entry was beside a transaction; of the last seven only what concerns it is there.
 * @property {string} card_id
 * @property {string} program_id
 * @property {string} transaction_id
 * @property {number} sequence
 * @property {number} points_delta
 * @property {string | null} reward_id
 * @property {string | null} location_id
 * @property {string} occurred_at
 * @property {string | null} [grant_id]
 * @property {string | null} [expires_on]
 * @property {string | null} [reservation_id]
 * @property {TierInEvent | null} [tier]
 * @property {any} [referral]
 * @property {string | null} [merge_id]
 * @property {string | null} [from_card_id]
 */
/**
 * @typedef {object} OperationResult What became of one item: a receipt (status 201), or the problem it would get alone.
 * @property {number} status
 * @property {Receipt | null} [receipt]
 * @property {Record<string, any> | null} [problem]
 */
/**
 * @typedef {object} OperationsRequest What a till saved up while it was offline, or an import; done in this order.
 * @property {Array<StampItem | VisitItem | RedeemStampsItem | EarnItem | RedeemPointsItem | RedeemGrantItem | VoidItem | RefundItem>} operations
 */
/**
 * @typedef {object} OperationsResponse The results of a list of operations, in its order.
 * @property {Array<OperationResult>} results
 */
/**
 * @typedef {object} PointsExpiringData Points that are good until the end of a day, told as often as the card's holder is.
 * @property {string} card_id
 * @property {string} program_id
 * @property {number} points
 * @property {string} expires_on
 */
/**
 * @typedef {object} PointsExpiry When points end: never, `months` after they were earned or after the last visit (inactivity).
 * @property {"never" | "fixed" | "inactivity" | "year_end"} kind
 * @property {number | null} [months]
 * @property {"day" | "month_end" | "year_end"} [round_to]
 */
/**
 * @typedef {object} Program A stamp card or points program.
 * @property {ReferralTerms | null} referral
 * @property {Array<Tier>} tiers
 * @property {"points" | "spend_minor" | "visits" | "stamps"} tier_basis
 * @property {"lifetime" | "calendar_year" | "rolling_12_months"} tier_window
 * @property {number} tier_holds_months
 * @property {number} tier_grace_days
 * @property {"never" | "one_down" | "to_fit"} tier_downgrade
 * @property {Array<StampRewardAt>} stamp_rewards
 * @property {"keep" | "lapse"} unclaimed_milestones
 * @property {Array<StampsOfItem> | null} stamps_per_item
 * @property {number | null} max_stamps_per_visit
 * @property {PointsExpiry | null} points_expiry
 * @property {number} points_activation_days
 * @property {Array<number> | null} expiry_notice_days
 * @property {number} return_grace_days
 * @property {StampsExpiry | null} stamps_expiry
 * @property {string} id
 * @property {string} slug
 * @property {string} name
 * @property {string} card_name
 * @property {"stamps" | "points" | "hybrid"} type
 * @property {"draft" | "active" | "inactive"} status
 * @property {string} currency
 * @property {number} minor_digits
 * @property {string} timezone
 * @property {number} stamps_target
 * @property {StampReward | null} stamp_reward
 * @property {number} points_per_currency_unit
 * @property {number} points_per_amount_minor
 * @property {number} minimum_purchase_minor
 * @property {number | null} usual_purchase_minor
 * @property {number} minimum_redemption_points
 * @property {number} welcome_stamps
 * @property {number} welcome_points
 * @property {number} cooldown_minutes
 * @property {number} max_daily_stamps
 * @property {"required" | "optional" | "off"} pin_policy
 * @property {number} pin_max_attempts
 * @property {number} pin_lockout_minutes
 * @property {"clamp" | "allow_negative" | "refuse"} void_policy
 * @property {boolean} self_enrollment
 * @property {string | null} terms_text
 * @property {Branding} branding
 * @property {TextsProgramWords} texts
 * @property {number} version
 */
/**
 * @typedef {object} ProgramChangedData A program whose rules, rewards or promotions are others now.
 * @property {string} program_id
 * @property {number} version
 * @property {"draft" | "active" | "inactive"} status
 */
/**
 * @typedef {object} ProgramDay What happened in one program on one day.
 * @property {number} cards
 * @property {number} stamps_earned
 * @property {number} stamps_redeemed
 * @property {number} points_earned
 * @property {number} points_redeemed
 * @property {number} points_adjusted
 * @property {number} rewards_redeemed
 * @property {number} purchases
 * @property {number} reward_value_minor
 * @property {number} purchase_amount_minor
 * @property {string} day
 */
/**
 * @typedef {object} ProgramStats A program's statistics.
 * @property {string} program_id
 * @property {string} currency
 * @property {string} timezone
 * @property {string} first_day
 * @property {string} last_day
 * @property {number} cards
 * @property {number} active_cards
 * @property {ProgramTotals} totals
 * @property {ProgramTotals} all_time
 * @property {Array<ProgramDay>} daily
 */
/**
 * @typedef {object} ProgramTotals What happened in one program over some time.
 * @property {number} cards
 * @property {number} stamps_earned
 * @property {number} stamps_redeemed
 * @property {number} points_earned
 * @property {number} points_redeemed
 * @property {number} points_adjusted
 * @property {number} rewards_redeemed
 * @property {number} purchases
 * @property {number} reward_value_minor
 * @property {number} purchase_amount_minor
 * @property {number | null} redemption_rate
 */
/**
 * @typedef {object} ProgramWords A program's words in one language; what is left out is shown as the program has it.
 * @property {string | null} [name]
 * @property {string | null} [card_name]
 * @property {string | null} [reward_name]
 * @property {string | null} [reward_description]
 * @property {string | null} [terms_text]
 * @property {string | null} [opening_hours]
 */
/**
 * @typedef {object} Promotion What purchases earn beside their base for a while.
 * @property {string} id
 * @property {string} program_id
 * @property {string} name
 * @property {TextsPromotionWords} texts
 * @property {"draft" | "scheduled" | "active" | "paused" | "ended"} status
 * @property {PromotionEffect} effect
 * @property {string | null} starts_on
 * @property {string | null} ends_on
 * @property {Array<PromotionWindow>} windows
 * @property {Array<string>} location_ids
 * @property {Array<string>} tier_keys
 * @property {string | null} segment_id
 * @property {number} minimum_purchase_minor
 * @property {Array<string>} items
 * @property {PromotionLimit | null} limit
 * @property {PromotionBudget | null} budget
 * @property {"best" | "add"} stacking
 * @property {number} version
 * @property {number} points_given
 * @property {number} stamps_given
 * @property {number} uses
 * @property {string} created_at
 */
/**
 * @typedef {object} PromotionBudget How much it gives altogether: what does not fit into the rest of it is not given.
 * @property {number | null} [points]
 * @property {number | null} [stamps]
 */
/**
 * @typedef {object} PromotionEffect What a purchase gets: its points times `factor`, so many `points` or `stamps` more.
 * @property {"multiply" | "add_points" | "add_stamps"} kind
 * @property {string | null} [factor]
 * @property {number | null} [points]
 * @property {number | null} [stamps]
 */
/**
 * @typedef {object} PromotionLimit How often one card gets something of it.
 * @property {number} times
 * @property {"day" | "week" | "card"} per
 */
/**
 * @typedef {object} PromotionTurnData A promotion that has begun or ended.
 * @property {string} promotion_id
 * @property {string} program_id
 * @property {string} name
 */
/**
 * @typedef {object} PromotionWindow A part of the day on some days of the week, 1 is Monday, by the clock of the program's zone.
 * @property {Array<number>} weekdays
 * @property {string} from
 * @property {string} to
 */
/**
 * @typedef {object} PromotionWords A promotion's words in one language.
 * @property {string | null} [name]
 */
/**
 * @typedef {object} PublicCard A card as its holder sees it.
 * @property {string} number
 * @property {string} token
 * @property {"active" | "blocked" | "replaced" | "closed"} status
 * @property {PublicProgram} program
 * @property {PublicCustomer | null} customer
 * @property {number} stamps
 * @property {number} stamps_target
 * @property {number} rewards_ready
 * @property {Array<ReadyReward>} ready_rewards
 * @property {number} grants_ready
 * @property {number} lap
 * @property {Array<Milestone>} milestones
 * @property {Array<KeptMilestone>} kept_milestones
 * @property {number} points
 * @property {number} points_pending
 * @property {Array<ExpiringPoints>} expiring
 * @property {Array<ExpiringStamps>} stamps_expiring
 * @property {CardTier | null} tier
 * @property {Lifetime} lifetime
 * @property {string | null} next_stamp_at
 * @property {number} stamps_left_today
 * @property {string} enrolled_at
 * @property {string | null} last_activity_at
 * @property {string} public_url
 * @property {string | null} referral_url
 * @property {WalletStates} wallet
 */
/**
 * @typedef {object} PublicClaimRequest A receipt as its holder has it: the code, what the QR code holds, or its address.
 * @property {string} claim
 */
/**
 * @typedef {object} PublicClaimed What the receipt gave, and the card with it.
 * @property {PublicTransaction} transaction
 * @property {PublicCard} card
 */
/**
 * @typedef {object} PublicCustomer What a card tells of its holder; everything held about them is in the export.
 * @property {string | null} name
 * @property {string | null} locale
 */
/**
 * @typedef {object} PublicProgram A program as it is shown to customers; `languages` are those it has words in.
 * @property {string} slug
 * @property {string} name
 * @property {string} card_name
 * @property {string} vendor
 * @property {"stamps" | "points" | "hybrid"} type
 * @property {string} currency
 * @property {number} minor_digits
 * @property {number} points_per_currency_unit
 * @property {number} points_per_amount_minor
 * @property {number} stamps_target
 * @property {StampReward | null} stamp_reward
 * @property {Array<PublicReward>} rewards
 * @property {Array<PublicTier>} tiers
 * @property {"points" | "spend_minor" | "visits" | "stamps"} tier_basis
 * @property {PublicReferral | null} referral
 * @property {boolean} self_enrollment
 * @property {string | null} terms_text
 * @property {Branding} branding
 * @property {TextsProgramWords} texts
 * @property {Array<"en" | "fr" | "de" | "lb">} languages
 */
/**
 * @typedef {object} PublicReferral What is promised to who brings a friend, and to the friend, at the friend's first visit.
 * @property {PublicReferralSide} referrer
 * @property {PublicReferralSide} friend
 * @property {number} minimum_purchase_minor
 */
/**
 * @typedef {object} PublicReferralSide What one of the two gets: points, stamps, or a reward by its name; null for nothing.
 * @property {number | null} points
 * @property {number | null} stamps
 * @property {string | null} reward
 */
/**
 * @typedef {object} PublicReward Something points can be exchanged for now.
 * @property {string} name
 * @property {string | null} description
 * @property {number} points_required
 * @property {TextsRewardWords} texts
 */
/**
 * @typedef {object} PublicTier A tier as customers see it.
 * @property {string} key
 * @property {string} name
 * @property {TextsTierWords} texts
 * @property {number} threshold
 * @property {string} earn_factor
 * @property {TierBranding} branding
 */
/**
 * @typedef {object} PublicTransaction An entry of the card's ledger as its holder sees it.
 * @property {number} sequence
 * @property {string} type
 * @property {number} stamps_delta
 * @property {number} points_delta
 * @property {number} stamps_after
 * @property {number} points_after
 * @property {number | null} amount_minor
 * @property {string | null} currency
 * @property {PublicTransactionReward | null} reward
 * @property {string | null} [tier]
 * @property {boolean} is_voided
 * @property {string} occurred_at
 */
/**
 * @typedef {object} PublicTransactionReward What was given.
 * @property {string | null} name
 * @property {number | null} value_minor
 */
/**
 * @typedef {object} Quote What a purchase would earn now; or the code of the refusal it would get.
 * @property {number} points
 * @property {number} stamps
 * @property {Array<QuotedPart>} parts
 * @property {string | null} refused_by
 */
/**
 * @typedef {object} QuotedPart A part of what a purchase would earn: its base, or what a tier or a promotion adds.
 * @property {"base" | "promotion" | "tier"} kind
 * @property {string | null} promotion_id
 * @property {number} points
 * @property {number} stamps
 */
/**
 * @typedef {object} ReadyReward A reward that the card can have now.
 * @property {string | null} id
 * @property {string} name
 * @property {number | null} points_required
 * @property {string | null} grant_id
 * @property {number | null} at
 * @property {string | null} expires_on
 */
/**
 * @typedef {object} Receipt What the till answers: the new entry and the card after it.
 * @property {Transaction} transaction
 * @property {Card} card
 * @property {boolean} reward_ready
 * @property {string | null} next_stamp_at
 * @property {number} stamps_left_today
 */
/**
 * @typedef {object} ReceiptClaim A receipt, and what became of it.
 * @property {string} id
 * @property {string} program_id
 * @property {string | null} location_id
 * @property {"api" | "signed" | "order"} source
 * @property {"open" | "taking" | "claimed" | "withdrawn" | "expired"} state
 * @property {string | null} code
 * @property {string | null} claim_url
 * @property {number | null} amount_minor
 * @property {number | null} stamps
 * @property {string} reference
 * @property {string} occurred_at
 * @property {string} expires_at
 * @property {Actor} actor
 * @property {string | null} receipt_key_id
 * @property {string | null} claimed_at
 * @property {string | null} card_id
 * @property {string | null} transaction_id
 * @property {string} created_at
 */
/**
 * @typedef {object} RedeemGrantItem `POST /grants/redeem` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [card]
 * @property {string | null} [code]
 * @property {string | null} [grant_id]
 * @property {"redeem_grant"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} RedeemGrantRequest Hand out what a card was given; it is named by the card or by the grant's own code.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [card]
 * @property {string | null} [code]
 * @property {string | null} [grant_id]
 */
/**
 * @typedef {object} RedeemPointsItem `POST /points/redeem` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string} card
 * @property {string | null} [reward_id]
 * @property {number | null} [points]
 * @property {"redeem_points"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} RedeemPointsRequest Exchange points for a reward, or take a number of points.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string} card
 * @property {string | null} [reward_id]
 * @property {number | null} [points]
 */
/**
 * @typedef {object} RedeemStampsItem `POST /stamp/redeem` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string} card
 * @property {number | null} [at]
 * @property {"redeem_stamps"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} RedeemStampsRequest Exchange a full stamp card for its reward, or claim the one `at` so many stamps.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string} card
 * @property {number | null} [at]
 */
/**
 * @typedef {object} ReferralSide What one of the two gets: points, or stamps, or a reward; without any of them, nothing.
 * @property {number | null} [points]
 * @property {number | null} [stamps]
 * @property {string | null} [reward_id]
 */
/**
 * @typedef {object} ReferralTerms What is given when a friend who joined by a card's link comes for the first time.
 * @property {"active" | "paused"} [status]
 * @property {ReferralSide | null} [referrer]
 * @property {ReferralSide | null} [friend]
 * @property {number} [minimum_purchase_minor]
 * @property {number} [hold_days]
 * @property {number} [limit_per_year]
 */
/**
 * @typedef {object} RefundItem `POST /points/refund` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [reference]
 * @property {string | null} [transaction_id]
 * @property {number} amount_minor
 * @property {string} refund_reference
 * @property {string | null} [reason]
 * @property {"refund"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} RefundRequest Take back the points of a part of a purchase, which its receipt number or its entry names.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [reference]
 * @property {string | null} [transaction_id]
 * @property {number} amount_minor
 * @property {string} refund_reference
 * @property {string | null} [reason]
 */
/**
 * @typedef {object} ReleaseRequest Give back what was set aside.
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 */
/**
 * @typedef {object} Reservation What a card set aside; `points` are those that were taken off it meanwhile.
 * @property {string} id
 * @property {string} card_id
 * @property {string} program_id
 * @property {"reserved" | "confirmed" | "released" | "expired"} state
 * @property {number} points
 * @property {string | null} reward_id
 * @property {string | null} grant_id
 * @property {string | null} reference
 * @property {string} transaction_id
 * @property {string} expires_at
 * @property {string} created_at
 */
/**
 * @typedef {object} ReserveRequest Set a reward, a number of points, or a grant aside: exactly one of the three.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string} card
 * @property {string | null} [reward_id]
 * @property {number | null} [points]
 * @property {string | null} [grant_id]
 * @property {string | null} [reference]
 * @property {number} [expires_in_seconds]
 */
/**
 * @typedef {object} RevokeGrantRequest Withdraw what a card was given.
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 */
/**
 * @typedef {object} Reward Something points can be exchanged for; `stock_left` null is a stock without end.
 * @property {string} id
 * @property {string} program_id
 * @property {string} name
 * @property {string | null} description
 * @property {number | null} points_required
 * @property {number | null} value_minor
 * @property {number | null} stock_left
 * @property {number | null} per_card_limit
 * @property {string | null} valid_from
 * @property {string | null} valid_until
 * @property {TextsRewardWords} texts
 * @property {"active" | "archived"} status
 * @property {string} created_at
 */
/**
 * @typedef {object} RewardReadyData A reward that the card can have, and could not before.
 * @property {string} card_id
 * @property {string} program_id
 * @property {string} transaction_id
 * @property {number} sequence
 * @property {string | null} reward_id
 * @property {string} name
 * @property {number | null} points_required
 * @property {number | null} stamps_required
 * @property {number} times
 */
/**
 * @typedef {object} RewardWords A reward's words in one language.
 * @property {string | null} [name]
 * @property {string | null} [description]
 */
/**
 * @typedef {object} StampItem `POST /stamp` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number} [quantity]
 * @property {Array<BoughtItem> | null} [items]
 * @property {string | null} [reference]
 * @property {"stamp"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} StampRequest Put stamps on a card: `quantity` of them, or those that `items` give by the program.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number} [quantity]
 * @property {Array<BoughtItem> | null} [items]
 * @property {string | null} [reference]
 */
/**
 * @typedef {object} StampReward What a full stamp card earns.
 * @property {string} name
 * @property {string | null} [description]
 * @property {number | null} [value_minor]
 */
/**
 * @typedef {object} StampRewardAt A reward of the stamp card, from `at` stamps on; the last one is the full card's.
 * @property {string} name
 * @property {string | null} [description]
 * @property {number | null} [value_minor]
 * @property {number} at
 * @property {TextsStampRewardWords} [texts]
 */
/**
 * @typedef {object} StampRewardWords A stamp card's reward in one language.
 * @property {string | null} [name]
 * @property {string | null} [description]
 */
/**
 * @typedef {object} StampsExpiry When stamps end: never, `months` after they were given, or after the last visit.
 * @property {"never" | "fixed" | "inactivity"} kind
 * @property {number | null} [months]
 */
/**
 * @typedef {object} StampsOfItem How many stamps one of an item gives, by its code at the shop's till.
 * @property {string} sku
 * @property {number} stamps
 */
/**
 * @typedef {object} TextsProgramWords TextsProgramWords, as the server gives it.
 * @property {ProgramWords | null} [en]
 * @property {ProgramWords | null} [fr]
 * @property {ProgramWords | null} [de]
 * @property {ProgramWords | null} [lb]
 */
/**
 * @typedef {object} TextsPromotionWords TextsPromotionWords, as the server gives it.
 * @property {PromotionWords | null} [en]
 * @property {PromotionWords | null} [fr]
 * @property {PromotionWords | null} [de]
 * @property {PromotionWords | null} [lb]
 */
/**
 * @typedef {object} TextsRewardWords TextsRewardWords, as the server gives it.
 * @property {RewardWords | null} [en]
 * @property {RewardWords | null} [fr]
 * @property {RewardWords | null} [de]
 * @property {RewardWords | null} [lb]
 */
/**
 * @typedef {object} TextsStampRewardWords TextsStampRewardWords, as the server gives it.
 * @property {StampRewardWords | null} [en]
 * @property {StampRewardWords | null} [fr]
 * @property {StampRewardWords | null} [de]
 * @property {StampRewardWords | null} [lb]
 */
/**
 * @typedef {object} TextsTierWords TextsTierWords, as the server gives it.
 * @property {TierWords | null} [en]
 * @property {TierWords | null} [fr]
 * @property {TierWords | null} [de]
 * @property {TierWords | null} [lb]
 */
/**
 * @typedef {object} Tier A tier of a program.
 * @property {string} key
 * @property {string} name
 * @property {TextsTierWords} texts
 * @property {number} threshold
 * @property {string} earn_factor
 * @property {Array<string>} grants
 * @property {TierBranding} branding
 */
/**
 * @typedef {object} TierBranding How the card of this tier looks on its page; what is left out is as the program's.
 * @property {string | null} [background_color]
 * @property {string | null} [text_color]
 * @property {string | null} [accent_color]
 */
/**
 * @typedef {object} TierInEvent The tier that a card is of from now on; without a key it is of none.
 * @property {string | null} [key]
 * @property {string | null} [since]
 * @property {string | null} [until]
 * @property {string | null} [kept_to]
 * @property {Record<string, number> | null} [given]
 */
/**
 * @typedef {object} TierWords A tier's words in one language.
 * @property {string | null} [name]
 */
/**
 * @typedef {object} Transaction An entry of the ledger; `hash` covers everything but the note, see docs/ledger.md.
 * @property {string} id
 * @property {string} program_id
 * @property {string} card_id
 * @property {number} sequence
 * @property {string} type
 * @property {number} stamps_delta
 * @property {number} points_delta
 * @property {number} stamps_after
 * @property {number} points_after
 * @property {number} points_carry_after
 * @property {number | null} amount_minor
 * @property {string | null} currency
 * @property {string | null} reference
 * @property {TransactionReward | null} reward
 * @property {TransactionStaff | null} staff
 * @property {string | null} location_id
 * @property {TransactionActor} actor
 * @property {string | null} note
 * @property {string | null} voids
 * @property {string | null} voided_by
 * @property {number} program_version
 * @property {string | null} idempotency_key
 * @property {string} occurred_at
 * @property {string} created_at
 * @property {boolean} late
 * @property {string} previous_hash
 * @property {string} hash
 * @property {number} form
 * @property {Record<string, any> | null} details
 */
/**
 * @typedef {object} TransactionActor Whose credential asked.
 * @property {"admin" | "member" | "api_key" | "device" | "public" | "system" | "import" | "claim" | "customer" | "integration"} kind
 * @property {string | null} id
 */
/**
 * @typedef {object} TransactionCreatedData An entry of the ledger, with its hash and without its note: nothing about a person.
 * @property {string} transaction_id
 * @property {string} card_id
 * @property {string} program_id
 * @property {number} program_version
 * @property {number} sequence
 * @property {"card_opened" | "welcome_bonus" | "stamp_earned" | "stamps_redeemed" | "points_earned" | "points_redeemed" | "points_adjusted" | "voided" | "visit_recorded" | "points_refunded" | "points_activated" | "points_expired" | "stamps_expired" | "reward_granted" | "grant_redeemed" | "grant_expired" | "grant_revoked" | "points_reserved" | "reservation_confirmed" | "reservation_released" | "tier_changed" | "referral_bonus" | "automation_bonus" | "merged_out" | "merged_in" | "opening_balance"} type
 * @property {number} stamps_delta
 * @property {number} points_delta
 * @property {number} stamps_after
 * @property {number} points_after
 * @property {number | null} amount_minor
 * @property {string | null} currency
 * @property {string | null} reference
 * @property {string | null} reward_id
 * @property {string | null} location_id
 * @property {string | null} voids
 * @property {string} occurred_at
 * @property {string} created_at
 * @property {string} hash
 */
/**
 * @typedef {object} TransactionReward What was given; `id` is null for the reward of a full stamp card.
 * @property {string | null} id
 * @property {string | null} name
 * @property {number | null} value_minor
 */
/**
 * @typedef {object} TransactionStaff The person at the till: the staff PIN's id and name.
 * @property {string} id
 * @property {string | null} name
 */
/**
 * @typedef {object} VisitItem `POST /visit` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number | null} [amount_minor]
 * @property {number | null} [stamps]
 * @property {Array<BoughtItem> | null} [items]
 * @property {string | null} [reference]
 * @property {"visit"} op
 * @property {string} idempotency_key
 */
/**
 * @typedef {object} VisitRequest Record one purchase with its stamps and its points, all or nothing.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {string | null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string | null} [note]
 * @property {string | null} [import_id]
 * @property {string} card
 * @property {number | null} [amount_minor]
 * @property {number | null} [stamps]
 * @property {Array<BoughtItem> | null} [items]
 * @property {string | null} [reference]
 */
/**
 * @typedef {object} VoidItem `POST /transactions/{transaction_id}/void` as an item of a list.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string} reason
 * @property {"void"} op
 * @property {string} idempotency_key
 * @property {string} transaction_id
 */
/**
 * @typedef {object} VoidRequest Reverse an entry; the reason becomes the note of the reversing one.
 * @property {string | null} [staff_pin]
 * @property {string | null} [staff_id]
 * @property {string | null} [staff_token]
 * @property {null} [occurred_at]
 * @property {string | null} [location_id]
 * @property {string} reason
 */
/**
 * @typedef {object} WalletStates Whether the card was put into a phone's wallet.
 * @property {"none" | "issued" | "installed"} apple
 * @property {"none" | "issued" | "installed"} google
 */
/**
 * @typedef {object} WebhookTestData An endpoint that somebody tries.
 * @property {string} webhook_endpoint_id
 */
/** @typedef {{ type: "transaction.created", timestamp: string, data: TransactionCreatedData }} TransactionCreatedEvent */
/** @typedef {{ type: "card.enrolled", timestamp: string, data: OfEntryData }} CardEnrolledEvent */
/** @typedef {{ type: "card.merged", timestamp: string, data: OfEntryData }} CardMergedEvent */
/** @typedef {{ type: "grant.created", timestamp: string, data: OfEntryData }} GrantCreatedEvent */
/** @typedef {{ type: "grant.redeemed", timestamp: string, data: OfEntryData }} GrantRedeemedEvent */
/** @typedef {{ type: "grant.expired", timestamp: string, data: OfEntryData }} GrantExpiredEvent */
/** @typedef {{ type: "points.expired", timestamp: string, data: OfEntryData }} PointsExpiredEvent */
/** @typedef {{ type: "tier.changed", timestamp: string, data: OfEntryData }} TierChangedEvent */
/** @typedef {{ type: "referral.qualified", timestamp: string, data: OfEntryData }} ReferralQualifiedEvent */
/** @typedef {{ type: "reservation.expired", timestamp: string, data: OfEntryData }} ReservationExpiredEvent */
/** @typedef {{ type: "reward.ready", timestamp: string, data: RewardReadyData }} RewardReadyEvent */
/** @typedef {{ type: "card.updated", timestamp: string, data: CardUpdatedData }} CardUpdatedEvent */
/** @typedef {{ type: "card.erased", timestamp: string, data: CardErasedData }} CardErasedEvent */
/** @typedef {{ type: "points.expiring", timestamp: string, data: PointsExpiringData }} PointsExpiringEvent */
/** @typedef {{ type: "promotion.started", timestamp: string, data: PromotionTurnData }} PromotionStartedEvent */
/** @typedef {{ type: "promotion.ended", timestamp: string, data: PromotionTurnData }} PromotionEndedEvent */
/** @typedef {{ type: "program.changed", timestamp: string, data: ProgramChangedData }} ProgramChangedEvent */
/** @typedef {{ type: "webhook.test", timestamp: string, data: WebhookTestData }} WebhookTestEvent */
/** @typedef {TransactionCreatedEvent | CardEnrolledEvent | CardMergedEvent | GrantCreatedEvent | GrantRedeemedEvent | GrantExpiredEvent | PointsExpiredEvent | TierChangedEvent | ReferralQualifiedEvent | ReservationExpiredEvent | RewardReadyEvent | CardUpdatedEvent | CardErasedEvent | PointsExpiringEvent | PromotionStartedEvent | PromotionEndedEvent | ProgramChangedEvent | WebhookTestEvent} WebhookEvent What a webhook sends. */
