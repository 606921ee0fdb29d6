// The page of a card's proof: loads it part by part, checks it, and remembers what it saw.

import { check, ProofFaulty } from "./proof.js";

/**
 * What a browser keeps of a check, so that it notices if the past is another one next time.
 * @typedef {{key: string | null, sequence: number, hash: string}} Seen
 */

const SEQUENCE = 5;

/**
 * Load and check all parts. Throws ProofFaulty, and TypeError without a line.
 * @param {string} path
 * @param {Seen | null} seen
 */
async function checkAll(path, seen) {
  let [entries, anchored, after] = [0, 0, 0];
  let isSigned = /** @type {boolean | null} */ (null);
  let key = /** @type {string | null} */ (null);
  let hasCheckpoint = false;
  let isStillThere = seen === null;
  let last = /** @type {import("./proof.js").Entry | null} */ (null);
  for (let next = /** @type {number | null} */ (0); next !== null; ) {
    const answer = await fetch(`${path}?after=${after}&limit=100`);
    if (!answer.ok) throw new TypeError(answer.statusText);
    const proof = /** @type {import("./proof.js").Proof} */ (await answer.json());
    const checked = await check(proof, last);
    entries += checked.entries;
    anchored += checked.anchored;
    ({ isSigned, key } = checked);
    hasCheckpoint = proof.checkpoint !== null;
    isStillThere ||= proof.entries.some(
      ({ values, hash }) => values[SEQUENCE] === seen?.sequence && hash === seen?.hash,
    );
    last = proof.entries.at(-1) ?? last;
    next = proof.next_after;
    after = next ?? after;
  }
  if (!isStillThere) throw new ProofFaulty("what was seen before is not there any more");
  if (seen?.key && seen.key !== key) throw new ProofFaulty("another key signs now");
  const now = last && { key, sequence: Number(last.values[SEQUENCE]), hash: last.hash };
  return { entries, anchored, isSigned, hasCheckpoint, now };
}

/**
 * @param {string} name
 * @returns {Seen | null}
 */
function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {Seen | null} seen
 */
function remember(name, seen) {
  try {
    if (seen) localStorage.setItem(name, JSON.stringify(seen));
  } catch {
    // A browser that keeps nothing checks for the first time each time.
  }
}

/**
 * Tell what was found in the page's own words: the names of the section's `data-…`.
 * @param {DOMStringMap} words
 * @param {string} path
 * @param {(sentences: string[], isGood: boolean) => void} tell
 */
export async function run(words, path, tell) {
  const say = (/** @type {string[]} */ ...names) => names.map((name) => words[name] ?? "");
  if (!globalThis.crypto?.subtle) return tell(say("incapable"), false);
  const kept = `proof of ${path}`;
  const seen = remembered(kept);
  try {
    const found = await checkAll(path, seen);
    const named = ["entries"];
    if (found.hasCheckpoint) {
      if (found.anchored) named.push("anchored");
      if (found.anchored < found.entries) named.push("newer");
      named.push(found.isSigned ? "signed" : "unsigned", seen ? "same" : "first");
    } else named.push("none");
    remember(kept, found.now);
    tell(say(...named), true);
  } catch (error) {
    if (error instanceof ProofFaulty) tell(say("faulty"), false);
    else tell(say("away"), false);
  }
}

const section = document.getElementById("proof");
const button = document.getElementById("check");
const list = document.getElementById("found");
if (section && button && list) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    await run(section.dataset, section.dataset.path ?? "", (sentences, isGood) => {
      list.dataset.state = isGood ? "good" : "bad";
      list.replaceChildren(
        ...sentences.map((sentence) => {
          const item = document.createElement("li");
          item.textContent = sentence;
          return item;
        }),
      );
    });
    button.removeAttribute("aria-busy");
  });
}
