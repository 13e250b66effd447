import { ByteWriter } from "../../byte-writer.ts";
import { CAPTURE_TRACE } from "../../capture-trace.ts";
import { decodeBase64, parseTimestamp } from "../../scalar-values.ts";
import { TRACE_WRAPPER } from "../../trace.ts";
import type { DocumentForm } from "./document-form.ts";
import { parseWord } from "./parse-word.ts";
import { type FieldSchema, type MessageSchema, TIMESTAMP } from "./schema.ts";
import { tooLong } from "./too-long.ts";

/** A message in protobuf's binary form: all of it, or a piece (`more`). Borrowed. */
export interface Transcoded {
  readonly kind: "wrapper" | "capture";
  readonly bytes: Uint8Array;
  readonly more: boolean;
  /** JSON: a field that Envoy has shown since 1.28 or later, its default too, is not there. */
  readonly lacksNewFields: boolean;
}

/**
 * Takes the fields of text or JSON one by one and writes them in protobuf's binary form, so that one decoder serves all.
 *
 *     [tag, length] [trace_id] [connection] │ [events] [events] [events ···
 *      └ of the trace                       └ head: repeated in front of each piece
 *
 * The length of a message stands in five bytes, as a padded varint, and is filled in when the message ends. Methods give
 * undefined, or what is wrong.
 */
export class Transcoder {
  readonly #form: DocumentForm;
  readonly #pieceBytes: number;
  readonly #maxBytes: number;
  readonly #emit: (message: Transcoded) => void;
  readonly #out = new ByteWriter();
  readonly #stack: OpenMessage[] = [];
  #kind: Transcoded["kind"] | undefined;
  /** Messages within one that nothing is known of, which are skipped. */
  #skipped = 0;
  /** Where the first event was, and thus the head ends; -1 before there is one. */
  #headLength = -1;
  /** Up to here everything is whole. */
  #wholeLength = 0;
  #pieces = 0;
  #hasTrace = false;
  #lacksNewFields = false;
  unknownFields = 0;
  /** Its path. */
  firstUnknownField: string | undefined;

  constructor(
    form: DocumentForm,
    limits: { pieceBytes: number; maxMessageBytes: number },
    emit: (message: Transcoded) => void,
  ) {
    this.#form = form;
    this.#pieceBytes = limits.pieceBytes;
    this.#maxBytes = limits.maxMessageBytes;
    this.#emit = emit;
  }

  /** How many messages are open. */
  get depth(): number {
    return this.#stack.length + this.#skipped;
  }

  /** The path of what is open: `socket_buffered_trace.events`. */
  get path(): string {
    return this.#stack.map(({ field }) => field.name).join(".");
  }

  /** Whether all that has come is handed on or whole: what follows may be lost without losing that. */
  get whole(): boolean {
    return this.#wholeLength === this.#out.length;
  }

  openMessage(name: string): string | undefined {
    if (this.#skipped > 0) {
      this.#skipped++;
      return undefined;
    }
    if (this.#stack.length === 0) this.#beginTopLevel(name);
    const field = this.#find(name);
    if (field === undefined) {
      this.#skipped = 1;
      return undefined;
    }
    if (typeof field.type === "string") return `'${name}' is ${TYPE_NAMES[field.type]}, not a message`;
    if (name === "events" && this.#headLength < 0 && this.#splits(this.#stack.length))
      this.#headLength = this.#out.length;
    this.#writeTag(field.number, 2);
    this.#stack.push({ field, schema: field.type, start: this.#out.length, seen: new Set() });
    this.#out.writeBytes(LENGTH_PLACE);
    return undefined;
  }

  closeMessage(): string | undefined {
    if (this.#skipped > 0) {
      this.#skipped--;
      return undefined;
    }
    const message = this.#stack.pop()!;
    this.#fillIn(message);
    if (this.#form === "json") this.#noteMissing(message);
    const isEvent = message.field.name === "events" && this.#splits(this.#stack.length);
    if (this.#stack.length === 0 || isEvent) this.#wholeLength = this.#out.length;
    if (isEvent && this.#out.length >= this.#pieceBytes) this.#flushPiece();
    return this.#out.length > this.#maxBytes ? tooLong("message", this.#maxBytes) : undefined;
  }

  /** A quoted value; `bytes` have no escapes in them any more. */
  writeString(name: string, bytes: Uint8Array): string | undefined {
    const field = this.#findScalar(name);
    if (field === undefined) return undefined;
    if (field.type === "string") this.#writeBytes(field.number, bytes);
    else if (field.type === "bytes") {
      const value = this.#form === "json" ? decodeBase64(bytes) : bytes;
      if (value === undefined) return `the value of '${name}' is no base64`;
      this.#writeBytes(field.number, value);
    } else if (this.#form === "json" && field.type === TIMESTAMP) return this.#writeTimestamp(field, bytes);
    else if (this.#form === "json" && typeof field.type === "string") return this.writeWord(name, ascii(bytes));
    else
      return typeof field.type === "string"
        ? `'${name}' is ${TYPE_NAMES[field.type]}, not a string`
        : `'${name}' is a message, not a string${name === "data" ? INTERIM_HINT : ""}`;
    return undefined;
  }

  /** A number, `true`, `false`, an enum's name, `null`. */
  writeWord(name: string, word: string): string | undefined {
    const field = this.#findScalar(name);
    if (field === undefined || (word === "null" && this.#form === "json")) return undefined;
    const value = parseWord(field, word);
    if (value === undefined)
      return `'${word}' is no value for '${name}', which is ${typeof field.type === "string" ? TYPE_NAMES[field.type] : "a message"}`;
    this.#writeTag(field.number, 0);
    this.#writeVarint(BigInt.asUintN(64, value));
    return undefined;
  }

  /** The message that has gathered is complete; what comes belongs to another. */
  endDocument(): void {
    if (this.#kind !== undefined && (this.#out.length > 0 || this.#pieces > 0)) this.#emitMessage(false);
    this.#reset();
  }

  /** Nothing more can come: drops what is not whole, and hands on what is. */
  endDamaged(): void {
    const trace = this.#stack[0];
    this.#out.length = this.#wholeLength;
    if (trace !== undefined && this.#kind === "wrapper") {
      if (this.#wholeLength <= trace.start) this.#out.length = Math.min(this.#wholeLength, trace.start);
      else this.#fillIn(trace);
    }
    this.endDocument();
  }

  #beginTopLevel(name: string): void {
    const kind = CAPTURE_TRACE.fields.has(name) ? "capture" : "wrapper";
    const isTrace = TRACE_WRAPPER.fields.has(name) && TRACE_WRAPPER.fields.get(name)!.number < 5;
    const another = kind !== this.#kind || (kind === "wrapper" ? isTrace && this.#hasTrace : name === "connection");
    if (another && this.#kind !== undefined && this.#form === "text") this.endDocument();
    this.#kind ??= kind;
    if (isTrace) this.#hasTrace = true;
  }

  /** Whether `events` at this depth are what a message is split between. */
  #splits(depth: number): boolean {
    return this.#kind === "capture"
      ? depth === 0
      : depth === 1 && this.#stack[0]!.field.name === "socket_buffered_trace";
  }

  #flushPiece(): void {
    if (this.#stack[0] !== undefined) this.#fillIn(this.#stack[0]);
    this.#emitMessage(true);
    this.#out.length = this.#headLength;
    this.#wholeLength = this.#headLength;
    this.#pieces++;
  }

  #emitMessage(more: boolean): void {
    this.#emit({
      kind: this.#kind!,
      bytes: this.#out.bytes.subarray(0, this.#out.length),
      more,
      lacksNewFields: this.#lacksNewFields,
    });
  }

  #reset(): void {
    this.#out.length = 0;
    this.#stack.length = 0;
    this.#kind = undefined;
    this.#skipped = 0;
    this.#headLength = -1;
    this.#wholeLength = 0;
    this.#pieces = 0;
    this.#hasTrace = false;
    this.#lacksNewFields = false;
  }

  #find(name: string): FieldSchema | undefined {
    const top = this.#stack.at(-1);
    const schema = top?.schema ?? (this.#kind === "capture" ? CAPTURE_TRACE : TRACE_WRAPPER);
    const field = schema.fields.get(name);
    if (field === undefined) {
      this.unknownFields++;
      this.firstUnknownField ??= [...this.#stack.map((message) => message.field.name), name].join(".");
    } else top?.seen.add(field.name);
    return field;
  }

  #findScalar(name: string): FieldSchema | undefined {
    return this.#skipped > 0 ? undefined : this.#find(name);
  }

  #noteMissing({ field, schema, seen }: OpenMessage): void {
    for (const { name, trait } of schema.inOrder)
      if (trait === "new" && !seen.has(name) && field.name !== "closed") this.#lacksNewFields = true;
  }

  #writeTimestamp(field: FieldSchema, bytes: Uint8Array): string | undefined {
    const time = parseTimestamp(ascii(bytes));
    if (time === undefined) return `'${ascii(bytes)}' is no time, like 2026-01-31T12:00:00.5Z`;
    this.openMessage(field.name);
    this.writeWord("seconds", String(time.seconds));
    this.writeWord("nanos", String(time.nanos));
    return this.closeMessage();
  }

  #writeBytes(number: number, bytes: Uint8Array): void {
    this.#writeTag(number, 2);
    this.#writeVarint(BigInt(bytes.length));
    this.#out.writeBytes(bytes);
  }

  #writeTag(number: number, wireType: number): void {
    this.#out.writeByte((number << 3) | wireType);
  }

  #writeVarint(value: bigint): void {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.#out.writeByte(Number(rest & 0x7fn) | 0x80);
    this.#out.writeByte(Number(rest));
  }

  #fillIn({ start }: OpenMessage): void {
    const { bytes, length } = this.#out;
    let rest = length - start - LENGTH_PLACE.length;
    for (let index = 0; index < LENGTH_PLACE.length - 1; index++) {
      bytes[start + index] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[start + LENGTH_PLACE.length - 1] = rest;
  }
}

interface OpenMessage {
  readonly field: FieldSchema;
  readonly schema: MessageSchema;
  /** Where its length stands. */
  readonly start: number;
  /** The names of its fields that came. */
  readonly seen: Set<string>;
}

const LENGTH_PLACE = new Uint8Array(5);
const TYPE_NAMES = {
  uint32: "a whole number",
  uint64: "a whole number",
  seconds: "a number of seconds in the years 1 to 9999",
  nanos: "a number of nanoseconds within a second",
  bool: "true or false",
  enum: "a name from a list",
  string: "a string",
  bytes: "bytes",
} as const;

function ascii(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 64));
}

/** Traces between the capture of Envoy 1.9 and the tap of 1.10 have bytes where a Body is since. */
const INTERIM_HINT = "; development versions of Envoy between 1.9 and 1.10 wrote it so: their traces cannot be read";
