import type { ExchangeBase, Timestamp } from "../../model/index.ts";
import type { AggregateType, LineType, StringType } from "../../wire/redis/index.ts";

declare module "../../model/exchange.ts" {
  interface ExchangeKinds {
    redis: RedisExchange;
  }
}

/** A command and its reply; or what a server sends unasked (a push, a subscription's message, a line of MONITOR). */
export interface RedisExchange extends ExchangeBase {
  readonly kind: "redis";
  readonly request?: RedisCommand;
  readonly response?: RedisReply;
  /** The server was told to send no reply, or sends none to such a command (CLIENT REPLY, REPLCONF ACK). */
  readonly unanswered?: true;
  /** The commands whose replies EXEC's has, in their order, as much of them as says what the replies are. */
  readonly queued?: readonly QueuedCommand[];
  /** The client did not ask for the response: a push of RESP3, a message of a subscription, a line of MONITOR. */
  readonly pushed?: true;
}

export interface RedisCommand {
  /** The first is the command's name. As many as are kept; `count` on the wire. */
  readonly words: readonly RedisText[];
  readonly count: number;
  /** It was sent as a line of text (RESP2.md, "Inline commands"). */
  readonly isInline: boolean;
  /** Bytes on the wire. */
  readonly size: number;
  /** Some bytes of it were not kept. */
  readonly truncated: boolean;
  readonly started: Timestamp;
  readonly finished: Timestamp;
}

/** A command in a transaction: its first words, the first bytes of each. */
export type QueuedCommand = Pick<RedisCommand, "words" | "count">;

export interface RedisReply {
  readonly value: RedisValue;
  /** To SUBSCRIBE and the like the server replies once for each channel: how many replies, of which `value` is the first. */
  readonly replies: number;
  readonly size: number;
  readonly truncated: boolean;
  readonly started: Timestamp;
  readonly finished: Timestamp;
}

export interface RedisText {
  /** As many as are kept of the `size` on the wire. */
  readonly bytes: Uint8Array;
  readonly size: number;
}

export type RedisValue = RedisScalar | RedisAggregate;

/** A line or a string: for both, its bytes; of a verbatim string the format's name and the colon too. */
export interface RedisScalar extends RedisText {
  readonly type: LineType | StringType;
  readonly attributes?: RedisAggregate;
}

export interface RedisAggregate {
  readonly type: AggregateType;
  /** As many as are kept; in a map or an attribute, keys and values in turn. */
  readonly values: readonly RedisValue[];
  /** How many values there are on the wire: in a map twice as many as pairs. */
  readonly count: number;
  readonly attributes?: RedisAggregate;
}
