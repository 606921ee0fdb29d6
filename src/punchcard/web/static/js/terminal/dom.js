// Small helpers to build what stands on the screen; texts are only ever set as text.

/**
 * Make an element: h("button", {class: "big", onclick: press}, "Stamp").
 * @param {string} tag
 * @param {Record<string, any>} attributes functions are listeners, false and null are left out
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child || child === ""));
  return element;
}

/** A drawing of the shell's, by its name. */
export function icon(name) {
  const kept = document.getElementById("icons").content.querySelector(`[data-icon="${name}"] svg`);
  return kept.cloneNode(true);
}

/** A button with a drawing and words. */
export function button(name, words, onclick, attributes = {}) {
  return h(
    "button",
    { type: "button", onclick, ...attributes },
    name && icon(name),
    h("span", {}, words),
  );
}

/** A button of a drawing alone; `label` is what it does. */
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

/** A sentence in a box whose colour and drawing tell its kind: "good", "warn" or "bad". */
export function notice(kind, ...content) {
  const name = { good: "check", warn: "info", bad: "triangle-alert" }[kind];
  const role = kind === "bad" ? "alert" : "status";
  return h("div", { class: `notice ${kind}`, role }, icon(name), h("div", {}, ...content));
}

/** A labelled field; the input is `field.querySelector("input")`. */
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

/** Say something to those who cannot see the screen. */
export function say(words) {
  document.getElementById("said").textContent = words;
}

/**
 * Ask in a dialog; resolves to what `close(value)` was called with, null when it was left.
 * @param {string} title
 * @param {(close: (value: any) => void) => Node[]} fill
 * @param {string} leave the word on the button that leaves it
 * @param {string} kind a class of the dialog
 * @returns {Promise<any>}
 */
export function ask(title, fill, leave, kind = "") {
  return new Promise((resolve) => {
    let answer = null;
    const close = (value) => {
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
