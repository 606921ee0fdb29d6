// What waits to be sent and what became of it: one value, changed by pure functions.
//
// A book is {queue: Entry[], done: Entry[]}. An entry holds `body`, which is sent as it is each
// time (its idempotency key makes the server do it once), and what people are shown of it.

/** How many operations may wait: a bound, not a goal. */
export const MOST_WAITING = 2000;
/** How many results are kept; what was refused and not yet looked at is kept beyond that. */
export const MOST_RESULTS = 100;
/** How many operations the server takes at once. */
export const MOST_AT_ONCE = 500;

/** @returns {Terminal.Book} */
export function emptyBook() {
  return { queue: [], done: [] };
}

/**
 * The book with one more entry at the end of the queue. Throws RangeError when it is full.
 * @param {Terminal.Book} book
 * @param {Terminal.Waiting} entry
 * @returns {Terminal.Book}
 */
export function added(book, entry) {
  if (book.queue.length >= MOST_WAITING) throw new RangeError("the queue is full");
  const isThere = [...book.queue, ...book.done].some((one) => keyOf(one) === keyOf(entry));
  return isThere ? book : { ...book, queue: [...book.queue, entry] };
}

/**
 * The entries to send next, in their order: those of the shop the device is paired with. What was
 * done by somebody who could not prove who they are waits until a PIN was typed.
 * @param {Terminal.Book} book
 * @param {string | null} vendorId
 */
export function batchOf(book, vendorId, limit = MOST_AT_ONCE) {
  const goes = (/** @type {Terminal.Waiting} */ entry) =>
    entry.vendor_id === vendorId && !entry.unproved_by;
  return book.queue.filter(goes).slice(0, limit);
}

/**
 * The book in which these entries have been on their way, so that nobody takes them back.
 * @param {Terminal.Book} book
 * @param {Terminal.Waiting[]} entries
 * @returns {Terminal.Book}
 */
export function tried(book, entries) {
  const keys = new Set(entries.map(keyOf));
  const mark = (/** @type {Terminal.Waiting} */ entry) =>
    keys.has(keyOf(entry)) ? { ...entry, was_sent: true } : entry;
  return { ...book, queue: book.queue.map(mark) };
}

/**
 * Whether an answer settles an operation, or leaves it to be sent again.
 * @param {number} status
 */
export function isFinal(status) {
  return status !== 429 && status < 500;
}

/**
 * The book after an answer: what is settled leaves the queue and stands among the results.
 * @param {Terminal.Book} book
 * @param {Terminal.Waiting[]} entries as they were sent
 * @param {Terminal.Result[]} results one for each, in order
 * @param {number} now milliseconds
 * @returns {Terminal.Book}
 */
export function settled(book, entries, results, now) {
  /** @type {Map<string, Terminal.Result>} */
  const found = new Map();
  entries.forEach((entry, place) => {
    const result = results[place];
    if (result && isFinal(result.status)) found.set(keyOf(entry), result);
  });
  const finished = book.queue.flatMap((entry) => {
    const result = found.get(keyOf(entry));
    return result ? [finish(entry, result, now)] : [];
  });
  return {
    queue: book.queue.filter((entry) => !found.has(keyOf(entry))),
    done: bounded([...finished.reverse(), ...book.done]),
  };
}

/**
 * @param {Terminal.Waiting} entry
 * @param {Terminal.Result} result
 * @param {number} now milliseconds
 * @returns {Terminal.Done}
 */
function finish(entry, result, now) {
  const isAccepted = result.status < 300;
  const { staff_token: _proof, ...body } = entry.body;
  return {
    ...entry,
    body,
    status: isAccepted ? "accepted" : "refused",
    settled_at: now,
    is_seen: isAccepted,
    problem: result.problem ?? null,
    receipt: result.receipt ?? null,
  };
}

/** @param {Terminal.Done[]} done */
function bounded(done) {
  let room = MOST_RESULTS;
  return done.filter((entry) => !entry.is_seen || room-- > 0);
}

/**
 * The book without an entry that was never sent; the same book when it is not there any more.
 * @param {Terminal.Book} book
 * @param {string} key
 * @returns {Terminal.Book}
 */
export function withdrawn(book, key) {
  const stays = (/** @type {Terminal.Waiting} */ entry) => keyOf(entry) !== key || entry.was_sent;
  return book.queue.every(stays) ? book : { ...book, queue: book.queue.filter(stays) };
}

/**
 * The book in which somebody has looked at one result, or at all of them.
 * @param {Terminal.Book} book
 * @param {string | null} key
 * @returns {Terminal.Book}
 */
export function seen(book, key = null) {
  const look = (/** @type {Terminal.Done} */ entry) =>
    !key || keyOf(entry) === key ? { ...entry, is_seen: true } : entry;
  return { ...book, done: bounded(book.done.map(look)) };
}

/**
 * The book that knows of an accepted entry that it was taken back afterwards.
 * @param {Terminal.Book} book
 * @param {string} transactionId
 * @returns {Terminal.Book}
 */
export function takenBack(book, transactionId) {
  const mark = (/** @type {Terminal.Done} */ entry) =>
    entry.receipt?.transaction?.id === transactionId ? { ...entry, is_taken_back: true } : entry;
  return { ...book, done: book.done.map(mark) };
}

/**
 * How many refusals nobody has looked at.
 * @param {Terminal.Book} book
 */
export function unseen(book) {
  return book.done.filter((entry) => !entry.is_seen).length;
}

/**
 * What names an operation for good.
 * @param {Terminal.Entry} entry
 */
export function keyOf(entry) {
  return entry.body.idempotency_key;
}

/**
 * The entries of one card that wait, newest last, whatever the card was named by.
 * @param {Terminal.Book} book
 * @param {{id: string | null, number: string | null, code: string}} card
 */
export function waitingFor(book, { id, number, code }) {
  return book.queue.filter(
    ({ body, label }) =>
      body.card === id ||
      (number !== null && (label.number === number || body.card.endsWith(number))) ||
      (code !== "" && body.card === code),
  );
}
