// What every signed-in page does for the hand: copies texts, asks before it deletes, sends once.

/**
 * The element of a kind that was clicked, or that holds what was.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
function clicked(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

document.addEventListener("click", async (event) => {
  const button = clicked(event, "[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy ?? "");
  button.classList.add("done");
  button.querySelector("[data-copied]")?.removeAttribute("hidden");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  const question = event.submitter?.dataset.ask ?? form.dataset.ask;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }
});

// Going back shows the page as it was left; its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.addEventListener("click", (event) => {
  if (clicked(event, "[data-print]")) window.print();
});

// A slash leads to the search, unless something is being typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (at instanceof HTMLElement && at.closest("input, select, textarea, [contenteditable]")) return;
  const field = document.querySelector("[data-find]");
  if (!(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  field.focus();
  field.select();
});

// One box that ticks those of all rows; without scripts each row has its own. Rows may be drawn anew.
document.addEventListener("change", (event) => {
  const label = clicked(event, "[data-tick-all]");
  const box = label?.querySelector("input");
  if (!label || !box) return;
  for (const one of document.querySelectorAll(`.bulk-box[form="${label.dataset.tickAll}"]`)) {
    if (one instanceof HTMLInputElement) one.checked = box.checked;
  }
});

const showTickAll = () => {
  for (const label of document.querySelectorAll("[data-tick-all]")) label.removeAttribute("hidden");
};
document.addEventListener("htmx:after:swap", showTickAll);
showTickAll();
