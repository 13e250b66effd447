import type { LedgerReason, Timestamp } from "../../../model/index.ts";
import { Inflater } from "../../../wire/deflate/inflater.ts";
import {
  type FrameHandler,
  type FrameHeader,
  FrameParser,
  looksLikeFrames,
  OPCODES,
} from "../../../wire/websocket/index.ts";
import { BodyCollector } from "../../body-collector.ts";
import { decompressionLimit } from "../../content/decode-bodies.ts";
import type { ConversationLog } from "../../conversation-log.ts";
import { isCutOff } from "../../cut-off.ts";
import type { AnalysisContext, Sender } from "../../protocol-analyzer.ts";

export interface WebSocketReaderOptions {
  readonly from: Sender;
  /** permessage-deflate was agreed on. */
  readonly compressed: boolean;
  /** A compressed message may refer to those before it. */
  readonly takeover: boolean;
}

/**
 * Reads one side's messages: joins fragments, lets control frames pass between them, decompresses, and adds what is whole to the
 * log. A message whose decompression is not possible (a bomb, or bytes it refers to were missed), or beyond the allowance
 * (`decode-budget`), is kept as it came, marked `compressed`; one that is not kept is not decompressed.
 *
 * After a gap outside of a payload it waits for a push that consists of frames.
 */
export class WebSocketReader implements FrameHandler {
  readonly #context: AnalysisContext;
  readonly #log: ConversationLog;
  readonly #options: WebSocketReaderOptions;
  readonly #parser: FrameParser;
  readonly problems = new Set<string>();
  /** Some bytes were never seen, or could not be parsed. */
  missedBytes = false;
  /** A limit, or the tap, cut something off. */
  cut = false;
  #searching = false;
  /** The message under way, and the control frame that came in the middle of it. */
  #message: MessageUnderWay | undefined;
  #control: MessageUnderWay | undefined;
  #current: MessageUnderWay | undefined;
  #fin = false;
  #inflater: Inflater | undefined;
  /** The window that later messages may refer to is not known. */
  #contextLost = false;
  #time!: Timestamp;

  constructor(context: AnalysisContext, log: ConversationLog, options: WebSocketReaderOptions) {
    this.#context = context;
    this.#log = log;
    this.#options = options;
    this.#parser = new FrameParser(this);
  }

  push(data: Uint8Array, time: Timestamp): void {
    const { bytes } = this.#context;
    this.#time = time;
    if (this.#searching) {
      if (!looksLikeFrames(data, this.#options.from === "client")) {
        bytes.settleSkipped("not-websocket", data.length);
        return;
      }
      this.#searching = false;
      this.#parser.restart();
    }
    const consumed = this.#parser.push(data);
    bytes.settleHandled(consumed);
    if (!this.#parser.failed) return;
    bytes.settleSkipped("not-websocket", data.length - consumed);
    this.problems.add("invalid:websocket-frame");
    this.#lose();
  }

  gap(size: number | undefined, reason: LedgerReason): void {
    if (isCutOff(reason)) this.cut = true;
    else this.missedBytes = true;
    if (this.#searching) return;
    if (this.#current !== undefined) this.#current.incomplete = true;
    if (this.#current?.compressed && this.#options.takeover) this.#contextLost = true;
    if (size === undefined || !this.#parser.skip(size)) this.#lose();
    else if (this.#current !== undefined) this.#current.collector.skip(size);
  }

  /** The message under way will not end. */
  close(): void {
    for (const message of [this.#message, this.#control]) {
      if (message === undefined) continue;
      this.problems.add("unfinished-message");
      this.#add(message, false);
    }
    this.#message = undefined;
    this.#control = undefined;
  }

  frameBegin(header: FrameHeader): void {
    const { opcode, reserved, fin, masked } = header;
    if (masked !== (this.#options.from === "client")) this.problems.add("wrong-masking");
    this.#fin = fin;
    if (opcode >= OPCODES.CLOSE) {
      this.#control = this.#begin(opcode, false);
      this.#current = this.#control;
      return;
    }
    if ((opcode === OPCODES.CONTINUATION) !== (this.#message !== undefined)) this.problems.add("wrong-fragmentation");
    if (opcode !== OPCODES.CONTINUATION && this.#message !== undefined) {
      this.#add(this.#message, false);
      this.#message = undefined;
    }
    this.#message ??= this.#begin(opcode, this.#options.compressed && (reserved & 4) !== 0);
    this.#current = this.#message;
  }

  payload(bytes: Uint8Array, start: number, end: number): void {
    const message = this.#current!;
    message.wireBytes += end - start;
    if (message.inflater === undefined) this.#collect(message, bytes, start, end);
    else this.#inflate(message, message.inflater, bytes, start, end);
  }

  frameEnd(): void {
    const message = this.#current!;
    this.#current = undefined;
    if (message === this.#control) {
      this.#control = undefined;
      this.#add(message, true);
    } else if (this.#fin) {
      this.#message = undefined;
      if (message.inflater !== undefined) this.#endInflation(message, message.inflater);
      this.#add(message, true);
    }
  }

  #begin(opcode: number, compressed: boolean): MessageUnderWay {
    const { limits, budget } = this.#context;
    const message: MessageUnderWay = {
      kind: KINDS[opcode]!,
      started: this.#time,
      collector: new BodyCollector(limits.messageBytes, budget),
      compressed,
      inflater: undefined,
      wireBytes: 0,
      inflated: 0,
      incomplete: false,
    };
    if (!compressed || this.#contextLost) return message;
    if (this.#log.isFull || !this.#mayInflate()) {
      if (this.#options.takeover) this.#contextLost = true;
      return message;
    }
    this.#inflater ??= new Inflater();
    message.inflater = this.#inflater;
    return message;
  }

  #mayInflate(): boolean {
    const may = this.#context.inflation?.begin(this.#time) !== false;
    if (!may) this.problems.add("decode-budget");
    return may;
  }

  #collect(message: MessageUnderWay, bytes: Uint8Array, start: number, end: number): void {
    if (message.collector.push(bytes, start, end) > 0) this.cut = true;
  }

  #inflate(message: MessageUnderWay, inflater: Inflater, bytes: Uint8Array, start: number, end: number): void {
    if (message.incomplete) return;
    const { limits, inflation } = this.#context;
    const allowed = decompressionLimit(message.wireBytes, limits);
    const isSpent = () => inflation?.isLeft === false;
    inflater.push(bytes, start, end, (output, from, to) => {
      message.inflated += to - from;
      inflation?.use(to - from);
      this.#collect(message, output, from, to);
      return message.inflated <= allowed && !isSpent();
    });
    if (message.inflated > allowed) this.#stopInflation(message, "decompression-limit");
    else if (inflater.failed) this.#stopInflation(message, "invalid:deflate");
    else if (isSpent()) this.#stopInflation(message, "decode-budget");
  }

  /** RFC 7692 §7.2.2: the sender left these four bytes off. */
  #endInflation(message: MessageUnderWay, inflater: Inflater): void {
    this.#inflate(message, inflater, SYNC_MARKER, 0, SYNC_MARKER.length);
    if (this.#options.takeover) inflater.continue();
    else inflater.reset();
  }

  #stopInflation(message: MessageUnderWay, problem: string): void {
    message.incomplete = true;
    this.problems.add(problem);
    this.cut = true;
    if (this.#options.takeover) this.#contextLost = true;
    else this.#inflater = undefined;
  }

  #add(message: MessageUnderWay, complete: boolean): void {
    const { bytes, size, truncated } = message.collector.take(complete);
    this.#log.add({
      from: this.#options.from,
      time: message.started,
      kind: message.kind,
      bytes,
      size,
      truncated: truncated || message.incomplete || !complete,
      ...(message.compressed && message.inflater === undefined ? { compressed: true } : {}),
    });
  }

  /** Where the next frame begins is not known. */
  #lose(): void {
    this.missedBytes = true;
    this.#searching = true;
    if (this.#options.takeover) this.#contextLost = true;
    else this.#inflater = undefined;
    this.close();
    this.#current = undefined;
  }
}

interface MessageUnderWay {
  readonly kind: string;
  readonly started: Timestamp;
  readonly collector: BodyCollector;
  /** It came compressed; without an inflater it is kept as it came. */
  readonly compressed: boolean;
  inflater: Inflater | undefined;
  /** Payload bytes that came, and what they were decompressed to. */
  wireBytes: number;
  inflated: number;
  /** Some of it is missing: what comes after that is not decompressed. */
  incomplete: boolean;
}

const KINDS: Record<number, string> = {
  [OPCODES.CONTINUATION]: "continuation",
  [OPCODES.TEXT]: "text",
  [OPCODES.BINARY]: "binary",
  [OPCODES.CLOSE]: "close",
  [OPCODES.PING]: "ping",
  [OPCODES.PONG]: "pong",
};
const SYNC_MARKER = Uint8Array.of(0, 0, 0xff, 0xff);
