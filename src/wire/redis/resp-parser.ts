import { LineBuffer } from "./line-buffer.ts";
import type { AggregateType, LineType, RespHandler, StringType } from "./resp-handler.ts";
import { DEFAULT_DEPTH, DEFAULT_LINE_BYTES, MAX_COUNT, MAX_INLINE, MAX_LINE, MAX_STRING } from "./resp-limits.ts";
import type { RespParserOptions, RespProblem } from "./resp-options.ts";
import {
  AGGREGATE_TYPES,
  BYTE,
  isLineValid,
  LINE_TYPES,
  MAX_LENGTH_LINE,
  parseCommandLength,
  parseLength,
  STRING_TYPES,
} from "./resp-types.ts";

/**
 * Parses one direction of the Redis serialization protocol, split anywhere: RESP2, RESP3 with streamed strings and aggregates,
 * attributes and pushes (github.com/redis/redis-specifications, protocol/RESP2.md and RESP3.md), and inline commands. Nothing of
 * a string is kept: it is handed on as it comes.
 *
 * It never throws. It fails at what no peer may send, and takes nothing more then until `restart`.
 */
export class RespParser {
  readonly #handler: RespHandler;
  readonly #commands: boolean;
  readonly #lineBytes: number;
  readonly #maxDepth: number;
  #state: State = State.TYPE;
  #problem: RespProblem | undefined;
  /** The byte that began the line. */
  #type = 0;
  readonly #line: LineBuffer;
  /** Bytes of the string that are still to come; undefined in a string whose length is not known. */
  #remaining = 0;
  #isStreamed = false;
  readonly #stack: Aggregate[] = [];
  #inMessage = false;
  /** Bytes that were pushed before these. */
  #before = 0;
  /** Where what is read ends, in what is pushed now. */
  #at = 0;

  constructor(options: RespParserOptions) {
    this.#handler = options.handler;
    this.#commands = options.commands ?? false;
    this.#lineBytes = options.lineBytes ?? DEFAULT_LINE_BYTES;
    this.#maxDepth = options.depth ?? DEFAULT_DEPTH;
    this.#line = new LineBuffer(Math.max(this.#lineBytes, MAX_LENGTH_LINE));
  }

  /** Why it failed, or undefined while it has not. */
  get problem(): RespProblem | undefined {
    return this.#problem;
  }

  /** A message has begun and is not over. */
  get inMessage(): boolean {
    return this.#inMessage;
  }

  /** Parses the bytes; gives how many were consumed: fewer than all only when it failed. */
  push(data: Uint8Array): number {
    let p = 0;
    this.#at = 0;
    while (p < data.length && this.#problem === undefined) {
      switch (this.#state) {
        case State.TYPE:
          p = this.#readType(data, p);
          break;
        case State.LINE:
          p = this.#readLine(data, p);
          break;
        case State.BYTES:
          p = this.#readBytes(data, p);
          break;
        case State.CR:
          if (data[p++] === BYTE.CR) this.#state = State.LF;
          else this.#fail("missing-terminator");
          break;
        case State.LF:
          this.#at = p + 1;
          if (data[p++] === BYTE.LF) this.#endChunk();
          else this.#fail("missing-terminator");
          break;
      }
    }
    this.#before += p;
    return p;
  }

  /**
   * Passes over bytes that were never seen, as if they were pushed, as far as they are the rest of the current string and of its end: what
   * stands behind that is not known. Gives how many they were.
   */
  skip(size: number): number {
    const inString = this.#state === State.BYTES ? Math.min(size, this.#remaining) : 0;
    const endLeft = this.#state === State.LF ? 1 : this.#state === State.CR || inString === this.#remaining ? 2 : 0;
    const inEnd = this.#state >= State.BYTES ? Math.min(size - inString, endLeft) : 0;
    if (inString + inEnd === 0) return 0;
    this.#handler.stringGap(inString, inEnd);
    this.#before += inString + inEnd;
    this.#at = 0;
    if (inString > 0) this.#advance(inString);
    if (inEnd > 0 && inEnd < endLeft) this.#state = State.LF;
    else if (inEnd > 0) this.#endChunk();
    return inString + inEnd;
  }

  /** Expects a message next, whatever came before; positions go on. */
  restart(): void {
    this.#problem = undefined;
    this.#state = State.TYPE;
    this.#isStreamed = false;
    this.#inMessage = false;
    this.#stack.length = 0;
    this.#line.clear();
  }

  #readType(data: Uint8Array, p: number): number {
    const type = data[p]!;
    const top = this.#stack.at(-1);
    if (!this.#inMessage) {
      this.#inMessage = true;
      this.#handler.messageBegin(this.#before + p);
    }
    this.#line.clear();
    if (this.#commands && top === undefined && type !== BYTE.ARRAY) {
      this.#type = INLINE;
      this.#state = State.LINE;
      return p;
    }
    const isExpected = this.#isStreamed
      ? type === BYTE.CHUNK
      : this.#commands
        ? type === (top === undefined ? BYTE.ARRAY : BYTE.BULK)
        : type === BYTE.END
          ? top !== undefined && top.remaining === Number.POSITIVE_INFINITY && top.isWhole
          : LINE_TYPES.has(type) || STRING_TYPES.has(type) || AGGREGATE_TYPES.has(type);
    if (!isExpected) this.#fail("unknown-type");
    this.#type = type;
    this.#state = State.LINE;
    return p + 1;
  }

  #readLine(data: Uint8Array, p: number): number {
    const isText = this.#type === INLINE || LINE_TYPES.has(this.#type);
    const limit = this.#type === INLINE ? MAX_INLINE : isText ? MAX_LINE : MAX_LENGTH_LINE;
    const last = Math.min(data.length, p + limit - this.#line.size);
    const lf = data.subarray(p, last).indexOf(BYTE.LF);
    if (lf < 0) {
      this.#line.add(data, p, last);
      if (this.#line.size >= limit) this.#fail(isText ? "too-large" : "malformed-length");
      return last;
    }
    this.#line.add(data, p, p + lf);
    this.#at = p + lf + 1;
    const endsInCr = this.#line.last === BYTE.CR;
    if (this.#type === INLINE) this.#endInline(endsInCr);
    else if (!endsInCr || this.#line.hasLoneCr) this.#fail("malformed-line");
    else if (isText) this.#endLine(LINE_TYPES.get(this.#type)!);
    else this.#endLength();
    return p + lf + 1;
  }

  #endInline(endsInCr: boolean): void {
    const { bytes } = this.#line;
    const size = this.#line.size - (endsInCr ? 1 : 0);
    const kept = Math.min(size, this.#lineBytes);
    this.#handler.inline(bytes, 0, kept, size);
    this.#endMessage();
  }

  #endLine(type: LineType): void {
    const size = this.#line.size - 1;
    const kept = Math.min(size, this.#lineBytes);
    if (!isLineValid(type, this.#line.bytes, kept, size)) {
      this.#fail("malformed-value");
      return;
    }
    this.#handler.line(type, this.#line.bytes, 0, kept, size);
    this.#endValue();
  }

  /** The length of a string, the count of an aggregate, the size of a chunk, or the end of a streamed aggregate. */
  #endLength(): void {
    const size = this.#line.size - 1;
    if (this.#type === BYTE.END) {
      if (size > 0) this.#fail("malformed-line");
      else this.#endAggregate();
      return;
    }
    const isCommand = this.#commands && this.#type === BYTE.ARRAY;
    const length = isCommand ? parseCommandLength(this.#line.bytes, size) : parseLength(this.#line.bytes, size);
    const aggregate = AGGREGATE_TYPES.get(this.#type);
    const isNullable = this.#type === BYTE.BULK || this.#type === BYTE.ARRAY;
    const isStreamable = !this.#commands && (aggregate !== undefined || this.#type === BYTE.BULK);
    if (length === undefined || (length === "null" && !isNullable) || (length === "streamed" && !isStreamable))
      this.#fail("malformed-length");
    else if (length === "null") {
      if (this.#commands && this.#stack.length > 0) this.#fail("malformed-length");
      else if (this.#commands) this.#beginAggregate("array", 0);
      else {
        this.#handler.line("null", this.#line.bytes, 0, 0, 0);
        this.#endValue();
      }
    } else if (this.#type === BYTE.CHUNK) this.#beginChunk(length);
    else if (aggregate !== undefined) this.#beginAggregate(aggregate, length === "streamed" ? undefined : length);
    else this.#beginString(STRING_TYPES.get(this.#type)!, length === "streamed" ? undefined : length);
  }

  #beginString(type: StringType, length: number | undefined): void {
    if (length !== undefined && length > MAX_STRING) {
      this.#fail("too-large");
      return;
    }
    this.#handler.stringBegin(type, length);
    this.#isStreamed = length === undefined;
    this.#state = this.#isStreamed ? State.TYPE : State.BYTES;
    this.#remaining = length ?? 0;
    if (length === 0) this.#state = State.CR;
  }

  #beginChunk(length: number | "streamed"): void {
    if (length === "streamed") this.#fail("malformed-length");
    else if (length > MAX_STRING) this.#fail("too-large");
    else if (length === 0) {
      this.#isStreamed = false;
      this.#handler.stringEnd();
      this.#endValue();
    } else {
      this.#remaining = length;
      this.#state = State.BYTES;
    }
  }

  #readBytes(data: Uint8Array, p: number): number {
    const length = Math.min(this.#remaining, data.length - p);
    this.#handler.stringBytes(data, p, p + length);
    this.#advance(length);
    return p + length;
  }

  #advance(size: number): void {
    this.#remaining -= size;
    if (this.#remaining === 0) this.#state = State.CR;
  }

  /** The bytes of a string, or of a piece of one, are over. */
  #endChunk(): void {
    this.#state = State.TYPE;
    if (this.#isStreamed) return;
    this.#handler.stringEnd();
    this.#endValue();
  }

  #beginAggregate(type: AggregateType, count: number | undefined): void {
    if (count !== undefined && count > MAX_COUNT) this.#fail("too-large");
    else if (this.#stack.length >= this.#maxDepth) this.#fail("nested-too-deep");
    else {
      const isPaired = type === "map" || type === "attribute";
      const remaining = count === undefined ? Number.POSITIVE_INFINITY : isPaired ? 2 * count : count;
      this.#handler.aggregateBegin(type, count);
      this.#state = State.TYPE;
      this.#stack.push({ type, remaining, isPaired, isWhole: true });
      if (remaining === 0) this.#endAggregate();
    }
  }

  #endAggregate(): void {
    const { type } = this.#stack.pop()!;
    this.#handler.aggregateEnd();
    this.#state = State.TYPE;
    // An attribute augments the value after it, and is none itself.
    if (type !== "attribute") this.#endValue();
  }

  #endValue(): void {
    this.#state = State.TYPE;
    const top = this.#stack.at(-1);
    if (top === undefined) {
      this.#endMessage();
      return;
    }
    top.remaining--;
    if (top.isPaired) top.isWhole = !top.isWhole;
    if (top.remaining === 0) this.#endAggregate();
  }

  #endMessage(): void {
    this.#state = State.TYPE;
    this.#inMessage = false;
    this.#handler.messageEnd(this.#before + this.#at);
  }

  #fail(problem: RespProblem): void {
    this.#problem = problem;
  }
}

/** Stands for the type of an inline command, which has none. */
const INLINE = -1;

const State = { TYPE: 0, LINE: 1, BYTES: 2, CR: 3, LF: 4 } as const;
type State = (typeof State)[keyof typeof State];

interface Aggregate {
  readonly type: AggregateType;
  /** Values that are still to come; infinite where only an end mark tells. */
  remaining: number;
  /** Keys and values take turns in it. */
  readonly isPaired: boolean;
  /** Not between a key and its value. */
  isWhole: boolean;
}
