import type { LedgerReason } from "../../../model/index.ts";
import type { CaptureEvent, CaptureTrace } from "../capture-trace.ts";
import type { EncodingReader, TraceReaderLimits, TraceReport } from "../trace-record.ts";
import { decodeConnection } from "./address-decoder.ts";
import { decodeCaptureEvent, decodeTraceWrapper } from "./binary-decoder.ts";
import type { DocumentForm } from "./document/document-form.ts";
import { JsonGrammar } from "./document/json-grammar.ts";
import { TextGrammar } from "./document/text-grammar.ts";
import { Tokenizer } from "./document/tokenizer.ts";
import { isTooLong } from "./document/too-long.ts";
import { type Transcoded, Transcoder } from "./document/transcoder.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/**
 * Reads traces in protobuf's text format or as JSON: any number of messages one after the other. Of a damaged one what
 * is whole before the damage is handed on (of a buffered trace and of a capture, the events too), and reading goes on with the next
 * message that begins a line.
 *
 *     bytes → Tokenizer → TextGrammar │ JsonGrammar → Transcoder → binary form → decoder → records
 */
export class DocumentReader implements EncodingReader {
  readonly #report: TraceReport;
  readonly #limits: TraceReaderLimits;
  readonly #form: DocumentForm;
  #tokenizer!: Tokenizer;
  #grammar!: TextGrammar | JsonGrammar;
  #transcoder!: Transcoder;
  #reader!: ProtobufReader;
  /** Up to here the input is accounted for. */
  #accounted = 0;
  /** Up to here it is whole. Both count from where reading began, or began again. */
  #wholeOffset = 0;
  #damaged = false;
  /** The reason for which bytes are passed over, in the ledger's words. */
  #damage: LedgerReason = "corrupt";
  /** The name that the next message begins with, found in the middle of one. */
  #nextWord = "";
  /** The last byte that was passed over or taken. */
  #previous = NEWLINE;

  constructor(report: TraceReport, limits: TraceReaderLimits, form: DocumentForm) {
    this.#report = report;
    this.#limits = limits;
    this.#form = form;
    this.#begin();
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#damaged) {
        const next = this.#findMessage(bytes, at);
        this.#report.dropped(this.#damage, next - at, { message: "", place: {} });
        at = next;
        if (at < bytes.length) this.#begin();
        continue;
      }
      const taken = this.#tokenizer.push(at === 0 ? bytes : bytes.subarray(at));
      const { problem } = this.#tokenizer;
      const last = at + taken - 1;
      const previous = last > 0 ? bytes[last - 1]! : this.#previous;
      // A message begins where the one before it should have ended.
      const isFirst = this.#tokenizer.offset <= 1;
      const isNext = problem !== undefined && !isFirst && this.#beginsMessage(previous, bytes[last]!);
      at = isNext ? last : last + 1;
      this.#previous = isNext ? previous : bytes[last]!;
      const word = this.#nextWord;
      if (problem !== undefined) {
        this.#damage = isTooLong(problem.message) ? "too-large" : "corrupt";
        this.#stop(this.#damage, problem, isNext ? 1 : word.length);
      }
      if (word !== "") {
        this.#begin();
        this.#tokenizer.push(new TextEncoder().encode(word));
      }
    }
  }

  end(): void {
    if (this.#damaged) return;
    this.#tokenizer.end();
    const problem = this.#grammar.end();
    if (this.#tokenizer.problem !== undefined) this.#stop("cut", this.#tokenizer.problem, 0);
    else if (problem !== undefined) this.#stop("corrupt", { message: problem, ...this.#tokenizer.place }, 0);
    else if (!this.#grammar.atTop) {
      const { path } = this.#transcoder;
      const message = `the trace ends inside ${path === "" ? "a message" : path}`;
      this.#stop("cut", { message, ...this.#tokenizer.place }, 0);
    } else {
      this.#transcoder.endDocument();
      this.#account(this.#tokenizer.offset);
      this.#reportUnknown();
    }
  }

  #begin(): void {
    this.#damaged = false;
    this.#nextWord = "";
    this.#accounted = 0;
    this.#wholeOffset = 0;
    this.#reader = new ProtobufReader();
    this.#transcoder = new Transcoder(this.#form, this.#limits, (message) => this.#decode(message));
    this.#grammar = this.#form === "text" ? new TextGrammar(this.#transcoder) : new JsonGrammar(this.#transcoder);
    // Base64 is a third longer than what it stands for, and an octal escape four times.
    this.#tokenizer = new Tokenizer(this.#form, this.#limits.maxMessageBytes * 4, (token) => {
      const isTop = this.#form === "text" && token.kind === "word" && token.column === 1 && TRACES.has(token.word);
      if (isTop && !this.#grammar.atTop) {
        this.#nextWord = token.word;
        return `the message before this ${token.word} is not closed`;
      }
      const problem = this.#grammar.take(token);
      const closes = token.kind === "}" || token.kind === ">";
      if (closes && problem === undefined && this.#transcoder.whole) this.#wholeOffset = this.#tokenizer.offset + 1;
      return problem;
    });
  }

  /** Where a line begins with a message; the end where none does. */
  #findMessage(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (this.#beginsMessage(this.#previous, bytes[at]!)) return at;
      this.#previous = bytes[at]!;
    }
    return bytes.length;
  }

  /** Inner lines are indented, in text a message begins with the name of a field; in JSON nothing else stands between two braces. */
  #beginsMessage(previous: number, byte: number): boolean {
    if (this.#form === "json") return byte === OPEN_BRACE && (previous === NEWLINE || previous === CLOSE_BRACE);
    return previous === NEWLINE && byte >= LETTER_A && byte <= LETTER_Z;
  }

  /** @param untaken bytes that the tokenizer has seen and that are not passed over */
  #stop(reason: LedgerReason, problem: { message: string; line: number; column: number }, untaken: number): void {
    this.#damaged = true;
    this.#transcoder.endDamaged();
    this.#account(Math.min(this.#wholeOffset, this.#tokenizer.offset));
    const { message } = problem;
    const { line, column } = (this.#grammar instanceof TextGrammar && this.#grammar.faultPlace) || problem;
    this.#report.dropped(reason, this.#tokenizer.offset - this.#accounted - untaken, {
      message,
      place: { line, column },
    });
    this.#reportUnknown();
  }

  #reportUnknown(): void {
    const count = this.#transcoder.unknownFields + this.#reader.unknownFields;
    const first = this.#transcoder.firstUnknownField ?? this.#reader.firstUnknownField;
    if (count > 0) this.#report.unknownFields(count, first);
  }

  #account(offset: number): void {
    if (offset <= this.#accounted) return;
    this.#report.handled(offset - this.#accounted);
    this.#accounted = offset;
  }

  #decode({ kind, bytes, more, lacksNewFields }: Transcoded): void {
    this.#account(Math.min(this.#wholeOffset, this.#tokenizer.offset));
    const reader = this.#reader;
    reader.reset(bytes, 0, bytes.length);
    if (kind === "capture") {
      this.#report.record({ kind, capture: decodeCapture(reader), more });
      return;
    }
    const { trace, configuredSampleRate } = decodeTraceWrapper(reader);
    if (trace === undefined) return;
    this.#report.record({
      kind,
      wrapper: configuredSampleRate === undefined ? { trace } : { trace, configuredSampleRate },
      more,
      ...(this.#form === "json" ? { layout: lacksNewFields ? "old" : "new" } : {}),
    });
  }
}

/** Fields that stand only at the top of a message. */
const TRACES: ReadonlySet<string> = new Set([
  "http_buffered_trace",
  "http_streamed_trace_segment",
  "socket_buffered_trace",
  "socket_streamed_trace_segment",
]);
const NEWLINE = 0x0a;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACE = 0x7b;
const LETTER_A = 0x61;
const LETTER_Z = 0x7a;

function decodeCapture(reader: ProtobufReader): CaptureTrace {
  const events: CaptureEvent[] = [];
  let head: Omit<CaptureTrace, "events"> = {};
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) {
      const { id, connection } = decodeConnection(reader, "old");
      head = { id, connection };
    } else events.push(decodeCaptureEvent(reader));
  }
  return { ...head, events };
}
