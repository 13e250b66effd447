import type { ExchangeBase, Timestamp } from "../../model/index.ts";

/** One question and its answer. */
export interface TemplateExchange extends ExchangeBase {
  readonly kind: "template";
  /** Absent where it was never seen. */
  readonly question?: TemplateLine;
  readonly answer?: TemplateLine;
}

export interface TemplateLine {
  /** Without its line feed; at most `MAX_LINE` characters. */
  readonly text: string;
  /** Bytes on the wire. */
  readonly size: number;
  /** Some of it is not in `text`. */
  readonly truncated: boolean;
  readonly started: Timestamp;
  readonly finished: Timestamp;
}

declare module "../../model/exchange.ts" {
  interface ExchangeKinds {
    template: TemplateExchange;
  }
}
