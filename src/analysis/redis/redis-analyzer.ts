import type { Direction, Quality, SocketClosed, Timestamp } from "../../model/index.ts";
import { type AnalysisContext, type ProtocolAnalyzer, senderOf } from "../protocol-analyzer.ts";
import { buildRedisExchange } from "./build-redis-exchange.ts";
import { commandName } from "./command-words.ts";
import { findCommandStart, findReplyStart } from "./detection/resynchronise.ts";
import { isSubscription, messageChannel, messageKind, namesChannel, PUBLISHED } from "./pairing/expected-replies.ts";
import { PairingDoubt } from "./pairing/pairing-doubt.ts";
import { PendingCommand } from "./pairing/pending-command.ts";
import { ReplyMode, startsReplication } from "./pairing/reply-mode.ts";
import { Transaction } from "./pairing/transaction.ts";
import type { RedisCommand, RedisExchange, RedisReply, RedisText } from "./redis-exchange.ts";
import { RedisStream, type StreamMessage } from "./redis-stream.ts";
import { commandOf, isMonitorLine, lastCount, replyOf } from "./stream-values.ts";

/**
 * Redis on one connection: replies come in the order of their commands (RESP2.md, "Request-Response model"), but for what the
 * server pushes. Where messages may have been missed, that order proves nothing: see `PairingDoubt`.
 */
export class RedisAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #clientDirection: Direction;
  readonly #client: RedisStream;
  readonly #server: RedisStream;
  readonly #pending: (PendingCommand | undefined)[] = [];
  /** How many at the front of `#pending` are answered, and held no more. */
  #answered = 0;
  /** Replies that were captured before their commands. */
  #early: StreamMessage[] = [];
  readonly #transaction: Transaction;
  readonly #replyMode = new ReplyMode();
  readonly #doubt: PairingDoubt;
  /** How many were seen. */
  #commands = 0;
  /** Commands whose replies are still to come, and are no longer waited for. */
  #givenUp = 0;
  #version: 2 | 3 = 2;
  #subscribed = false;
  #monitors = false;
  #replicates = false;

  constructor(context: AnalysisContext) {
    this.#context = context;
    // The detector has told who sends.
    this.#clientDirection = senderOf(context.connection, "read") === "server" ? "write" : "read";
    this.#transaction = new Transaction(context.budget);
    this.#doubt = new PairingDoubt(context.midStream, {
      pair: (pending, reply) => this.#answer(pending, reply, []),
      unanswered: (pending) => this.#finish(pending, this.#doubt.reason ?? "gap", []),
      unasked: (reply) => this.#emitAlone(reply, [UNASKED]),
    });
    this.#client = new RedisStream({
      context,
      isClient: true,
      findStart: findCommandStart,
      take: (message) => this.#takeCommand(message),
      lost: (time) => this.#loseSight(true, time),
    });
    this.#server = new RedisStream({
      context,
      isClient: false,
      findStart: findReplyStart,
      take: (message) => this.#takeReply(message),
      lost: (time) => this.#loseSight(false, time),
    });
  }

  push(direction: Direction, data: Uint8Array, _offset: number, time: Timestamp): void {
    if (this.#replicates) this.#context.bytes.settleSkipped("redis-replication", data.length);
    else if (direction === this.#clientDirection) this.#client.push(data, time);
    else this.#server.push(data, time);
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp): void {
    if (this.#replicates) return;
    if (direction === this.#clientDirection) this.#client.gap(size, time);
    else this.#server.gap(size, time);
  }

  end(): void {}

  close(_time: Timestamp, how: SocketClosed["how"]): void {
    this.#client.close();
    this.#server.close();
    this.#transaction.close();
    this.#emitEarly();
    const problems = how === "reset" ? ["connection-reset"] : [];
    this.#doubt.close();
    for (const pending of this.#takePending()) this.#finish(pending, "unfinished", problems);
  }

  #takeCommand(message: StreamMessage): void {
    const command = commandOf(message);
    if (command === undefined) {
      // Empty lines and arrays are passed over by the server, too.
      this.#context.budget.release(message.reserved);
      return;
    }
    this.#commands++;
    const hasGap = message.gapBytes > 0;
    if (!this.#replyMode.answers(command)) {
      this.#context.budget.release(message.reserved);
      const quality = hasGap ? "gap" : command.truncated ? "truncated" : "complete";
      this.#emit(this.#identity(), command, undefined, quality, [], { unanswered: true });
      return;
    }
    const isKnown = this.#doubt.before(command.started, this.#waiting);
    const { reason } = this.#doubt;
    const facts = { hasGap, reserved: message.reserved, doubt: reason };
    const pending = new PendingCommand(this.#identity(), command, facts);
    if (this.#waiting + this.#doubt.held >= this.#context.limits.pendingExchanges) this.#overflow();
    if (!isKnown) {
      this.#doubt.hold(pending);
      return;
    }
    this.#pending.push(pending);
    const early = this.#early.shift();
    if (early !== undefined) this.#answerFirst(early, ["captured-out-of-order"]);
  }

  #takeReply(message: StreamMessage): void {
    const value = message.value!;
    const kind = messageKind(value);
    if (this.#isPushed(message, kind, this.#pending[this.#answered])) {
      if (kind?.endsWith("subscribe") && "values" in value) this.#subscribed = lastCount(value) !== 0;
      this.#emitAlone(message, [], { pushed: true });
    } else if (this.#doubt.reason !== undefined) this.#doubt.reply(message);
    else if (this.#givenUp > 0) {
      this.#givenUp--;
      this.#emitAlone(message, [UNASKED, "pending-limit"]);
    } else if (this.#waiting === 0) this.#takeUnasked(message);
    else this.#answerFirst(message, []);
  }

  /** Whether the server sends this without being asked. */
  #isPushed({ value }: StreamMessage, kind: string | undefined, head: PendingCommand | undefined): boolean {
    if (this.#monitors && value!.type === "simple" && isMonitorLine(value as RedisText)) return true;
    const isMessage = value!.type === "push" || (this.#subscribed && value!.type === "array");
    if (!isMessage || kind === undefined) return false;
    if (value!.type === "array") {
      if (PUBLISHED.has(kind)) return true;
      if (!kind.endsWith("subscribe")) return false;
    }
    // A confirmation of a subscription answers the command that it names.
    if (head === undefined || !isSubscription(head.command)) return true;
    const answersHead = commandName(head.command).toLowerCase() === kind;
    return !answersHead || !namesChannel(head.command, messageChannel(value!));
  }

  #answerFirst(message: StreamMessage, problems: readonly string[]): void {
    const pending = this.#pending[this.#answered]!;
    if (this.#answer(pending, message, problems)) this.#shift();
  }

  /** Gives whether it was the last reply to the command. */
  #answer(pending: PendingCommand, message: StreamMessage, problems: readonly string[]): boolean {
    const reply = replyOf(message);
    this.#context.budget.release(message.reserved);
    const isLast = pending.answer(reply);
    this.#follow(pending.command, reply);
    if (!isLast && pending.doubt === undefined) return false;
    const queued = this.#transaction.follow(pending.command, reply);
    this.#doubt.answered(pending.command.finished, reply.finished);
    const quality: Quality =
      pending.hasGap || message.gapBytes > 0
        ? "gap"
        : (pending.doubt ?? (pending.command.truncated || reply.truncated ? "truncated" : "complete"));
    this.#finish(pending, quality, problems, queued && { queued });
    return true;
  }

  /** A reply to nothing that was seen. */
  #takeUnasked(message: StreamMessage): void {
    const isRefusal = message.value!.type === "error" && this.#commands === 0;
    // From the beginning on, whatever is replied was asked: the command was captured later, then.
    if (isRefusal || this.#early.length >= MAX_EARLY) this.#emitAlone(message, [UNASKED]);
    else this.#early.push(message);
  }

  /** The reply's effect on what comes after it. */
  #follow(command: RedisCommand, { value }: RedisReply): void {
    const name = commandName(command);
    const isError = value.type === "error";
    if (isSubscription(command) && "values" in value) this.#subscribed = lastCount(value) !== 0;
    else if (name === "HELLO" && !isError) this.#version = value.type === "map" ? 3 : 2;
    else if (name === "MONITOR" && !isError) this.#monitors = true;
    else if (name === "RESET" && !isError) {
      this.#version = 2;
      this.#subscribed = false;
      this.#monitors = false;
      this.#replyMode.reset();
    } else if (startsReplication(command) && !isError) this.#replicates = true;
    if (value.type === "map" || value.type === "set" || value.type === "push") this.#version = 3;
  }

  /** Messages may have been missed: which replies belong to what was asked before is not known. */
  #loseSight(isClient: boolean, time: Timestamp): void {
    this.#doubt.lose(isClient, this.#waiting, time);
    this.#emitEarly();
    this.#transaction.close();
    this.#givenUp = 0;
    for (const pending of this.#takePending()) this.#finish(pending, "gap", []);
  }

  #overflow(): void {
    if (this.#waiting === 0) {
      this.#doubt.open("gap");
      return;
    }
    const oldest = this.#pending[this.#answered]!;
    this.#shift();
    this.#givenUp++;
    this.#finish(oldest, "unpaired", ["pending-limit"]);
  }

  #emitEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#emitAlone(message, [UNASKED]);
  }

  get #waiting(): number {
    return this.#pending.length - this.#answered;
  }

  #shift(): void {
    this.#pending[this.#answered++] = undefined;
    const isMore = this.#answered < this.#pending.length;
    if (isMore && (this.#answered < 32 || this.#answered * 2 < this.#pending.length)) return;
    this.#pending.splice(0, this.#answered);
    this.#answered = 0;
  }

  #takePending(): readonly PendingCommand[] {
    const waiting = this.#pending.splice(this.#answered) as PendingCommand[];
    this.#pending.length = 0;
    this.#answered = 0;
    return waiting;
  }

  /** @param quality where a part of the reply, or none, has come: what kept it from being whole */
  #finish(
    pending: PendingCommand,
    quality: Quality,
    problems: readonly string[],
    facts?: Pick<RedisExchange, "queued">,
  ): void {
    const { command, reply } = pending;
    this.#context.budget.release(pending.reserved);
    const unanswered = reply === undefined ? ["request-without-response"] : [];
    this.#emit(pending, command, reply, quality, [...unanswered, ...problems], facts);
  }

  #emitAlone(message: StreamMessage, problems: readonly string[], facts: { readonly pushed?: true } = {}): void {
    this.#context.budget.release(message.reserved);
    const reply = replyOf(message);
    const whole = message.gapBytes > 0 ? "gap" : reply.truncated ? "truncated" : "complete";
    const quality = facts.pushed ? whole : (this.#doubt.reason ?? "unpaired");
    this.#emit(this.#identity(), undefined, reply, quality, problems, facts);
  }

  #emit(
    { id, index }: { readonly id: number; readonly index: number },
    request: RedisCommand | undefined,
    response: RedisReply | undefined,
    quality: Quality,
    problems: readonly string[],
    facts: Pick<RedisExchange, "pushed" | "unanswered" | "queued"> = {},
  ): void {
    this.#context.emit(
      buildRedisExchange({
        id,
        index,
        connection: this.#context.connection,
        protocol: `resp${this.#version}`,
        ...(request && { request }),
        ...(response && { response }),
        ...facts,
        quality,
        problems,
      }),
    );
  }

  #identity(): { readonly id: number; readonly index: number } {
    return { id: this.#context.nextId(), index: this.#context.nextIndex() };
  }
}

const UNASKED = "response-without-request";
/** Replies that are held until their commands come. */
const MAX_EARLY = 64;
