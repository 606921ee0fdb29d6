// A pad of large keys, for PINs and for amounts; the keyboard's keys press them too.

import { h, icon } from "./dom.js";
import { t } from "./texts.js";

/**
 * @param {object} options
 * @param {(key: string) => void} options.onKey a digit or "back"
 * @returns {HTMLElement}
 */
export function keypad({ onKey }) {
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "back"];
  return h("div", { class: "keypad" }, ...keys.map((key) => keyOf(key, onKey)));
}

/**
 * @param {string} key
 * @param {(key: string) => void} onKey
 */
function keyOf(key, onKey) {
  if (!key) return h("span", {});
  const isBack = key === "back";
  const attributes = {
    type: "button",
    class: "key",
    onclick: () => onKey(key),
    // A finger leaves the focus where it was: Enter after it means the whole, not this key again.
    onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
    "aria-label": isBack ? t("Delete the last digit") : null,
  };
  return h("button", attributes, isBack ? icon("delete") : key);
}

/** What empties each pad that hears the keyboard now. @type {Set<() => void>} */
const pads = new Set();

/** Whether a pad hears the keyboard. */
export const isPadOpen = () => pads.size > 0;

/** Empty every pad: what came there was a hand scanner's. */
export function clearPads() {
  for (const clear of pads) clear();
}

/** More keys than any pad keeps. */
const MOST_KEYS = 40;

/**
 * Hear the keyboard for a pad; returns what stops it.
 * @param {(key: string) => void} onKey also gets "Enter", "," and ".""
 */
export function hearKeys(onKey) {
  const hear = (/** @type {KeyboardEvent} */ event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector("dialog[open]:not(.pad)")
    )
      return;
    if (event.target instanceof HTMLInputElement) return;
    const isButton = event.target instanceof HTMLButtonElement;
    const key = event.key === "Backspace" ? "back" : event.key;
    if (!/^[0-9.,]$|^back$|^Enter$/.test(key) || (key === "Enter" && isButton)) return;
    event.preventDefault();
    onKey(key);
  };
  const clear = () => {
    for (let left = MOST_KEYS; left > 0; left -= 1) onKey("back");
  };
  addEventListener("keydown", hear);
  pads.add(clear);
  return () => {
    removeEventListener("keydown", hear);
    pads.delete(clear);
  };
}
