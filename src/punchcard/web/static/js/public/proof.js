// The proof of a card, checked as docs/ledger.md tells: hashes, chain, sums, paths, signature.

const FORMAT = "punchcard-proof-1";
const DOMAIN = "punchcard-entry-1\n";
const DOMAIN_OF_DETAILS = "punchcard-entry-2\n";
const VALUES_OF_FORM_1 = 27;
const ED25519 = 1;

// Where the values of an entry stand that are looked at here; docs/ledger.md has them all.
const CARD = 4;
const SEQUENCE = 5;
const STAMPS_DELTA = 7;
const POINTS_DELTA = 8;
const STAMPS_AFTER = 9;
const POINTS_AFTER = 10;
const PREVIOUS = 26;

/**
 * @typedef {{[name: string]: unknown}} Details
 * @typedef {{values: (string | number | null | Details)[], hash: string, place: number | null, path: string[]}} Entry
 * @typedef {{format: string, card_id: string, public_key: string | null, checkpoint: string | null,
 *   entries: Entry[], next_after: number | null}} Proof
 * @typedef {{entries: number, anchored: number, isSigned: boolean | null, key: string | null}} Checked
 */

/** Says that a proof does not show what it should. */
export class ProofFaulty extends Error {}

const encoder = new TextEncoder();

/** @param {Uint8Array<ArrayBuffer>} bytes */
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

/** @param {string} text */
const fromHex = (text) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** @param {...(Uint8Array | number[])} parts */
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

/**
 * A value as it is hashed: objects with sorted keys.
 * @param {unknown} value
 * @returns {string}
 */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${pairs.map(([key, held]) => `${JSON.stringify(key)}:${canonical(held)}`).join()}}`;
}

/** @param {unknown[]} values */
export const entryHash = async (values) => {
  const domain = values.length === VALUES_OF_FORM_1 ? DOMAIN : DOMAIN_OF_DETAILS;
  return toHex(await sha256(encoder.encode(domain + canonical(values))));
};

/**
 * The root that a path of RFC 6962 leads to.
 * @param {Uint8Array} leaf
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array[]} path
 */
export async function rootOf(leaf, index, size, path) {
  let place = index;
  let last = size - 1;
  let found = await sha256(joined([0], leaf));
  for (const step of path) {
    if (last === 0) throw new ProofFaulty("a path is too long");
    const isRight = place % 2 === 1 || place === last;
    found = await sha256(isRight ? joined([1], step, found) : joined([1], found, step));
    while (isRight && place % 2 === 0 && place > 0) {
      place = Math.floor(place / 2);
      last = Math.floor(last / 2);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new ProofFaulty("a path is too short");
  return found;
}

/**
 * Whether a checkpoint is signed by a key told as name+id+key; null where the browser can't say.
 * @param {string} note
 * @param {string} key
 */
export async function isSigned(note, key) {
  const [name, id, ...rest] = key.split("+");
  const material = fromBase64(rest.join("+"));
  const expected = (await sha256(joined(encoder.encode(`${name}\n`), material))).slice(0, 4);
  if (material[0] !== ED25519 || toHex(expected) !== id)
    throw new ProofFaulty("the key is damaged");
  const [text, signatures] = parted(note);
  const line = signatures.split("\n").find((one) => one.startsWith(`\u2014 ${name} `));
  const signature = line ? fromBase64(line.split(" ")[2] ?? "") : new Uint8Array();
  if (toHex(signature.slice(0, 4)) !== id) throw new ProofFaulty("another key has signed");
  /** @type {CryptoKey} */
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, [
      "verify",
    ]);
  } catch {
    return null;
  }
  const told = encoder.encode(text);
  if (!(await crypto.subtle.verify("Ed25519", imported, signature.slice(4), told))) {
    throw new ProofFaulty("the signature does not fit");
  }
  return true;
}

/** @param {string} note */
function parted(note) {
  const at = note.lastIndexOf("\n\n");
  return [note.slice(0, at + 1), note.slice(at + 2)];
}

/**
 * Check one part of a proof; `before` is the last entry of the part before it. Throws ProofFaulty.
 * @param {Proof} proof
 * @param {Entry | null} before
 * @returns {Promise<Checked>}
 */
export async function check(proof, before = null) {
  if (proof.format !== FORMAT) throw new ProofFaulty("this is another kind of proof");
  let last = before;
  for (const entry of proof.entries) {
    await checkEntry(entry, last, proof.card_id);
    last = entry;
  }
  const anchored = proof.entries.filter((entry) => entry.place !== null);
  if (proof.checkpoint === null) {
    return { entries: proof.entries.length, anchored: 0, isSigned: null, key: null };
  }
  const lines = proof.checkpoint.split("\n");
  const size = Number(lines[1]);
  const root = toHex(fromBase64(lines[2] ?? ""));
  for (const { hash, place, path } of anchored) {
    if (place === null || place >= size) throw new ProofFaulty("an entry stands outside");
    const found = await rootOf(fromHex(hash), place, size, path.map(fromHex));
    if (toHex(found) !== root) throw new ProofFaulty("an entry is not in the checkpoint");
  }
  const key = proof.public_key;
  return {
    entries: proof.entries.length,
    anchored: anchored.length,
    isSigned: key === null ? null : await isSigned(proof.checkpoint, key),
    key,
  };
}

/**
 * @param {Entry} entry
 * @param {Entry | null} before
 * @param {string} cardId
 */
async function checkEntry({ values, hash }, before, cardId) {
  if ((await entryHash(values)) !== hash) throw new ProofFaulty("an entry has another hash");
  if (values[CARD] !== cardId) throw new ProofFaulty("an entry is another card's");
  const number = (/** @type {number} */ place, from = values) => Number(from[place]);
  if (!before) {
    const isFirst = number(SEQUENCE) === 1 && values[PREVIOUS] === "0".repeat(64);
    if (!isFirst) throw new ProofFaulty("the beginning is missing");
    return;
  }
  const follows = number(SEQUENCE) === number(SEQUENCE, before.values) + 1;
  if (!follows || values[PREVIOUS] !== before.hash) throw new ProofFaulty("an entry is missing");
  const stamps = number(STAMPS_AFTER, before.values) + number(STAMPS_DELTA);
  const points = number(POINTS_AFTER, before.values) + number(POINTS_DELTA);
  if (stamps !== number(STAMPS_AFTER) || points !== number(POINTS_AFTER)) {
    throw new ProofFaulty("a balance does not add up");
  }
}
