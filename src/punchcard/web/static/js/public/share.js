// Bringing a friend: the phone's own way to send a link, where it has one.

/**
 * Shows the button and lets it share the link.
 * @param {Document} page
 * @param {{share?: (data: ShareData) => Promise<void>}} phone
 */
export function offerSharing(page, phone) {
  const button = page.getElementById("share");
  const link = page.getElementById("referral-link");
  if (!(button instanceof HTMLButtonElement) || !(link instanceof HTMLAnchorElement)) return;
  if (!phone.share) return;
  button.hidden = false;
  // Whoever thinks better of it has done nothing wrong.
  button.addEventListener("click", () =>
    phone.share?.({ title: button.dataset.title, url: link.href }).catch(() => {}),
  );
}

if (globalThis.document) offerSharing(document, navigator);
