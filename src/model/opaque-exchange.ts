import type { ExchangeBase } from "./exchange-base.ts";
import type { Body } from "./http-exchange.ts";
import type { Timestamp } from "./time/timestamp.ts";

/** Bytes in which nothing was recognised, or TLS of which nothing was decrypted: what each end sent on one connection. */
export interface OpaqueExchange extends ExchangeBase {
  readonly kind: "opaque";
  /** Absent where that end sent nothing that was seen. */
  readonly client?: OpaqueSide;
  readonly server?: OpaqueSide;
}

export interface OpaqueSide {
  readonly body: Body;
  /** When the first and the last byte were seen. */
  readonly started?: Timestamp;
  readonly finished?: Timestamp;
}
