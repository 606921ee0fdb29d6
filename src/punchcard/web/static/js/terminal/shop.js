// What the terminal knows of its shop, read from the server: names, programs, rewards and people.

const LOYALTY = "/vendor/loyalty";

/**
 * Read what the shop is. Throws what `api.get` throws.
 * @param {Terminal.Api} api
 * @param {string} locationId where the device stands
 * @param {number} now milliseconds
 * @returns {Promise<Terminal.Shop>}
 */
export async function readShop(api, locationId, now) {
  const [vendor, place, programs, pins] = await Promise.all([
    api.get("/vendor"),
    api.get(`/vendor/locations/${locationId}`),
    all(api, `${LOYALTY}/programs`),
    all(api, `${LOYALTY}/pins`),
  ]);
  const active = programs.filter((program) => program.status === "active");
  const [rewards, promotions] = await Promise.all([
    // Also of stamp cards: what is given to a card bears the words of its reward.
    Promise.all(active.map(({ id }) => all(api, `${LOYALTY}/programs/${id}/rewards`))),
    Promise.all(active.map(({ id }) => all(api, `${LOYALTY}/programs/${id}/promotions`))),
  ]);
  return {
    name: vendor.name,
    location: place.name,
    currency: vendor.currency,
    timezone: vendor.timezone,
    country: vendor.country ?? null,
    people: pins.map(({ id, name, program_id }) => ({ id, name, program_id })),
    programs: active,
    rewards: rewards.flat(),
    promotions: promotions.flat().filter(({ status }) => ["active", "scheduled"].includes(status)),
    read_at: now,
  };
}

/**
 * Every item of a list of the API, page after page.
 * @param {Terminal.Api} api
 * @param {string} path
 */
async function all(api, path) {
  /** @type {any[]} */
  const items = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page = await api.get(`${path}?limit=200${after}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
