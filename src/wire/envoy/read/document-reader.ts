import type { CaptureEvent, CaptureTrace } from "../trace.ts";
import type { EncodingReader, TraceReaderLimits, TraceReport } from "../trace-record.ts";
import { decodeConnection } from "./address-decoder.ts";
import { decodeCaptureEvent, decodeTraceWrapper } from "./binary-decoder.ts";
import type { DocumentForm } from "./document/document-form.ts";
import { JsonGrammar } from "./document/json-grammar.ts";
import { TextGrammar } from "./document/text-grammar.ts";
import { Tokenizer } from "./document/tokenizer.ts";
import { type Transcoded, Transcoder } from "./document/transcoder.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/**
 * Reads traces in protobuf's text format or as JSON: any number of messages one after the other. The first damage ends it:
 * what is whole before that is handed on (of a buffered trace and of a capture, the events too).
 *
 *     bytes → Tokenizer → TextGrammar │ JsonGrammar → Transcoder → binary form → decoder → records
 */
export class DocumentReader implements EncodingReader {
  readonly #report: TraceReport;
  readonly #form: DocumentForm;
  readonly #tokenizer: Tokenizer;
  readonly #grammar: TextGrammar | JsonGrammar;
  readonly #transcoder: Transcoder;
  readonly #reader = new ProtobufReader();
  /** Up to here the input is accounted for. */
  #accounted = 0;
  /** Up to here it is whole. */
  #wholeOffset = 0;
  #damaged = false;

  constructor(report: TraceReport, limits: TraceReaderLimits, form: DocumentForm) {
    this.#report = report;
    this.#form = form;
    this.#transcoder = new Transcoder(form, limits, (message) => this.#decode(message));
    this.#grammar = form === "text" ? new TextGrammar(this.#transcoder) : new JsonGrammar(this.#transcoder);
    // Base64 is a third longer than what it stands for, and an octal escape four times.
    this.#tokenizer = new Tokenizer(form, limits.maxMessageBytes * 4, (token) => {
      const problem = this.#grammar.take(token);
      const closes = token.kind === "}" || token.kind === ">";
      if (closes && problem === undefined && this.#transcoder.whole) this.#wholeOffset = this.#tokenizer.offset + 1;
      return problem;
    });
  }

  push(bytes: Uint8Array): void {
    if (this.#damaged) {
      this.#report.dropped("corrupt", bytes.length, { message: "", place: {} });
      return;
    }
    const taken = this.#tokenizer.push(bytes);
    if (this.#tokenizer.problem !== undefined) this.#stop("corrupt", this.#tokenizer.problem, bytes.length - taken);
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

  #stop(reason: string, problem: { message: string; line: number; column: number }, rest: number): void {
    this.#damaged = true;
    this.#transcoder.endDamaged();
    this.#account(Math.min(this.#wholeOffset, this.#tokenizer.offset));
    const { message } = problem;
    const { line, column } = (this.#grammar instanceof TextGrammar && this.#grammar.faultPlace) || problem;
    this.#report.dropped(reason, this.#tokenizer.offset - this.#accounted + rest, { message, place: { line, column } });
    this.#reportUnknown();
  }

  #reportUnknown(): void {
    const count = this.#transcoder.unknownFields + this.#reader.unknownFields;
    if (count > 0) this.#report.unknownFields(count);
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
