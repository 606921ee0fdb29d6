// What the server says of promotions, and of what a purchase would earn.

declare namespace Terminal {
  /** `to` is never reached; one that ends before it begins lasts over midnight. */
  interface PromotionWindow {
    weekdays: number[];
    from: string;
    to: string;
  }

  interface Promotion {
    id: string;
    program_id: string;
    name: string;
    texts?: Record<string, { name?: string }>;
    status: string;
    starts_on: string | null;
    ends_on: string | null;
    windows: PromotionWindow[];
    location_ids: string[];
  }

  interface QuotedPart {
    kind: string;
    promotion_id: string | null;
    points: number;
    stamps: number;
  }

  /** What a purchase would earn; or the code of the refusal it would get. */
  interface Quote {
    points: number;
    stamps: number;
    parts: QuotedPart[];
    refused_by: string | null;
  }
}
