// What the terminal does, without a screen: pairs, opens shifts, finds cards, queues and asks.

import { Refusal } from "./api.js";
import { createFinder } from "./finder.js";
import { useTimeZone } from "./format.js";
import { newKey } from "./key.js";
import { proofOf, proved, signed, vouched } from "./proofs.js";
import { added, emptyBook, keyOf, takenBack, withdrawn } from "./queue.js";
import { notKept } from "./refusals.js";
import { opened } from "./shift_rules.js";
import { readShop } from "./shop.js";

const LOYALTY = "/vendor/loyalty";
/** How long somebody looks at the screen until a stamp that got no answer counts as queued. */
const ANSWER_MS = 5000;
/** After so long the shop is read again when a shift begins. */
const READ_AGAIN_MS = 5 * 60_000;

/** @param {Terminal.App} app */
export function createServerClient(app) {
  const { store, api, clock } = app;
  const { find, rememberCard } = createFinder(app);

  /**
   * @param {(book: Terminal.Book) => Terminal.Book} work
   * @returns {Promise<Terminal.Book>} the book as it is then
   */
  async function setBook(work) {
    const book = await store.change("book", (before) => work(before ?? emptyBook()));
    app.state.book = book;
    app.changed("book");
    return book;
  }

  /**
   * @param {string} code
   * @param {string} name of the device
   */
  async function pair(code, name) {
    // What this device still keeps may lie before it is paired anew: the server knows it by that.
    const former = app.state.device?.token;
    const { token, device } = await api.post("/devices/pair", {
      ...{ code, name },
      ...(former ? { former_token: former } : {}),
    });
    const paired = { ...device, token, is_revoked: false };
    app.state.device = paired;
    await store.keep("device", paired);
    const me = await api.get("/auth/me");
    app.state.device = { ...paired, vendor_id: me.vendor_id };
    await store.keep("device", app.state.device);
    // Whoever stood here proved it to the pairing before.
    await setShift(null);
    await refreshShop();
    app.replay.resume();
  }

  /** Read again what the shop is: its name, programs, rewards and people. */
  async function refreshShop() {
    const { device } = app.state;
    if (!device) return;
    const shop = await readShop(api, device.location_id, clock.now());
    useTimeZone(shop.timezone);
    app.state.shop = shop;
    await store.keep("shop", shop);
    app.changed("shop");
  }

  /**
   * @param {string} pin
   * @param {string | null | undefined} staffId the one who was tapped, if anybody
   */
  async function openShift(pin, staffId) {
    const asked = staffId ? { pin, staff_id: staffId } : { pin };
    const verified = await api.post(`${LOYALTY}/pins/verify`, asked);
    const shift = opened(verified, clock.now(), app.state.settings.idle_ms);
    await setShift(shift);
    await setBook((book) => proved(book, shift.pin_id, shift.token));
    app.replay.now();
    if (clock.now() - (app.state.shop?.read_at ?? 0) > READ_AGAIN_MS) app.refresh();
  }

  /** @param {Terminal.Shift | null} shift */
  async function setShift(shift) {
    app.state.shift = shift;
    await store.keep("shift", shift);
  }

  /**
   * Queue a stamp or an earning, then send it if the line is up.
   * @param {Terminal.OperationFields} fields
   * @param {Terminal.Label} label
   * @returns {Promise<Terminal.Submitted>}
   */
  async function submit(fields, label) {
    const { device, shift } = app.state;
    /** @type {Terminal.Operation} */
    const body = {
      ...fields,
      idempotency_key: newKey(),
      occurred_at: new Date(clock.now()).toISOString(),
    };
    const entry = signed(shift, { body, label, vendor_id: device?.vendor_id });
    try {
      await setBook((book) => added(book, entry));
    } catch (error) {
      return { kind: "refused", key: keyOf(entry), problem: { detail: notKept(error) } };
    }
    const sending = app.replay.now();
    if (app.line.isUp())
      await Promise.race([sending, new Promise((done) => setTimeout(done, ANSWER_MS))]);
    const key = keyOf(entry);
    /** @type {Terminal.Book} */
    const book = (await store.read("book")) ?? emptyBook();
    const done = book.done.find((one) => keyOf(one) === key);
    if (!done) return { kind: "queued", key };
    if (!done.receipt) return { kind: "refused", key, problem: done.problem ?? {} };
    await rememberCard(done.receipt.card);
    return { kind: "accepted", key, receipt: done.receipt };
  }

  /**
   * Ask for what needs the line. Without an answer nobody knows: `again()` asks under the same key.
   * @param {string} path
   * @param {object} body
   * @returns {Promise<Terminal.Outcome<any>>}
   */
  async function direct(path, body, key = newKey()) {
    try {
      const answer = await api.post(`${LOYALTY}${path}`, body, { key });
      const card = answer.card ?? answer;
      if (card.number) await rememberCard(card);
      return { kind: "accepted", answer };
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) app.revoked();
      if (error instanceof Refusal) return { kind: "refused", problem: error.problem };
      return { kind: "unknown", again: () => direct(path, body, key) };
    }
  }

  const proof = () => proofOf(app.state.shift);

  /**
   * What became of taking an entry back, once the book knows it.
   * @param {string} id of the entry
   * @param {Terminal.Outcome<Terminal.Receipt>} outcome
   * @returns {Promise<Terminal.Outcome<Terminal.Receipt>>}
   */
  async function noted(id, outcome) {
    if (outcome.kind === "accepted") await setBook((book) => takenBack(book, id));
    return outcome.kind === "unknown"
      ? { ...outcome, again: async () => noted(id, await outcome.again()) }
      : outcome;
  }

  /**
   * Take back what was queued; false when it may have been sent.
   * @param {string} key
   */
  const withdraw = (key) =>
    store.alone("replay", async () => {
      const before = (await store.read("book")) ?? emptyBook();
      const after = await setBook((book) => withdrawn(book, key));
      return after.queue.length < before.queue.length;
    });

  /**
   * Let the person of the open shift vouch for what was refused for want of a proof.
   * @param {string} key
   */
  async function vouch(key) {
    const { shift } = app.state;
    const now = new Date(clock.now()).toISOString();
    if (shift) await setBook((book) => vouched(book, key, shift, now));
  }

  return {
    ...{ pair, refreshShop, openShift, setShift, find, submit, setBook, rememberCard },
    ...{ withdraw, vouch, direct },
    /**
     * @param {string} card
     * @param {number} [at] of a reward before that of the full card, its stamps
     */
    redeemStamps: (card, at) => direct("/stamp/redeem", { card, at, ...proof() }),
    /** @type {(card: string, rewardId: string) => Promise<Terminal.Outcome<any>>} */
    redeemReward: (card, rewardId) =>
      direct("/points/redeem", { card, reward_id: rewardId, ...proof() }),
    /**
     * @param {string} id of the entry
     * @param {string} reason
     */
    voidEntry: async (id, reason) =>
      noted(id, await direct(`/transactions/${id}/void`, { reason, ...proof() })),
    /** @param {object} fields */
    enrol: (fields) => direct("/cards", { ...fields, ...proof() }),
  };
}
