-- A ledger of any length for the read benches, made behind the till's back in a scratch database:
-- every card is opened and then stamped again and again, evenly over the days of the history.
-- Psycopg fills in the names in parentheses. Hashes have the right size, not the right value.
INSERT INTO loyalty_transactions (
    id, vendor_id, program_id, card_id, sequence, type, stamps_delta, points_delta, stamps_after,
    points_after, points_carry_after, actor_kind, actor_id, program_version, occurred_at,
    created_at, previous_hash, hash)
SELECT
    (lpad(to_hex(e.at_ms), 12, '0') || '70008' || lpad(to_hex(e.i), 15, '0'))::uuid,
    %(vendor)s, %(program)s,
    (lpad(to_hex(%(first_ms)s + e.card), 12, '0') || '70008'
        || lpad(to_hex(e.card), 15, '0'))::uuid,
    e.round + 1,
    CASE e.round WHEN 0 THEN 'card_opened' ELSE 'stamp_earned' END,
    CASE e.round WHEN 0 THEN 0 ELSE 1 END, 0, e.round, 0, 0,
    'api_key', %(api_key)s, 1, e.at, e.at, sha256(int8send(e.i - %(cards)s)), sha256(int8send(e.i))
FROM (
    SELECT i, i %% %(cards)s AS card, (i / %(cards)s)::integer AS round,
        %(first_ms)s + i * %(span_ms)s / %(entries)s AS at_ms,
        to_timestamp((%(first_ms)s + i * %(span_ms)s / %(entries)s) / 1000.0) AS at
    FROM generate_series(0::bigint, %(entries)s - 1) AS i
) AS e;

INSERT INTO loyalty_daily_rollup (
    program_id, day, location_id, cards_opened, cards_last_seen, stamps_earned, stamps_redeemed,
    points_earned, points_redeemed, points_adjusted, rewards_redeemed, reward_value_minor,
    purchases, purchase_amount_minor)
SELECT
    program_id, (occurred_at AT TIME ZONE %(zone)s)::date,
    '00000000-0000-0000-0000-000000000000'::uuid, count(*) FILTER (WHERE sequence = 1),
    count(*) FILTER (WHERE sequence = %(each)s), sum(stamps_delta), 0, 0, 0, 0, 0, 0, 0, 0
FROM loyalty_transactions GROUP BY 1, 2
