import { nanosBetween, type Timestamp } from "../../../model/index.ts";
import type { StreamMessage } from "../redis-stream.ts";
import { fitsCommand } from "./expected-replies.ts";
import type { Doubt, PendingCommand } from "./pending-command.ts";

/** Gets what became of commands and replies between which it was not known who belongs to whom. */
export interface DoubtHandler {
  pair(command: PendingCommand, reply: StreamMessage): void;
  unanswered(command: PendingCommand): void;
  unasked(reply: StreamMessage): void;
}

/**
 * Handles the time while it is not known which reply belongs to which command. Nothing in a reply names its command: their order does,
 * and that is broken where messages may have been missed (the connection was joined in its middle, or bytes are missing between
 * messages).
 *
 * Commands and the replies after them are held until the next command comes: if they are as many, and each can be the reply to its
 * command, they are paired, with the doubt as their quality; else none of them is. The order is taken for restored by
 * - the next command, where the client has always waited for a reply before it asked again, and what is missing fits that;
 * - a command after a silence of ten times what the slowest reply took (a second at most, and where no reply was seen);
 * - three such rounds that came out even.
 */
export class PairingDoubt {
  readonly #handler: DoubtHandler;
  #reason: Doubt | undefined;
  /** The client has always waited for its reply: how many replies are to come before it can ask again. */
  #waitsFor: number | undefined = 0;
  #slowest: number | undefined;
  #last: Timestamp | undefined;
  #evenRounds = 0;
  #commands: PendingCommand[] = [];
  #replies: StreamMessage[] = [];

  constructor(midStream: boolean, handler: DoubtHandler) {
    this.#handler = handler;
    if (midStream) this.open("mid-stream");
  }

  /** Undefined where it is known. */
  get reason(): Doubt | undefined {
    return this.#reason;
  }

  /** Commands that are held. */
  get held(): number {
    return this.#commands.length;
  }

  /** The connection was joined late: how its client asks is not known. */
  open(reason: Doubt): void {
    this.#reason ??= reason;
    this.#waitsFor = undefined;
    this.#evenRounds = 0;
    this.#end(false);
  }

  /** Messages of one side may be missing; so many commands waited. */
  lose(isClient: boolean, waiting: number, time: Timestamp): void {
    const waited = this.#waitsFor;
    this.open("gap");
    this.#last = time;
    // The missing bytes are the next command, or the reply to the one that waits.
    if (waited === 0 && waiting === (isClient ? 0 : 1)) this.#waitsFor = isClient ? 1 : 0;
  }

  /** A command comes while so many wait; gives whether its reply will be known. */
  before(time: Timestamp, waiting: number): boolean {
    if (this.#replies.length > 0) this.#end(true);
    const last = this.#last;
    this.#last = time;
    if (this.#reason === undefined) {
      if (waiting > 0) this.#waitsFor = undefined;
      return true;
    }
    if (this.#commands.length === 0 && this.#isRestored(last, time)) {
      this.#reason = undefined;
      if (this.#waitsFor !== 0) this.#waitsFor = undefined;
      return true;
    }
    return false;
  }

  hold(command: PendingCommand): void {
    this.#commands.push(command);
  }

  /** A reply comes while there is doubt. */
  reply(message: StreamMessage): void {
    if (this.#waitsFor !== undefined) this.#waitsFor--;
    this.#last = message.finished;
    if (this.#replies.length < this.#commands.length) this.#replies.push(message);
    else {
      // There is one more than was asked for.
      this.#end(false);
      this.#handler.unasked(message);
    }
  }

  /** A command was answered, which took so long. */
  answered(command: Timestamp, reply: Timestamp): void {
    this.#last = reply;
    this.#slowest = Math.max(this.#slowest ?? 0, nanosBetween(command, reply));
  }

  /** Nothing follows. */
  close(): void {
    this.#end(true);
  }

  #isRestored(last: Timestamp | undefined, time: Timestamp): boolean {
    if (this.#waitsFor === 0 || this.#evenRounds >= ROUNDS) return true;
    const silence = this.#slowest === undefined ? LONGEST_SILENCE : Math.max(SHORTEST_SILENCE, 10 * this.#slowest);
    return last !== undefined && nanosBetween(last, time) >= Math.min(silence, LONGEST_SILENCE);
  }

  /** @param mayPair the round was seen to its end */
  #end(mayPair: boolean): void {
    const commands = this.#commands;
    const replies = this.#replies;
    if (commands.length === 0 && replies.length === 0) return;
    this.#commands = [];
    this.#replies = [];
    const isEven =
      mayPair &&
      commands.length === replies.length &&
      replies.every(({ value }, at) => fitsCommand(commands[at]!.command, value!));
    this.#evenRounds = isEven ? this.#evenRounds + 1 : 0;
    if (isEven) for (const [at, command] of commands.entries()) this.#handler.pair(command, replies[at]!);
    else {
      for (const command of commands) this.#handler.unanswered(command);
      for (const reply of replies) this.#handler.unasked(reply);
    }
  }
}

const ROUNDS = 3;
const SHORTEST_SILENCE = 20e6;
const LONGEST_SILENCE = 1e9;
