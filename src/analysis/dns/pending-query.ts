import type { Direction, Timestamp } from "../../model/index.ts";
import type { DnsMessage } from "../../wire/dns/index.ts";
import type { DnsSide } from "./dns-exchange.ts";
import { ZoneTransfer } from "./zone-transfer.ts";

/** A query that waits for its answer. */
export class PendingQuery {
  readonly id: number;
  readonly index: number;
  readonly key: string;
  readonly direction: Direction;
  readonly transfer: ZoneTransfer | undefined;
  /** Bytes of the budget that are reserved for it. */
  readonly reserved: number;
  /** When it was asked last. */
  asked: Timestamp;
  #request: DnsSide;
  /** Only for transfers. */
  #response: Omit<DnsSide, "message"> | undefined;

  constructor(
    identity: { readonly id: number; readonly index: number },
    direction: Direction,
    request: DnsSide,
    reserved: number,
  ) {
    this.id = identity.id;
    this.index = identity.index;
    this.direction = direction;
    this.key = queryKey(direction, request.message);
    this.reserved = reserved;
    this.asked = request.finished;
    this.#request = request;
    const type = request.message.questions[0]?.type ?? "";
    this.transfer = TRANSFERS.has(type) ? new ZoneTransfer(type, TRANSFER_RECORDS) : undefined;
  }

  get request(): DnsSide {
    return this.#request;
  }

  /** The part of a transfer that has come. */
  get response(): DnsSide | undefined {
    const message = this.transfer?.message;
    return message === undefined || this.#response === undefined ? undefined : { ...this.#response, message };
  }

  /** It was sent again. */
  repeat({ size, finished }: DnsSide): void {
    const request = this.#request;
    this.#request = { ...request, messages: request.messages + 1, size: request.size + size };
    this.asked = finished;
  }

  /** Adds a message of a transfer; gives whether it is the last. */
  answer({ message, size, started, finished }: DnsSide): boolean {
    const before = this.#response;
    this.#response = {
      messages: (before?.messages ?? 0) + 1,
      size: (before?.size ?? 0) + size,
      started: before?.started ?? started,
      finished,
    };
    return this.transfer!.push(message);
  }
}

/** The key shared by a query and its answer: RFC 5452 §9.1. Names are compared without regard to case (RFC 4343). */
export function queryKey(direction: Direction, { id, opcode, questions }: DnsMessage): string {
  const [question] = questions;
  const asked = question === undefined ? "" : `${question.type} ${question.class} ${question.name.toLowerCase()}`;
  return `${direction} ${id} ${opcode} ${asked}`;
}

/** Where the answer does not repeat the question. */
export function identifierKey(direction: Direction, { id }: DnsMessage): string {
  return `${direction} ${id}`;
}

/** RFC 5936, RFC 1995. */
const TRANSFERS: ReadonlySet<string> = new Set(["AXFR", "IXFR"]);
const TRANSFER_RECORDS = 256;
