import type { Timestamp } from "../../../model/index.ts";
import type { BodyOverride } from "../../../wire/http1/index.ts";
import type { Http1Message } from "./http1-message.ts";

/** - `nothing`: a message could be read only in part. - `unreadable`: not even its start line. - `messages`, `rest`: bytes were not seen. */
export type Missed = "nothing" | "unreadable" | "messages" | "rest";

/** Bytes that were not seen: where they stand in the direction's stream, and how many, where that is known. */
export interface Gap {
  readonly start: number;
  readonly size: number | undefined;
  /** The tap cut them off. */
  readonly isCut: boolean;
  /** So many bytes before it are of a message whose start line was not read yet: not 0 where one may have begun there. */
  readonly begun: number;
}

/** Told of one direction's messages, in their order, each time for whom: connections share one, functions for each would cost more than their requests. */
export interface MessageListener<Owner> {
  /** The head was read. What is returned overrides what its fields say of a body. */
  headRead(owner: Owner, message: Http1Message): BodyOverride;
  /** A piece of its body passed. */
  bodyRead?(owner: Owner, message: Http1Message, data: Uint8Array, start: number, end: number, time: Timestamp): void;
  /** The message was read to its end. */
  messageRead(owner: Owner, message: Http1Message): void;
  /**
   * It will never be read to its end: bytes are missing, it cannot be parsed, or the stream is over.
   * @param headKnown `headRead` was called for it; otherwise only its start line is known
   */
  messageBroken(owner: Owner, message: Http1Message, headKnown: boolean): void;
  /** Where the next message begins has to be found. @param missed of messages that were not seen: any number of them, or the rest of one */
  synchronizationLost(owner: Owner, missed: Missed, gap: Gap): void;
}
