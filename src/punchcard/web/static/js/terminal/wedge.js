// Hand scanners type: a burst of keys, faster than any hand, that ends in Enter.

/** The longest pause between two keys of a scanner, in milliseconds. */
export const LONGEST_PAUSE_MS = 60;
/** Whatever is shorter may be a hand that plays with the keys. */
export const SHORTEST_CODE = 6;

/**
 * Watch keys for the bursts of a hand scanner.
 * @returns {{press: (key: string, at: number) => string | null}} `press` takes each key with its
 *   moment in milliseconds and returns the code when one has ended, else null.
 */
export function createWedge() {
  let typed = "";
  let last = -Infinity;
  return {
    press(key, at) {
      // Scanners press Shift for capitals; that is no character.
      if (key !== "Enter" && key.length !== 1) return null;
      const isQuick = at - last <= LONGEST_PAUSE_MS;
      const before = isQuick ? typed : "";
      last = at;
      if (key !== "Enter") {
        typed = before + key;
        return null;
      }
      typed = "";
      return before.length >= SHORTEST_CODE ? before : null;
    },
  };
}
