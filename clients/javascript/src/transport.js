import { Problem, Unreachable } from "./errors.js";

const FIRST_WAIT_SECONDS = 0.5;
const PAGE = 200;
/** A key goes nowhere else than to the server that was named. @type {RequestRedirect} */
const REDIRECT = "error";
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Sends one call until there is an answer: the same key each time, never sooner than told. */
export class Transport {
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
export function part(given) {
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
