// What the device keeps, in IndexedDB: strictly, so that what was promised outlives a power cut.

import { get, set, update } from "../../vendor/idb-keyval-6.3.0/dist/index.js";

const DATABASE = "punchcard-terminal";
const TABLE = "kept";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opening ??= /** @type {Promise<IDBDatabase>} */ (
    new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        request.result.onclose = () => {
          opening = null;
        };
        resolve(request.result);
      };
    })
  ).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => T | PromiseLike<T>} work
 * @returns {Promise<T>}
 */
async function table(mode, work) {
  const database = await open();
  return work(database.transaction(TABLE, mode, { durability: "strict" }).objectStore(TABLE));
}

const neighbours =
  "BroadcastChannel" in globalThis ? new BroadcastChannel("punchcard-terminal") : null;

/**
 * Read one thing; undefined when it is not kept.
 * @param {string} name
 */
export const read = (name) => get(name, table);

/**
 * Keep one thing. Resolves when it is safe.
 * @param {string} name
 * @param {any} value
 */
export async function keep(name, value) {
  await set(name, value, table);
  neighbours?.postMessage(name);
}

/**
 * Change one thing in a single step, also against other tabs; returns it as it is then.
 * @param {string} name
 * @param {(value: any) => any} work makes what is kept from what was
 */
export async function change(name, work) {
  /** @type {any} */
  let after;
  await update(
    name,
    (/** @type {any} */ before) => {
      after = work(before);
      return after;
    },
    table,
  );
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

/** @param {IDBTransaction} transaction */
function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/**
 * Call `listener` with the name of what another tab has changed.
 * @param {(name: string) => void} listener
 */
export function onChangeElsewhere(listener) {
  if (neighbours) neighbours.onmessage = (event) => listener(event.data);
}

/**
 * Run `work` in one tab at a time.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(`punchcard-${name}`, work) : work();
}
