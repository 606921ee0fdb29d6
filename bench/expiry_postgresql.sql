-- Cards with ten points that end together, made behind the till's back in a scratch database.
-- Psycopg fills in the names in parentheses. Hashes have the right size, not the right value.
INSERT INTO loyalty_cards (
    id, vendor_id, program_id, number, token_hash, token_sealed, status, stamps, points,
    points_carry, lifetime_stamps, lifetime_points, lifetime_rewards, stamps_on_day,
    is_welcome_due, standing, due_on, sequence, head_hash, enrolled_at, last_activity_at,
    updated_at)
SELECT
    (lpad(to_hex(%(first_ms)s + i), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
    %(vendor)s, %(program)s, 'F' || lpad(i::text, 11, '0'), sha256(int8send(i)), '\x', 'active',
    0, 10, 0, 0, 10, 0, 0, false, %(standing)s, %(due_on)s, 2, sha256(int8send(i)), %(now)s,
    %(now)s, %(now)s
FROM generate_series(0::bigint, %(cards)s - 1) AS i
