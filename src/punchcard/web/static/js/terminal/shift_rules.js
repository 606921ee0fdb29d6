// When a shift is open: who stands at the till, and for how long nobody may have touched it.

/** After so long without a touch the shift locks itself, unless the device is set otherwise; ms. */
export const IDLE_MS = 2 * 60_000;
/** What a device can be set to, in milliseconds. */
export const IDLE_CHOICES_MS = [1, 2, 5, 10].map((minutes) => minutes * 60_000);

/**
 * "none": nobody, or the token has run out; "locked": the person's PIN opens it; "open".
 * @param {{is_locked: boolean, expires_at: string, last_active: number, idle_ms?: number} | null} shift
 * @param {number} now milliseconds of the server's time
 */
export function stateOf(shift, now) {
  if (!shift || now >= Date.parse(shift.expires_at)) return "none";
  return shift.is_locked || now - shift.last_active >= (shift.idle_ms ?? IDLE_MS)
    ? "locked"
    : "open";
}

/**
 * The shift of whose PIN was right.
 * @param {Terminal.Verified} verified
 * @param {number} now milliseconds
 * @param {number} idle_ms after which it locks itself
 * @returns {Terminal.Shift}
 */
export function opened(verified, now, idle_ms = IDLE_MS) {
  return {
    pin_id: verified.staff_pin.id,
    name: verified.staff_pin.name,
    program_id: verified.staff_pin.program_id,
    token: verified.staff_token,
    expires_at: verified.expires_at,
    last_active: now,
    idle_ms,
    is_locked: false,
    is_unproved: false,
  };
}

/**
 * The locked shift that goes on without its PIN, because nobody can check one: until the line is back.
 * @param {Terminal.Shift} shift
 * @param {number} now milliseconds
 * @returns {Terminal.Shift}
 */
export function continued(shift, now) {
  return { ...shift, is_locked: false, is_unproved: true, last_active: now };
}

/**
 * The shift after the line came back: who went on without a PIN shows it now.
 * @param {Terminal.Shift | null} shift
 * @returns {Terminal.Shift | null}
 */
export function backOnLine(shift) {
  return shift?.is_unproved ? { ...shift, is_locked: true, is_unproved: false } : shift;
}
