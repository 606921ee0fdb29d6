// What every signed-in page does for the hand: copies texts, asks before it deletes, sends once.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("done");
  button.querySelector("[data-copied]")?.removeAttribute("hidden");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
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
  if (event.target.closest("[data-print]")) window.print();
});

// On wide screens the menu always lies open; on small ones it closes itself.
const wide = window.matchMedia("(min-width: 60rem)");
const menu = document.querySelector("details.menu");
if (menu) {
  const fit = () => {
    menu.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();
}
