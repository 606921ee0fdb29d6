// What the terminal does, without a screen: pairs, opens shifts, finds cards, queues and asks.

import { LineDown, Refusal } from "./api.js";
import { numberOf, readCode } from "./codes.js";
import { useTimeZone } from "./format.js";
import { digestOf, emptyKnown, recalled, remembered, tokenIn } from "./known.js";
import { added, emptyBook, keyOf, seen, takenBack, vouched, withdrawn } from "./queue.js";
import { opened } from "./shift_rules.js";
import { t } from "./texts.js";

const LOYALTY = "/vendor/loyalty";
/** How long somebody looks at the screen until a stamp that got no answer counts as queued. */
const ANSWER_MS = 5000;
/** After so long the shop is read again when a shift begins. */
const READ_AGAIN_MS = 5 * 60_000;

/** A UUID of version 4; also where the browser's own is kept from pages without TLS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Why something could not be written down; nothing was done then. */
function notKept(error) {
  if (error instanceof RangeError)
    return t("Too much waits on this device already. Nothing was done.");
  return t("This device could not write it down. Nothing was done.");
}

/**
 * @param {object} app with `state`, `store`, `api`, `clock`, `replay`
 */
export function createDesk(app) {
  const { store, api, clock } = app;

  async function setBook(work) {
    app.state.book = await store.change("book", (book) => work(book ?? emptyBook()));
    app.changed("book");
    return app.state.book;
  }

  async function pair(code, name) {
    const { token, device } = await api.post("/devices/pair", { code, name });
    app.state.device = { ...device, token, is_revoked: false };
    await store.keep("device", app.state.device);
    const me = await api.get("/auth/me");
    app.state.device = { ...app.state.device, vendor_id: me.vendor_id };
    await store.keep("device", app.state.device);
    await refreshShop();
    app.replay.resume();
  }

  /** Read again what the shop is: its name, programs, rewards and people. */
  async function refreshShop() {
    const { location_id } = app.state.device;
    const [vendor, place, programs, pins] = await Promise.all([
      api.get("/vendor"),
      api.get(`/vendor/locations/${location_id}`),
      all(`${LOYALTY}/programs`),
      all(`${LOYALTY}/pins`),
    ]);
    const active = programs.filter((program) => program.status === "active");
    const withPoints = active.filter((program) => program.type !== "stamps");
    const rewards = await Promise.all(
      withPoints.map(({ id }) => all(`${LOYALTY}/programs/${id}/rewards`)),
    );
    const people = pins.map(({ id, name, program_id }) => ({ id, name, program_id }));
    const shop = {
      name: vendor.name,
      location: place.name,
      currency: vendor.currency,
      timezone: vendor.timezone,
      people,
    };
    useTimeZone(shop.timezone);
    app.state.shop = { ...shop, programs: active, rewards: rewards.flat(), read_at: clock.now() };
    await store.keep("shop", app.state.shop);
    app.changed("shop");
  }

  async function all(path) {
    const items = [];
    let cursor = null;
    do {
      const page = await api.get(
        `${path}?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
      );
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  }

  async function openShift(pin, staffId) {
    const asked = staffId ? { pin, staff_id: staffId } : { pin };
    const verified = await api.post(`${LOYALTY}/pins/verify`, asked);
    await setShift(opened(verified, clock.now()));
    app.replay.now();
    if (clock.now() - (app.state.shop?.read_at ?? 0) > READ_AGAIN_MS) app.refresh();
  }

  async function setShift(shift) {
    app.state.shift = shift;
    await store.keep("shift", shift);
  }

  /**
   * Find what a code names. `isStale` tells that a card is shown as it was seen last.
   * @returns {Promise<{cards: object[], isStale: boolean, isUnknown: boolean, read: object}>}
   */
  async function find(text) {
    const read = readCode(text);
    if (read.kind === "nothing") return { cards: [], isStale: false, isUnknown: false, read };
    try {
      const { items } = await api.get(
        `${LOYALTY}/cards/lookup?code=${encodeURIComponent(text.trim())}`,
      );
      await Promise.all(items.map(rememberCard));
      return { cards: items, isStale: false, isUnknown: false, read };
    } catch (error) {
      if (!(error instanceof LineDown)) throw error;
      const canWait = read.kind === "card" || read.kind === "moving";
      const card = canWait ? await recall(read.code) : null;
      return { cards: card ? [card] : [], isStale: true, isUnknown: canWait && !card, read };
    }
  }

  async function recall(code) {
    const wanted = { number: numberOf(code), digest: await digestOf(code) };
    return recalled((await store.read("known")) ?? emptyKnown(), wanted, clock.now());
  }

  async function rememberCard(card) {
    const digest = await digestOf(tokenIn(card.public_url));
    await store.change("known", (known) =>
      remembered(known ?? emptyKnown(), card, digest, clock.now()),
    );
  }

  /**
   * Queue a stamp or an earning, then send it if the line is up.
   * @param {object} fields of the operation
   * @param {object} label what is shown of it: number, name, program
   * @returns {Promise<{kind: "accepted" | "refused" | "queued", key: string, receipt?: object, problem?: object}>}
   */
  async function submit(fields, label) {
    const { device, shift } = app.state;
    const body = {
      ...fields,
      idempotency_key: newKey(),
      occurred_at: new Date(clock.now()).toISOString(),
    };
    if (shift) body.staff_token = shift.token;
    const entry = { body, label, vendor_id: device.vendor_id, staff_name: shift?.name ?? null };
    try {
      await setBook((book) => added(book, entry));
    } catch (error) {
      return { kind: "refused", key: keyOf(entry), problem: { detail: notKept(error) } };
    }
    const sending = app.replay.now();
    if (app.line.isUp())
      await Promise.race([sending, new Promise((done) => setTimeout(done, ANSWER_MS))]);
    const key = keyOf(entry);
    const book = (await store.read("book")) ?? emptyBook();
    const done = book.done.find((one) => keyOf(one) === key);
    if (!done) return { kind: "queued", key };
    await setBook((now) => seen(now, key));
    if (done.receipt) await rememberCard(done.receipt.card);
    return { kind: done.status, key, receipt: done.receipt, problem: done.problem };
  }

  /**
   * Ask for what needs the line. Without an answer nobody knows: `again()` asks under the same key.
   * @returns {Promise<{kind: "accepted" | "refused" | "unknown", answer?: any, problem?: object, again?: Function}>}
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

  const proof = () => (app.state.shift ? { staff_token: app.state.shift.token } : {});

  /** What became of taking an entry back, once the book knows it, too. */
  async function noted(id, outcome) {
    if (outcome.kind === "accepted") await setBook((book) => takenBack(book, id));
    return outcome.again
      ? { ...outcome, again: async () => noted(id, await outcome.again()) }
      : outcome;
  }

  return {
    ...{ pair, refreshShop, openShift, setShift, find, submit, setBook, rememberCard },
    redeemStamps: (card) => direct("/stamp/redeem", { card, ...proof() }),
    redeemReward: (card, rewardId) =>
      direct("/points/redeem", { card, reward_id: rewardId, ...proof() }),
    voidEntry: async (id, reason) =>
      noted(id, await direct(`/transactions/${id}/void`, { reason, ...proof() })),
    enrol: (fields) => direct("/cards", fields),
    /** Take back what was queued; false when it may have been sent. */
    async withdraw(key) {
      return store.alone("replay", async () => {
        const before = (await store.read("book")) ?? emptyBook();
        const after = await setBook((book) => withdrawn(book, key));
        return after.queue.length < before.queue.length;
      });
    },
    vouch: (key) =>
      setBook((book) => vouched(book, key, app.state.shift.token, app.state.shift.name)),
  };
}
