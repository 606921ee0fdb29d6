-- The same for SQLite, where ids are kept as their digits; sqlite3 fills in the names.
WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers
    WHERE i + 1 < :cards)
INSERT INTO loyalty_cards (
    id, vendor_id, program_id, number, token_hash, token_sealed, status, stamps, points,
    points_carry, lifetime_stamps, lifetime_points, lifetime_rewards, stamps_on_day,
    is_welcome_due, standing, due_on, sequence, head_hash, enrolled_at, last_activity_at,
    updated_at)
SELECT
    printf('%012x70008%015x', :first_ms + i, i), :vendor, :program, printf('F%011d', i),
    CAST(printf('%032d', i) AS BLOB), x'', 'active', 0, 10, 0, 0, 10, 0, 0, 0, :standing, :due_on,
    2, zeroblob(32), :now, :now, :now
FROM numbers
