-- The same for SQLite, where ids are kept as their digits; sqlite3 fills in the names.
WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers
    WHERE i + 1 < :entries / 10)
INSERT INTO loyalty_cards (
    id, vendor_id, program_id, number, token_hash, token_sealed, status, stamps, points,
    points_carry, lifetime_stamps, lifetime_points, lifetime_rewards, stamps_on_day,
    is_welcome_due, sequence, head_hash, enrolled_at, last_activity_at, updated_at)
SELECT
    printf('%012x70008%015x', :first_ms + i, i), :vendor, :program, printf('F%011d', i),
    CAST(printf('%032d', i) AS BLOB), x'', 'active', 0, 10, 0, 0, 10, 0, 0, 0, 10, zeroblob(32),
    :now, :now, :now
FROM numbers;

WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers
    WHERE i + 1 < :entries)
INSERT INTO loyalty_transactions (
    id, vendor_id, program_id, card_id, sequence, type, stamps_delta, points_delta, stamps_after,
    points_after, points_carry_after, amount_minor, currency, reference, actor_kind, actor_id,
    program_version, idempotency_key, occurred_at, created_at, previous_hash, hash)
SELECT
    printf('%012x70008%015x', :first_ms + i, i), :vendor, :program,
    printf('%012x70008%015x', :first_ms + i / 10, i / 10), i % 10 + 1, 'points_earned', 0, 1, 0,
    i % 10 + 1, 0, 100, 'EUR', 'old-' || i, 'api_key', :api_key, 1, 'old-' || i, :now, :now,
    zeroblob(32), zeroblob(32)
FROM numbers;

INSERT INTO reference_claims (program_id, type, reference, transaction_id)
SELECT program_id, type, reference, id FROM loyalty_transactions WHERE reference IS NOT NULL
