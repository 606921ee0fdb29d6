// The menu of signed-in pages: it lies open on wide screens, and shuts itself on small ones. Without
// this script it stays open, so that there is always a way to the next page.
{
  const wide = window.matchMedia("(min-width: 60rem)");
  const menu = document.querySelector("details.menu");
  if (menu instanceof HTMLDetailsElement) {
    const fit = () => {
      menu.open = wide.matches;
    };
    wide.addEventListener("change", fit);
    fit();
  }
}
