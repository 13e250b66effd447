import type { ExchangeBase, Timestamp } from "../../model/index.ts";
import type { DnsMessage } from "../../wire/dns/index.ts";

declare module "../../model/exchange.ts" {
  interface ExchangeKinds {
    dns: DnsExchange;
  }
}

/** A query and its answer, or a whole zone transfer. */
export interface DnsExchange extends ExchangeBase {
  readonly kind: "dns";
  readonly request?: DnsSide;
  readonly response?: DnsSide;
}

/** The message of one end. */
export interface DnsSide {
  /** The first message; of a zone transfer, with the records of all its messages, as many as are kept. */
  readonly message: DnsMessage;
  /** More than one: the query was sent again, or the answer is a zone transfer. */
  readonly messages: number;
  /** Bytes of all of them; over TCP with their length prefixes. */
  readonly size: number;
  readonly started: Timestamp;
  readonly finished: Timestamp;
}
