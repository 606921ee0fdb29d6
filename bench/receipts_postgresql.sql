-- Purchases with receipt numbers, ten a card, made behind the till's back in a scratch database.
-- Psycopg fills in the names in parentheses. Hashes have the right size, not the right value.
INSERT INTO loyalty_cards (
    id, vendor_id, program_id, number, token_hash, token_sealed, status, stamps, points,
    points_carry, lifetime_stamps, lifetime_points, lifetime_rewards, stamps_on_day,
    is_welcome_due, sequence, head_hash, enrolled_at, last_activity_at, updated_at)
SELECT
    (lpad(to_hex(%(first_ms)s + i), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
    %(vendor)s, %(program)s, 'F' || lpad(i::text, 11, '0'), sha256(int8send(i)), '\x', 'active',
    0, 10, 0, 0, 10, 0, 0, false, 10, sha256(int8send(i)), now(), now(), now()
FROM generate_series(0::bigint, %(entries)s / 10 - 1) AS i;

INSERT INTO loyalty_transactions (
    id, vendor_id, program_id, card_id, sequence, type, stamps_delta, points_delta, stamps_after,
    points_after, points_carry_after, amount_minor, currency, reference, actor_kind, actor_id,
    program_version, idempotency_key, occurred_at, created_at, previous_hash, hash)
SELECT
    (lpad(to_hex(%(first_ms)s + i), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
    %(vendor)s, %(program)s,
    (lpad(to_hex(%(first_ms)s + i / 10), 12, '0') || '70008'
        || lpad(to_hex(i / 10), 15, '0'))::uuid,
    i %% 10 + 1, 'points_earned', 0, 1, 0, i %% 10 + 1, 0, 100, 'EUR', 'old-' || i,
    'api_key', %(api_key)s, 1, 'old-' || i, now(), now(), sha256(int8send(i - 1)),
    sha256(int8send(i))
FROM generate_series(0::bigint, %(entries)s - 1) AS i;

INSERT INTO reference_claims (program_id, type, reference, transaction_id)
SELECT program_id, type, reference, id FROM loyalty_transactions WHERE reference IS NOT NULL
