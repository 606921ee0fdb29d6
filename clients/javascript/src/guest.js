import { part, Transport } from "./transport.js";

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
