// Asks before what was typed into a form is lost. Without scripts nobody is asked; that is all.

/**
 * Whether a form holds something else than what the page showed of the thing it changes.
 * @param {HTMLFormElement} form
 * @returns {boolean}
 */
export function isUnsaved(form) {
  const field = form.elements.namedItem("shown");
  if (!(field instanceof HTMLInputElement)) return false;
  /** @type {Record<string, string>} */
  const shown = JSON.parse(field.value || "{}");
  return Array.from(form.elements).some((element) => {
    const typed = typedIn(element);
    // A text in another language has nothing that was shown until someone writes it.
    if (typed === null || !(typed.isText || typed.name in shown)) return false;
    return !isSame(typed.value, shown[typed.name] ?? "");
  });
}

/**
 * What a field holds, as the server would read it; null where it says nothing of the thing.
 * @param {Element} element
 * @returns {{name: string, value: string, isText: boolean} | null}
 */
function typedIn(element) {
  if (element instanceof HTMLSelectElement) {
    return { name: element.name, value: element.value, isText: false };
  }
  if (element instanceof HTMLTextAreaElement) {
    return { name: element.name, value: element.value, isText: true };
  }
  if (!(element instanceof HTMLInputElement)) return null;
  const { name, type, checked } = element;
  if (["hidden", "file", "password", "submit"].includes(type)) return null;
  if (type === "radio" && !checked) return null;
  if (type === "checkbox") return { name, value: checked ? "on" : "", isText: false };
  // A field for colours writes them in small letters.
  const value = type === "color" ? element.value.toLowerCase() : element.value;
  return { name, value, isText: type === "text" };
}

/**
 * @param {string} one
 * @param {string} other
 */
function isSame(one, other) {
  return one.replaceAll("\r\n", "\n").trim() === other.replaceAll("\r\n", "\n").trim();
}

/** @type {Element | null} */
let leavingBy = null;

document.addEventListener("submit", (event) => {
  leavingBy = event.target instanceof Element ? event.target : null;
});

window.addEventListener("pageshow", () => {
  leavingBy = null;
});

window.addEventListener("beforeunload", (event) => {
  // The form that is sent takes what was typed along; any other one loses it.
  const forms = Array.from(document.forms).filter((form) => form !== leavingBy);
  if (forms.some(isUnsaved)) event.preventDefault();
  leavingBy = null;
});
