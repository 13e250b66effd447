import type { RedisCommand, RedisReply } from "../redis-exchange.ts";
import { countExpectedReplies } from "./expected-replies.ts";

/** A command that waits for its reply. */
export class PendingCommand {
  readonly id: number;
  readonly index: number;
  readonly command: RedisCommand;
  /** Bytes in its middle were never seen. */
  readonly hasGap: boolean;
  /** Bytes of the budget that are reserved for it. */
  readonly reserved: number;
  /** Why it may not be known which reply is its. */
  readonly doubt: Doubt | undefined;
  #expected: number;
  #reply: RedisReply | undefined;

  constructor(
    identity: { readonly id: number; readonly index: number },
    command: RedisCommand,
    facts: { readonly hasGap: boolean; readonly reserved: number; readonly doubt: Doubt | undefined },
  ) {
    this.id = identity.id;
    this.index = identity.index;
    this.command = command;
    this.hasGap = facts.hasGap;
    this.reserved = facts.reserved;
    this.doubt = facts.doubt;
    this.#expected = countExpectedReplies(command);
  }

  /** The values that have come. */
  get reply(): RedisReply | undefined {
    return this.#reply;
  }

  /** Adds a reply; gives whether it is the last. An error is the only one. */
  answer(reply: RedisReply): boolean {
    const first = this.#reply;
    const { replies, size, truncated, finished } = reply;
    this.#reply =
      first === undefined
        ? reply
        : {
            ...first,
            replies: first.replies + replies,
            size: first.size + size,
            truncated: first.truncated || truncated,
            finished,
          };
    this.#expected--;
    return this.#expected <= 0 || reply.value.type === "error";
  }
}

/** The connection was joined in its middle, or a part of it was not seen. */
export type Doubt = "mid-stream" | "gap";
