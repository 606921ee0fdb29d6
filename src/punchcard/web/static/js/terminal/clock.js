// The server's time: a till's own clock may be wrong by hours, the ledger's must not be.

/**
 * What the device's clock has to be moved by, as far as one answer tells.
 *
 * The header counts whole seconds, and the answer was under way: it bounds the difference. Within
 * the bounds nothing changes, so that a good clock is not made to tremble.
 * @param {number} known milliseconds, as known so far
 * @param {string | null} date the header `Date` of an answer
 * @param {number} sent milliseconds of the device's clock
 * @param {number} received milliseconds of the device's clock
 * @returns {number} milliseconds
 */
export function skewAfter(known, date, sent, received) {
  const told = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(told)) return known;
  const least = told - received;
  const most = told + 1000 - sent;
  return Math.min(Math.max(known, least), most);
}

/** @typedef {ReturnType<typeof createClock>} Clock */

/**
 * A clock that learns from answers; `now()` is the server's time in milliseconds.
 * @param {number} skew milliseconds
 * @param {() => number} device
 */
export function createClock(skew = 0, device = () => Date.now()) {
  let known = skew;
  return {
    now: () => device() + known,
    device,
    skew: () => known,
    /**
     * @param {string | null} date
     * @param {number} sent
     * @param {number} received
     * @returns {boolean} whether anything was learned
     */
    learn(date, sent, received) {
      const before = known;
      known = skewAfter(known, date, sent, received);
      return known !== before;
    },
  };
}
