import { part, Transport } from "./transport.js";

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
