"""A whole shop, worked out from its contract alone: cards, laps, tiers, promises, merges together.

Shares no code with the rules. A program is a plain dict:

- `kind`, "hybrid", or "stamps" or "points" alone; `zone`, `per_unit` points for every
  `per_amount_minor`, `minimum_purchase_minor`, `minimum_redemption_points`, `void_policy`;
  `points_expiry` and `stamps_expiry`, each None or
  `kind`, `months` and `round_to`; `activation_days`, `grace_days`;
- `target` stamps of a full card, `milestones` on the way, `keeps` those nobody claimed,
  `cooldown_minutes`, `daily` stamps, `per_visit` stamps at most or None, `gives` stamps by item;
- `club`: None, or `tiers` of (threshold, factor, whether it gives something), `basis`, `window`,
  `falls`, `holds`, `grace`;
- `promotions`, each a dict of what it adds (a factor, points or stamps), when, at which `places`
  and for which `tiers` (both by their numbers, empty for all);
- `stock` and `per_card` of the cake, which costs `price` points, and `cups`, the stock of coffees.

An event is a dict as well: `ask`, the `card` it is on, when it `happened` and was `recorded`, and
what was asked for; `of` is the number of the event that it is about.
"""
