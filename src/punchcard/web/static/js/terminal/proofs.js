// Who stood at the till when something was done: proved later, or vouched for by somebody else.

import { keyOf } from "./queue.js";

/** The server had answered this device since: only as of now can somebody vouch for it. */
const TOO_LATE = "occurred_at_out_of_range";

/**
 * The book in which what somebody did without a PIN has the proof of theirs.
 * @param {Terminal.Book} book
 * @param {string} pinId
 * @param {string} token
 * @returns {Terminal.Book}
 */
export function proved(book, pinId, token) {
  const prove = (/** @type {Terminal.Waiting} */ entry) =>
    entry.unproved_by === pinId ? withProof(entry, token) : entry;
  return { ...book, queue: book.queue.map(prove) };
}

/**
 * @param {Terminal.Waiting} entry
 * @param {string} token
 */
function withProof({ unproved_by: _whose, ...entry }, token) {
  return { ...entry, body: { ...entry.body, staff_token: token } };
}

/**
 * Whether only the proof of who stood at the till, or of when, is wanting or was refused, so
 * somebody may vouch.
 * @param {Terminal.Entry} entry
 */
export function lacksProof(entry) {
  if (entry.unproved_by) return true;
  const codes = ["staff_token_invalid", "staff_pin_required", TOO_LATE];
  return entry.status === "refused" && codes.includes(entry.problem?.code ?? "");
}

/**
 * The book in which an entry that lacks its proof waits to be sent, the person of this shift
 * vouching for it: as of now, where the server no longer believes when it was.
 * @param {Terminal.Book} book
 * @param {string} key
 * @param {{token: string, name: string}} shift
 * @param {string} now
 * @returns {Terminal.Book}
 */
export function vouched(book, key, { token, name: staffName }, now) {
  const vouch = (/** @type {Terminal.Waiting} */ one) =>
    keyOf(one) === key && one.unproved_by
      ? { ...withProof(one, token), staff_name: staffName }
      : one;
  const entry = book.done.find((one) => keyOf(one) === key);
  if (!entry) return { ...book, queue: book.queue.map(vouch) };
  if (!lacksProof(entry)) return book;
  const { label, vendor_id, was_sent } = entry;
  const occurred_at = entry.problem?.code === TOO_LATE ? now : entry.body.occurred_at;
  const body = { ...entry.body, occurred_at, staff_token: token };
  const again = { body, label, vendor_id, staff_name: staffName, was_sent };
  return {
    queue: [...book.queue, again],
    done: book.done.filter((one) => keyOf(one) !== key),
  };
}

/**
 * An entry with the proof of who did it, or with whose proof it waits for.
 * @param {Terminal.Shift | null} shift
 * @param {Omit<Terminal.Waiting, "staff_name">} entry
 * @returns {Terminal.Waiting}
 */
export function signed(shift, entry) {
  if (!shift) return { ...entry, staff_name: null };
  const done = { ...entry, staff_name: shift.name };
  return shift.is_unproved ? { ...done, unproved_by: shift.pin_id } : withProof(done, shift.token);
}

/**
 * What shows a request who stands at the terminal.
 * @param {Terminal.Shift | null} shift
 */
export function proofOf(shift) {
  return shift ? { staff_token: shift.token } : {};
}
