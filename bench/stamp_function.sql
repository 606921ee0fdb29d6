-- The reference of the stamp benches: one stamp as one function call, on the very tables, indexes
-- and triggers of the server. It reads and writes what the till reads and writes for one stamp; the
-- entries it appends pass `punchcard ledger verify`. `p_counts` false leaves out the daily rollup,
-- the one row that all stamps of a program share, to show what sharing it costs.
CREATE OR REPLACE FUNCTION bench_stamp(
    p_vendor uuid, p_api_key text, p_pin uuid, p_card integer, p_counts boolean)
RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    c record;
    v_now timestamptz;
    v_moment text;
    v_day date;
    v_on_day integer;
    v_left integer;
    v_id uuid;
    v_key text := uuidv7()::text;
    v_hash bytea;
    v_opens timestamptz;
BEGIN
    SELECT k.*, p.version AS program_version, p.updated_at AS program_updated_at, p.type,
           p.status AS program_status, p.timezone, p.stamps_target, p.cooldown_minutes,
           p.max_daily_stamps, v.keeps_origins, u.name, u.email, u.phone, u.birthday,
           u.marketing_consent
    INTO c
    FROM loyalty_cards k
    JOIN loyalty_programs p ON p.id = k.program_id
    JOIN vendors v ON v.id = k.vendor_id
    LEFT JOIN customers u ON u.id = k.customer_id
    WHERE k.token_hash = sha256(convert_to(left(md5('card ' || p_card), 22), 'UTF8'))
    FOR UPDATE OF k;
    IF NOT FOUND OR c.vendor_id <> p_vendor OR c.status <> 'active'
        OR c.program_status <> 'active' OR c.type = 'points' THEN
        RAISE EXCEPTION 'card % cannot be stamped', p_card;
    END IF;

    PERFORM 1 FROM (
        SELECT id FROM loyalty_transactions
        WHERE vendor_id = p_vendor AND idempotency_key = v_key
        UNION ALL
        SELECT NULL FROM idempotency_records WHERE vendor_id = p_vendor AND key = v_key
    ) AS known;
    IF FOUND THEN
        RAISE EXCEPTION 'the key was used before';
    END IF;

    -- After the lock, as in the till.
    v_now := clock_timestamp();
    v_id := uuidv7();
    v_day := (v_now AT TIME ZONE c.timezone)::date;
    v_on_day := 1 + CASE WHEN c.stamps_day = v_day THEN c.stamps_on_day ELSE 0 END;
    v_left := c.max_daily_stamps - v_on_day;
    IF v_now < c.last_stamp_at + make_interval(mins => c.cooldown_minutes) OR v_left < 0 THEN
        RAISE EXCEPTION 'too soon, or too many for one day';
    END IF;
    v_opens := v_now + make_interval(mins => c.cooldown_minutes);
    v_moment := to_char(v_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

    -- docs/ledger.md: the entry's canonical form has no spaces between its values.
    v_hash := sha256(convert_to('punchcard-entry-1' || chr(10) || replace(json_build_array(
        v_id, p_vendor, c.program_id, c.program_version, c.id, c.sequence + 1, 'stamp_earned',
        1, 0, c.stamps + 1, c.points, c.points_carry, NULL, NULL, NULL, NULL, NULL, NULL,
        p_pin, NULL, 'api_key', p_api_key, NULL, v_key, v_moment, v_moment,
        encode(c.head_hash, 'hex'))::text, ', ', ','), 'UTF8'));

    UPDATE loyalty_cards SET
        stamps = c.stamps + 1, points = c.points, points_carry = c.points_carry,
        lifetime_stamps = c.lifetime_stamps + 1, lifetime_points = c.lifetime_points,
        lifetime_rewards = c.lifetime_rewards, last_stamp_at = v_now, stamps_day = v_day,
        stamps_on_day = v_on_day, is_welcome_due = c.is_welcome_due, last_activity_at = v_now,
        sequence = c.sequence + 1, head_hash = v_hash, updated_at = v_now
    WHERE id = c.id;

    INSERT INTO loyalty_transactions (
        id, vendor_id, program_id, card_id, sequence, type, stamps_delta, points_delta,
        stamps_after, points_after, points_carry_after, amount_minor, currency, reference,
        reward_id, reward, staff_pin_id, location_id, actor_kind, actor_id, note, voids,
        program_version, idempotency_key, fingerprint, answer, occurred_at, created_at,
        previous_hash, hash)
    VALUES (
        v_id, p_vendor, c.program_id, c.id, c.sequence + 1, 'stamp_earned', 1, 0,
        c.stamps + 1, c.points, c.points_carry, NULL, NULL, NULL,
        NULL, NULL, p_pin, NULL, 'api_key', p_api_key, NULL, NULL,
        c.program_version, v_key, sha256(convert_to(v_key, 'UTF8')),
        jsonb_build_object(
            'balance', jsonb_build_array(c.stamps + 1, c.points),
            'lifetime', jsonb_build_array(
                c.lifetime_stamps + 1, c.lifetime_points, c.lifetime_rewards),
            'stamps_target', c.stamps_target,
            'rewards_ready', (c.stamps + 1) / c.stamps_target,
            'next_stamp_at', CASE WHEN v_opens > v_now THEN v_opens END,
            'stamps_left_today', v_left, 'last_activity_at', v_now,
            'number', c.number, 'status', c.status),
        v_now, v_now, c.head_hash, v_hash);

    INSERT INTO outbox AS o (topic, key, status, attempts, available_at, created_at)
    VALUES ('card.changed', c.id::text, 'waiting', 0, v_now, v_now)
    ON CONFLICT (topic, key) WHERE status = 'waiting' DO UPDATE SET
        available_at = CASE WHEN o.attempts = 0 AND excluded.available_at < o.available_at
            THEN excluded.available_at ELSE o.available_at END;

    -- Every stamp of the program adds to the same row: it is taken last and held the shortest.
    IF p_counts THEN
        INSERT INTO loyalty_daily_rollup AS r (
            program_id, day, location_id, cards_opened, cards_last_seen, stamps_earned, stamps_redeemed,
            points_earned, points_redeemed, points_adjusted, rewards_redeemed, reward_value_minor,
            purchases, purchase_amount_minor)
        VALUES (c.program_id, v_day, '00000000-0000-0000-0000-000000000000', 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
        ON CONFLICT (program_id, day, location_id) DO UPDATE SET
            cards_opened = r.cards_opened + excluded.cards_opened,
            cards_last_seen = r.cards_last_seen + excluded.cards_last_seen,
            stamps_earned = r.stamps_earned + excluded.stamps_earned,
            stamps_redeemed = r.stamps_redeemed + excluded.stamps_redeemed,
            points_earned = r.points_earned + excluded.points_earned,
            points_redeemed = r.points_redeemed + excluded.points_redeemed,
            points_adjusted = r.points_adjusted + excluded.points_adjusted,
            rewards_redeemed = r.rewards_redeemed + excluded.rewards_redeemed,
            reward_value_minor = r.reward_value_minor + excluded.reward_value_minor,
            purchases = r.purchases + excluded.purchases,
            purchase_amount_minor = r.purchase_amount_minor + excluded.purchase_amount_minor;
    END IF;
    RETURN v_hash;
END
$$
