// What the device keeps, in IndexedDB: strictly, so that what was promised outlives a power cut.

import { get, set, update } from "../../vendor/idb-keyval-6.3.0/dist/index.js";

const DATABASE = "punchcard-terminal";
const TABLE = "kept";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.onclose = () => (opening = null);
      resolve(request.result);
    };
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

async function table(mode, work) {
  const database = await open();
  return work(database.transaction(TABLE, mode, { durability: "strict" }).objectStore(TABLE));
}

const neighbours =
  "BroadcastChannel" in globalThis ? new BroadcastChannel("punchcard-terminal") : null;

/** Read one thing; undefined when it is not kept. */
export const read = (name) => get(name, table);

/** Keep one thing. Resolves when it is safe. */
export async function keep(name, value) {
  await set(name, value, table);
  neighbours?.postMessage(name);
}

/**
 * Change one thing in a single step, also against other tabs; returns it as it is then.
 * @param {string} name
 * @param {(value: any) => any} change
 */
export async function change(name, work) {
  let after;
  await update(name, (before) => (after = work(before)), table);
  neighbours?.postMessage(name);
  return after;
}

/**
 * Forget everything but these, in a single step.
 * @param {Record<string, any>} kept by their names
 */
export async function forgetAllBut(kept) {
  await table("readwrite", (store) => {
    store.clear();
    for (const [name, value] of Object.entries(kept)) store.put(value, name);
    return finished(store.transaction);
  });
  neighbours?.postMessage("everything");
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Call `listener` with the name of what another tab has changed. */
export function onChangeElsewhere(listener) {
  if (neighbours) neighbours.onmessage = (event) => listener(event.data);
}

/** Run `work` in one tab at a time. */
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(`punchcard-${name}`, work) : work();
}
