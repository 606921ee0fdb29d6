// Fills a location's coordinates from the device that stands there, once somebody asks for it.

const DIGITS = 6;
const PATIENCE_MS = 15_000;

for (const place of document.querySelectorAll("[data-position]")) {
  const button = place.querySelector("button");
  const status = /** @type {HTMLElement | null} */ (place.querySelector("[role=status]"));
  const latitude = /** @type {HTMLInputElement | null} */ (place.querySelector("[name=latitude]"));
  const longitude = /** @type {HTMLInputElement | null} */ (
    place.querySelector("[name=longitude]")
  );
  if (!(button && status && latitude && longitude) || !("geolocation" in navigator)) {
    continue;
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        latitude.value = coords.latitude.toFixed(DIGITS);
        longitude.value = coords.longitude.toFixed(DIGITS);
        latitude.dispatchEvent(new Event("input", { bubbles: true }));
      },
      () => {
        status.textContent = status.dataset.failed ?? "";
      },
      { enableHighAccuracy: true, timeout: PATIENCE_MS },
    );
  });
}
