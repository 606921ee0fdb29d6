// Talks to the server: says who we are, learns its time, and tells three kinds of bad news apart.

const PATIENCE_MS = 15_000;

/** The server cannot be reached, or gave no answer of its own; what was asked may have been done. */
export class LineDown extends Error {}

/** The server answered that it did not do it. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {Terminal.Problem} problem
   * @param {number} retryAfterMs
   */
  constructor(status, problem, retryAfterMs) {
    super(problem.detail ?? String(status));
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * @param {object} tools
 * @param {typeof globalThis.fetch} tools.fetch
 * @param {() => string | null} tools.token
 * @param {() => string} tools.language
 * @param {Pick<import("./clock.js").Clock, "learn" | "device">} tools.clock
 * @param {(isUp: boolean) => void} tools.onLine told after every attempt whether the line is up
 * @returns {Terminal.Api}
 */
export function createApi({ fetch, token, language, clock, onLine }) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {{key?: string}} [options]
   */
  async function call(method, path, body, { key } = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "Accept-Language": language() };
    if (token()) headers.Authorization = `Bearer ${token()}`;
    if (key) headers["Idempotency-Key"] = key;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = clock.device();
    try {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      clock.learn(answer.headers.get("Date"), sent, clock.device());
      const said = await readAnswer(answer);
      onLine(true);
      return said;
    } catch (error) {
      if (error instanceof Refusal) {
        onLine(true);
        throw error;
      }
      onLine(false);
      throw new LineDown(String(error));
    }
  }
  return {
    get: (path) => call("GET", path),
    post: (path, body, options) => call("POST", path, body, options),
  };
}

/** @param {Response} answer */
async function readAnswer(answer) {
  // A hotel's sign-in page or a proxy without its server is no answer of ours.
  const isOurs = (answer.headers.get("Content-Type") ?? "").includes("json");
  if (!isOurs && answer.status !== 204)
    throw new Error(`an answer ${answer.status} that is not ours`);
  const body = answer.status === 204 ? null : await answer.json();
  if (answer.ok) return body;
  throw new Refusal(answer.status, body, Number(answer.headers.get("Retry-After") ?? 0) * 1000);
}

/**
 * Send a list of operations and tell the replay what to do next.
 * @param {Pick<Terminal.Api, "post">} api
 * @param {Terminal.Operation[]} operations
 * @returns {Promise<Terminal.Answer>}
 */
export async function sendOperations(api, operations) {
  try {
    const { results } = await api.post("/vendor/loyalty/operations", { operations });
    return { kind: "answered", results };
  } catch (error) {
    if (!(error instanceof Refusal)) return { kind: "later", askedMs: 0 };
    const { status, problem, retryAfterMs } = error;
    if (status === 401) return { kind: "paused" };
    if (status === 413) return { kind: "too_large", result: { status, problem } };
    if (status === 429 || status >= 500) return { kind: "later", askedMs: retryAfterMs };
    return { kind: "refused", result: { status, problem } };
  }
}
