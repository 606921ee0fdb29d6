// Small helpers to build what stands on the screen; texts are only ever set as text.

/**
 * Make an element: h("button", {class: "big", onclick: press}, "Stamp").
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} attributes functions are listeners, false and null are left out
 * @param {...Terminal.Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * The element of the page with an id. Throws where there is none.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * A drawing of the shell's, by its name. Throws where there is none.
 * @param {string} name
 */
export function icon(name) {
  const icons = /** @type {HTMLTemplateElement} */ (byId("icons"));
  const kept = icons.content.querySelector(`[data-icon="${name}"] svg`);
  if (!kept) throw new Error(`the shell has no drawing ${name}`);
  return kept.cloneNode(true);
}

/**
 * What a program's stamps bear: a tick for those that chose nothing this shell knows.
 * @param {Terminal.Branding} branding
 */
export function stampIcon(branding) {
  const icons = /** @type {HTMLTemplateElement} */ (byId("icons"));
  const name = `symbol-${branding.stamp_symbol}`;
  return icon(icons.content.querySelector(`[data-icon="${name}"]`) ? name : "symbol-check");
}

/**
 * A button with words, and a drawing if it is named.
 * @param {string | null} name
 * @param {string} words
 * @param {(event: MouseEvent) => unknown} onclick
 * @param {Record<string, any>} attributes
 */
export function button(name, words, onclick, attributes = {}) {
  return h(
    "button",
    { type: "button", onclick, ...attributes },
    name && icon(name),
    h("span", {}, words),
  );
}

/**
 * A button of a drawing alone.
 * @param {string} name
 * @param {string} label what it does
 * @param {(event: MouseEvent) => unknown} onclick
 * @param {Record<string, any>} attributes
 */
export function iconButton(name, label, onclick, attributes = {}) {
  const classes = ["icon", attributes.class].filter(Boolean).join(" ");
  const all = {
    type: "button",
    "aria-label": label,
    title: label,
    onclick,
    ...attributes,
    class: classes,
  };
  return h("button", all, icon(name));
}

/**
 * A sentence in a box whose colour and drawing tell its kind.
 * @param {Terminal.Kind} kind
 * @param {...Terminal.Child} content
 */
export function notice(kind, ...content) {
  const name = { good: "check", warn: "info", bad: "triangle-alert" }[kind];
  const role = kind === "bad" ? "alert" : "status";
  return h("div", { class: `notice ${kind}`, role }, icon(name), h("div", {}, ...content));
}

/**
 * A labelled field; the input is `field.querySelector("input")`.
 * @param {string} label
 * @param {Record<string, any>} attributes of the input; `name` is needed
 * @param {string} hint
 */
export function field(label, attributes, hint = "") {
  const id = `field-${attributes.name}`;
  const tied = hint ? { "aria-describedby": `${id}-hint` } : {};
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("input", { id, autocomplete: "off", ...tied, ...attributes }),
    hint && h("small", { id: `${id}-hint` }, hint),
  );
}

/**
 * Bring an element before the eyes, and the focus with it.
 * @param {HTMLElement | null} element
 */
export function intoSight(element) {
  if (!element) return;
  if (!element.matches("button, input, select, a")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

/**
 * Draw a place of the screen anew; the button that has the focus there has it afterwards.
 * @param {HTMLElement} place
 * @param {() => void} draw
 */
export function keepFocus(place, draw) {
  const nameOf = (/** @type {Element | null} */ one) =>
    one && `${one.className} ${one.getAttribute("aria-label") ?? ""}`;
  const had = place.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  draw();
  if (!had) return;
  for (const one of place.querySelectorAll("button")) if (nameOf(one) === had) one.focus();
}

/**
 * Say in a place of the screen what went wrong there, and bring it before the eyes.
 * @param {HTMLElement} place
 * @param {...Terminal.Child} content
 */
export function tellHere(place, ...content) {
  place.replaceChildren(...content.filter((one) => one instanceof Node));
  intoSight(/** @type {HTMLElement | null} */ (place.firstElementChild));
}

/**
 * Say something to those who cannot see the screen.
 * @param {string} words
 */
export function say(words) {
  byId("said").textContent = words;
}

/**
 * Ask in a dialog; resolves to what `close(value)` was called with, null when it was left.
 * @param {string} title
 * @param {(close: (value: any) => void) => Terminal.Child[]} fill
 * @param {string} leave the word on the button that leaves it
 * @param {string} kind a class of the dialog
 * @returns {Promise<any>}
 */
export function ask(title, fill, leave, kind = "") {
  return new Promise((resolve) => {
    /** @type {any} */
    let answer = null;
    const close = (/** @type {any} */ value) => {
      answer = value;
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: `ask ${kind}`, "aria-labelledby": "ask-title" },
      h(
        "div",
        { class: "ask-head" },
        h("h2", { id: "ask-title" }, title),
        iconButton("x", leave, () => close(null)),
      ),
      ...fill(close),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
