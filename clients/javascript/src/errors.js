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
