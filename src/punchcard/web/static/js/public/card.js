// The customer's card: follows each stamp, and shows the code large and bright.

const MOVES_EVERY_MS = 10_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * A card of the server's as `data-state` of the front has it.
 * @param {{stamps: number, points: number, rewards_ready: number, status: string,
 *   tier?: {key: string, progress: number} | null}} card
 */
export const stateOf = (card) => {
  const tier = card.tier ? [`${card.tier.key}.${card.tier.progress}`] : [];
  return [card.stamps, card.points, card.rewards_ready, ...tier, card.status].join("/");
};

/**
 * @typedef {Pick<EventSource, "addEventListener" | "close" | "readyState">} Source
 * @typedef {{new (url: string): Source, readonly CLOSED: number}} SourceClass
 */

/**
 * Calls `tell` with each state of a card while the page is looked at; `look` where the server keeps
 * no line open, less and less often, and when the program changed.
 * @param {object} tools
 * @param {SourceClass} tools.Source
 * @param {string} tools.url
 * @param {Pick<Document, "hidden" | "addEventListener">} tools.page
 * @param {(state: string) => unknown} tools.tell
 * @param {() => unknown} tools.look
 * @param {(work: () => void, ms: number) => unknown} [tools.wait]
 * @returns {() => void} what ends it
 */
export function follow({ Source, url, page, tell, look, wait = setTimeout }) {
  /** @type {Source | null} */
  let source = null;
  let pause = FIRST_PAUSE_MS;
  const stop = () => {
    source?.close();
    source = null;
  };
  const start = () => {
    if (source || page.hidden) return;
    const opened = new Source(url);
    source = opened;
    opened.addEventListener("card", (event) => {
      pause = FIRST_PAUSE_MS;
      tell(stateOf(JSON.parse(event.data)));
    });
    opened.addEventListener("program", () => look());
    // The browser mends a broken line, not a refused one.
    opened.addEventListener("error", () => {
      if (source !== opened || opened.readyState !== Source.CLOSED) return;
      source = null;
      wait(() => {
        if (page.hidden) return;
        look();
        start();
      }, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  page.addEventListener("visibilitychange", () => (page.hidden ? stop() : start()));
  start();
  return stop;
}

/**
 * The element with an id; throws where there is none.
 * @param {string} id
 * @param {Document} page
 */
function by(id, page = document) {
  const element = page.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

let isLooking = false;
let mustLookAgain = false;

/** Put what a stamp changes in place of what is shown. */
async function look() {
  mustLookAgain = isLooking;
  if (isLooking) return;
  isLooking = true;
  try {
    const answer = await fetch(by("front").dataset.path ?? "", {
      headers: { "HX-Request": "true" },
    });
    // The card was replaced or is gone: its page says so.
    if ([404, 410].includes(answer.status)) return location.reload();
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Without a line the page stays as it is.
  } finally {
    isLooking = false;
  }
  if (mustLookAgain) look();
}

/**
 * The card's status and whether it counts at all: the last parts of what is compared.
 * @param {HTMLElement} front
 */
const statusOf = ({ dataset }) =>
  [dataset.state, dataset.program].map((state) => state?.split("/").at(-1)).join();

/** @param {Document} news the page as it is now */
function show(news) {
  const before = by("front");
  const after = by("front", news);
  const isOld = before.dataset.state === after.dataset.state;
  if (isOld && before.dataset.program === after.dataset.program) return;
  // A card that was blocked has no code, one that was unblocked has one again.
  if (statusOf(before) !== statusOf(after)) return location.reload();
  const had = before.querySelectorAll(".full").length;
  for (const [place, hole] of after.querySelectorAll(".full").entries()) {
    hole.classList.toggle("new", place >= had);
  }
  after.classList.add("arrived");
  before.replaceWith(after);
  by("around").replaceWith(by("around", news));
  by("told").textContent = after.dataset.told ?? "";
}

/**
 * Let the code move on: a picture of it is soon worth nothing.
 * @param {HTMLImageElement} code
 */
function keepMoving(code) {
  const [address] = code.src.split("?");
  setInterval(() => {
    if (document.hidden) return;
    const next = new Image();
    next.addEventListener("load", () => {
      for (const picture of document.querySelectorAll(".qr-frame img")) {
        picture.setAttribute("src", next.src);
      }
    });
    next.src = `${address}?at=${Date.now()}`;
  }, MOVES_EVERY_MS);
}

/**
 * Offer the code on a white screen that stays on.
 * @param {HTMLElement} button
 * @param {HTMLDialogElement} dialog
 */
function brighten(button, dialog) {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  const stayAwake = async () => {
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    by("wake-note").textContent = (lock && button.dataset.wake) ?? "";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const code = document.querySelector(".code .qr-frame > *")?.cloneNode(true);
    if (!(code instanceof Element)) return;
    code.removeAttribute("id");
    dialog.querySelector(".qr-frame")?.replaceChildren(code);
    dialog.showModal();
    stayAwake();
  });
  dialog.addEventListener("close", () => lock?.release());
  // Browsers let go of the screen whenever the page is left.
  document.addEventListener("visibilitychange", () => {
    if (dialog.open && !document.hidden) stayAwake();
  });
}

/**
 * Offer to keep the card on the home screen where the browser lets a page offer it.
 * @param {HTMLElement} button
 */
function offerInstall(button) {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    button.hidden = false;
    button.onclick = () => event.prompt();
  });
}

if (globalThis.document) {
  const front = by("front");
  const tell = (/** @type {string} */ state) => state !== by("front").dataset.state && look();
  const stop = follow({
    Source: EventSource,
    url: front.dataset.events ?? "",
    page: document,
    tell,
    look,
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  const code = document.getElementById("moving-code");
  if (code instanceof HTMLImageElement) keepMoving(code);
  const button = document.getElementById("brighten");
  const bright = document.getElementById("bright");
  if (button && bright instanceof HTMLDialogElement) brighten(button, bright);
  offerInstall(by("install"));
}
