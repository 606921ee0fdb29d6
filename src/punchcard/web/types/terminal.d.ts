// What the terminal's modules hand one another: what the server says, what the device keeps, and
// the parts of the program. Moments are RFC 3339 texts of the server, or milliseconds of its time.

declare namespace Terminal {
  type Kind = "good" | "warn" | "bad";
  type ScreenName = "pair" | "shift" | "scan" | "card" | "enrol" | "waiting" | "options";
  type Child = Node | string | null | false | undefined;

  // What the server says -----------------------------------------------------------------------

  /** A problem of RFC 9457 with the fields of its code. */
  interface Problem {
    code?: string;
    detail?: string;
    errors?: { loc: (string | number)[]; message: string }[];
    next_stamp_at?: string | null;
    locked_until?: string | null;
    remaining_attempts?: number;
    stamps_left_today?: number;
    card_id?: string;
  }

  interface Branding {
    background_color?: string;
    text_color?: string;
    accent_color?: string;
    stamp_symbol?: string | null;
  }

  interface ProgramWords {
    name?: string;
    reward_name?: string;
    terms_text?: string | null;
  }

  /** What purchases earn: so many points for so much money. */
  interface Rate {
    points_per_currency_unit: number;
    points_per_amount_minor?: number;
  }

  interface Program extends ProgramWords, Rate {
    id: string;
    name: string;
    type: "stamps" | "points" | "hybrid";
    status: string;
    currency: string;
    stamp_reward: { name: string } | null;
    /** All rewards of the stamp card, the full card's last. */
    tiers?: { key: string; name: string; texts?: Record<string, { name?: string } | null> }[];
    tier_basis?: "points" | "spend_minor" | "visits" | "stamps";
    stamp_rewards?: { at: number; name: string; texts?: Record<string, { name?: string }> }[];
    /** What purchases usually come to; null while there are too few. */
    usual_purchase_minor?: number | null;
    max_daily_stamps: number;
    minimum_redemption_points?: number;
    /** How many days before points end that is told. */
    expiry_notice_days?: number[];
    cooldown_minutes: number;
    pin_policy: string;
    branding: Branding;
    texts?: Record<string, ProgramWords>;
  }

  interface Reward {
    id: string;
    program_id: string;
    name: string;
    /** Null: it is only given to cards. */
    points_required: number | null;
    stock_left: number | null;
    valid_from: string | null;
    valid_until: string | null;
    texts?: Record<string, { name?: string }>;
    status: string;
  }

  /** With a grant's id it was given to this very card, and takes no points. */
  interface ReadyReward {
    id: string | null;
    name: string;
    points_required: number | null;
    grant_id?: string | null;
    /** From how many stamps on; null for rewards that points buy. */
    at?: number | null;
    /** The last day of one that was given. */
    expires_on?: string | null;
  }

  /** A card as the server tells it; what is kept of it lacks the address of its page. */
  interface CardTier {
    key: string;
    until: string | null;
    progress: number;
    next: { key: string; missing: number } | null;
  }

  interface Card {
    id: string;
    number: string;
    program_id: string;
    status: string;
    stamps: number;
    stamps_target: number;
    points: number;
    /** Earned, and not to be spent yet. */
    points_pending?: number;
    /** The first to end first. */
    expiring?: { points: number; expires_on: string }[];
    rewards_ready: number;
    /** What it can have now, the best first; one without an id is a full card's. */
    ready_rewards?: ReadyReward[];
    tier?: CardTier | null;
    next_stamp_at: string | null;
    stamps_left_today: number;
    customer: { name: string | null; phone?: string | null; email?: string | null } | null;
    /** Leads to the card's page once; of cards that were just opened here. */
    hand_over_url?: string | null;
    token_digest?: string | null;
    /** When this device saw it last; of kept cards only. */
    seen_at?: number;
  }

  interface KeptCard extends Card {
    seen_at: number;
    digest: string | null;
  }

  interface Transaction {
    id: string;
    type: string;
    stamps_delta: number;
    points_delta: number;
    amount_minor: number | null;
    currency: string | null;
    occurred_at?: string;
    voided_by?: string | null;
    /** Of a refund, whose purchase it is. */
    details?: { refunds?: string } | null;
  }

  interface Receipt {
    transaction: Transaction;
    card: Card;
  }

  /** What a person's PIN is exchanged for. */
  interface Verified {
    staff_pin: { id: string; name: string; program_id: string | null };
    staff_token: string;
    expires_at: string;
  }

  // What the device keeps ----------------------------------------------------------------------

  interface Device {
    id: string;
    name: string;
    location_id: string;
    token: string;
    is_revoked: boolean;
    /** Known once the server was asked whose the device is. */
    vendor_id?: string;
  }

  interface Shift {
    pin_id: string;
    name: string;
    program_id: string | null;
    token: string;
    expires_at: string;
    last_active: number;
    /** After so long without a touch it locks itself, in milliseconds. */
    idle_ms?: number;
    is_locked: boolean;
    /** Somebody went on without a PIN because nobody could check one. */
    is_unproved: boolean;
  }

  interface Person {
    id: string | null;
    name: string | null;
    program_id?: string | null;
  }

  interface Shop {
    name: string;
    location: string;
    currency: string;
    timezone: string;
    /** Where phone numbers without a country code are from, if the shop has said so. */
    country: string | null;
    people: { id: string; name: string; program_id: string | null }[];
    programs: Program[];
    rewards: Reward[];
    /** That are on, or about to be; what was kept before they were read has none. */
    promotions?: Promotion[];
    read_at: number;
  }

  interface Settings {
    language: string | null;
    sound: boolean;
    vibration: boolean;
    camera: boolean;
    /** The longest pause between two keys of the hand scanner, in milliseconds. */
    scanner_pause_ms: number;
    /** After so long without a touch a shift locks itself, in milliseconds. */
    idle_ms: number;
  }

  /** An operation as it is sent, each time the same. */
  interface Operation {
    idempotency_key: string;
    occurred_at: string;
    op: string;
    card: string;
    quantity?: number;
    amount_minor?: number;
    stamps?: number;
    staff_token?: string;
  }

  type OperationFields = Omit<Operation, "idempotency_key" | "occurred_at" | "staff_token">;

  /** What people are shown of an operation. */
  interface Label {
    number: string;
    name: string | null;
    program: string;
    quantity?: number;
    amount?: number;
    currency?: string;
  }

  /** An operation of the queue, as it waits and as it is kept afterwards. */
  interface Queued {
    body: Operation;
    label: Label;
    vendor_id: string | undefined;
    staff_name: string | null;
    was_sent?: boolean;
    /** Whose PIN it waits for: they went on without one while nobody could check it. */
    unproved_by?: string;
  }

  /** An operation that waits: the server has said nothing of it yet. */
  interface Waiting extends Queued {
    status?: undefined;
    problem?: undefined;
    receipt?: undefined;
    is_taken_back?: undefined;
  }

  /** An operation the server has answered. */
  interface Done extends Queued {
    status: "accepted" | "refused";
    settled_at: number;
    is_seen: boolean;
    problem: Problem | null;
    receipt: Receipt | null;
    is_taken_back?: boolean;
  }

  type Entry = Waiting | Done;

  interface Book {
    queue: Waiting[];
    done: Done[];
  }

  /** The server's answer to one operation of a list. */
  interface Result {
    status: number;
    receipt?: Receipt;
    problem?: Problem;
  }

  /** The server's answer to a list of operations. */
  type Answer =
    | { kind: "answered"; results: Result[] }
    | { kind: "later"; askedMs: number }
    | { kind: "paused" }
    | { kind: "too_large"; result: Result }
    | { kind: "refused"; result: Result };

  interface Known {
    cards: Record<string, KeptCard>;
    /** Codes of cards that were replaced. */
    gone?: { number: string | null; digest: string | null; seen_at: number }[];
  }

  // What became of what was asked --------------------------------------------------------------

  type Submitted =
    | { kind: "accepted"; key: string; receipt: Receipt }
    | { kind: "refused"; key: string; problem: Problem }
    | { kind: "queued"; key: string };

  /** `again` asks once more under the same key. */
  type Outcome<T> =
    | { kind: "accepted"; answer: T }
    | { kind: "refused"; problem: Problem }
    | { kind: "unknown"; again: () => Promise<Outcome<T>> };

  /** What is said of what was accepted, at once or once the server has answered. */
  type Words = string | ((receipt: Receipt) => string);

  type Undone = Outcome<Receipt> | { kind: "taken back" };

  // The parts of the program -------------------------------------------------------------------

  interface Api {
    get(path: string): Promise<any>;
    post(path: string, body: object, options?: { key?: string }): Promise<any>;
  }

  /** What the shell tells its scripts. */
  interface Facts {
    version: string;
    language: string;
    languages: Record<string, string>;
    texts: Record<string, string>;
    reader: { module: string; wasm: string };
    /** Of every currency that has not two. */
    minor_digits: Record<string, number>;
  }

  interface State {
    device: Device | null;
    shift: Shift | null;
    shop: Shop | null;
    /** The entry made last, and its card. */
    last: { id: string; card: string } | null;
    book: Book;
    settings: Settings;
  }

  /** What stands on the screen. `changed` hears what of the state has changed, or "line". */
  interface Screen {
    changed?(what: string): unknown;
    /** Hears a code of a hand scanner, and what it may stand for instead. */
    scanned?(code: string, others?: string[]): unknown;
    leave?(): unknown;
  }

  interface ScreenProps {
    card?: Card | null;
    code?: string;
    isStale?: boolean;
    contact?: string;
    name?: string;
    person?: Person;
  }

  interface App {
    facts: Facts;
    store: typeof import("../static/js/terminal/store.js");
    state: State;
    language: string;
    screen: Screen | null;
    screenName: ScreenName;
    main: HTMLElement;
    clock: import("../static/js/terminal/clock.js").Clock;
    line: ReturnType<typeof import("../static/js/terminal/line.js").createLine>;
    api: Api;
    feedback: ReturnType<typeof import("../static/js/terminal/feedback.js").createFeedback>;
    replay: ReturnType<typeof import("../static/js/terminal/replay.js").createReplay>;
    client: ReturnType<typeof import("../static/js/terminal/server_client.js").createServerClient>;
    bar: ReturnType<typeof import("../static/js/terminal/bar.js").createBar>;
    back?: ReturnType<typeof import("../static/js/terminal/back.js").createBack>;
    changed(what: string): void;
    refresh(): Promise<void>;
    revoked(): Promise<void>;
    show(name: ScreenName, props?: ScreenProps): void;
    showFromHere(): App["show"];
    lock(): Promise<void>;
    isBehindLock(): boolean;
    setSetting<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void>;
    tell(words: string): void;
    /** Reads a new version in, and tells whether there is one: what stands here is gone then. */
    reloadIfNew?(): boolean;
  }
}
