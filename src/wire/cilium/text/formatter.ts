import { TaplineError } from "../../../model/index.ts";
import { DEFAULT_DIALECT, type Dialect, type DialectChoice } from "../dialect.ts";
import { GoPanic } from "../dissect/gopacket-version.ts";
import { type ByteString, fromByteString } from "../go/byte-string.ts";
import { jsonString } from "../go/json.ts";
import { AgentNotifyReader, resolveAgentType } from "../message/agent-notify.ts";
import { DebugCapture, readDebugCapture } from "../message/debug-capture.ts";
import { DebugMsg, readDebugMsg } from "../message/debug-msg.ts";
import { DropNotify, readDropNotify } from "../message/drop-notify.ts";
import { LogRecordReader, mapTexts } from "../message/log-record.ts";
import { type EventFilter, MATCH_ALL, matchesFilter } from "../message/message-filter.ts";
import { PerDialect } from "../message/per-dialect.ts";
import { PolicyVerdictNotify, readPolicyVerdictNotify } from "../message/policy-verdict-notify.ts";
import { RecorderCapture, readRecorderCapture } from "../message/recorder-capture.ts";
import { readTraceNotify, TraceNotify } from "../message/trace-notify.ts";
import { readTraceSockNotify, TraceSockNotify } from "../message/trace-sock-notify.ts";
import {
  MessageTypeAccessLog,
  MessageTypeAgent,
  MessageTypeCapture,
  MessageTypeDebug,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeRecCapture,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { type BorrowedPayload, EventSample, type Payload, RecordLost } from "../session/payload.ts";
import { captureInfo, captureJson, captureVerbose, recorderJson, recorderText } from "./capture-text.ts";
import { debugJson, debugLine } from "./debug-message-text.ts";
import { dropInfo, dropJson, dropVerbose } from "./drop-text.ts";
import { escapeControls, escapeJsonControls } from "./escape-controls.ts";
import { cpuPrefix, formatUnknown, mayForge, toJson, unknownJson } from "./event-text.ts";
import { logRecordInfo, logRecordJson } from "./log-record-text.ts";
import { MessageBytes } from "./message-bytes.ts";
import { policyInfo, policyJson } from "./policy-text.ts";
import { type Names, Printer } from "./printer.ts";
import { traceInfo, traceJson, traceVerbose } from "./trace-text.ts";

/** How much is printed: one line a packet, debug messages too, everything with the dissection, or JSON. */
export const INFO = 1;
export const DEBUG = 2;
export const VERBOSE = 3;
export const JSON_OUTPUT = 4;
export type Verbosity = typeof INFO | typeof DEBUG | typeof VERBOSE | typeof JSON_OUTPUT;

export interface MonitorFormatterOptions extends Partial<EventFilter> {
  readonly verbosity?: Verbosity;
  /** Print the packet's bytes in hexadecimal instead of its layers. */
  readonly hex?: boolean;
  /** Default `v1.9`. `auto` takes each message for what it and those before it show it to be. */
  readonly dialect?: DialectChoice;
  /** Print byte for byte what Cilium prints, faults included (docs/monitor.md lists them). */
  readonly compat?: boolean;
  /** Identities and endpoints as numbers only. */
  readonly numeric?: boolean;
  readonly names?: Names;
}

const SEPARATOR = `${"-".repeat(78)}\n`;

/**
 * Filters and formats monitor messages: Go's format.MonitorFormatter, that gives texts instead of printing them.
 *
 * It never throws on a message. Where the Go process would have stopped, `compat` gives what it had printed until then, and
 * `panic` says why.
 */
export class MonitorFormatter {
  verbosity: Verbosity;
  hex: boolean;
  filter: EventFilter;
  /** Under `compat`: what the last message would have stopped the Go process with. */
  panic: string | undefined;
  /** The last message could not be decoded; its text says why. */
  isUndecoded = false;
  readonly #voices: PerDialect<Voice>;
  #printer: Printer;
  readonly #trace = new TraceNotify();
  readonly #drop = new DropNotify();
  readonly #policy = new PolicyVerdictNotify();
  readonly #debug = new DebugMsg();
  readonly #capture = new DebugCapture();
  readonly #recorder = new RecorderCapture();
  readonly #socket = new TraceSockNotify();
  readonly #agents = new AgentNotifyReader();
  readonly #message = new MessageBytes();

  /** @throws TaplineError `usage` for `auto` with `compat`: faults are those of one version */
  constructor(options: MonitorFormatterOptions = {}) {
    const { dialect = DEFAULT_DIALECT, compat = false } = options;
    if (dialect === "auto" && compat)
      throw new TaplineError("usage", "compat prints what one version of Cilium prints: auto is none");
    this.verbosity = options.verbosity ?? INFO;
    this.hex = options.hex ?? false;
    this.filter = { ...MATCH_ALL, ...pickFilter(options) };
    this.#voices = new PerDialect(dialect, (spoken) => {
      const printer = new Printer({ ...options, dialect: spoken });
      return { printer, records: new LogRecordReader(spoken, compat) };
    });
    this.#printer = this.#voices.current.printer;
  }

  /** The printer of texts: that of the last message's dialect. */
  get printer(): Printer {
    return this.#printer;
  }

  /** The text of a message, empty when it is filtered or not shown at this verbosity. */
  formatSample(data: Uint8Array, cpu: number): string {
    return fromByteString(this.formatSampleBytes(data, 0, data.length, data.length, cpu));
  }

  /** Go's FormatEvent. `recognised` is false for a payload that is neither a sample nor a count of lost events. */
  formatEvent(payload: Payload): { text: string; recognised: boolean } {
    const { data, cpu, lost, type } = payload;
    const borrowed: BorrowedPayload = { bytes: data, start: 0, end: data.length, limit: data.length, cpu, lost, type };
    return {
      text: fromByteString(this.formatPayload(borrowed)),
      recognised: type === EventSample || type === RecordLost,
    };
  }

  /** Go's FormatLostEvent. */
  formatLostEvent(lost: bigint, cpu: number): string {
    if (this.#isPureJson) return `{"cpu":"${cpuPrefix(cpu)}","type":"lost","events":${lost}}\n`;
    return `${cpuPrefix(cpu)} Lost ${lost} events\n`;
  }

  /** A payload as a byte string, for whoever writes it as bytes. */
  formatPayload(payload: BorrowedPayload): ByteString {
    if (payload.type === EventSample)
      return this.formatSampleBytes(
        payload.bytes,
        payload.start,
        payload.end,
        payload.limit,
        payload.cpu,
        payload.dialect,
      );
    if (payload.type !== RecordLost && this.printer.atLeastV119 && !this.#isPureJson)
      return `Unknown payload type: ${payload.type}, ${cpuPrefix(payload.cpu)} Lost ${payload.lost} events\n`;
    return this.formatLostEvent(payload.lost, payload.cpu);
  }

  /**
   * The text of the message in `bytes[start, end)` as a byte string; the buffer it stands in ends at `limit`.
   * @param dialect whose message it is, where that is known and `auto` asked for
   */
  formatSampleBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    limit: number,
    cpu: number,
    dialect?: Dialect,
  ): ByteString {
    this.#printer = this.#voices.of(bytes, start, end, dialect).printer;
    const message = this.#message;
    message.set(bytes, start, end, limit);
    this.panic = undefined;
    this.isUndecoded = false;
    if (!this.printer.compat)
      return start === end ? this.#error("", "empty message", cpuPrefix(cpu)) : this.#format(message, cpu);
    try {
      if (start === end) throw new GoPanic("runtime error: index out of range [0] with length 0");
      return this.#format(message, cpu);
    } catch (error) {
      if (!(error instanceof GoPanic)) throw error;
      this.panic = error.message;
      return message.printed + error.printed;
    }
  }

  /** Forgets what compat carries from one packet to the next, as a new process would have. */
  resetDissector(): void {
    this.printer.dissector.reset();
  }

  get #isPureJson(): boolean {
    return this.verbosity === JSON_OUTPUT && !this.printer.compat;
  }

  #format(message: MessageBytes, cpu: number): ByteString {
    const prefix = cpuPrefix(cpu);
    switch (message.bytes[message.start]) {
      case MessageTypeTrace:
        return this.#formatTrace(message, prefix);
      case MessageTypeDrop:
        return this.#formatDrop(message, prefix);
      case MessageTypePolicyVerdict:
        return this.#formatPolicy(message, prefix);
      case MessageTypeDebug:
        return this.#formatDebug(message, prefix);
      case MessageTypeCapture:
        return this.#formatCapture(message, prefix);
      case MessageTypeAccessLog:
        return this.#formatLogRecord(message, prefix);
      case MessageTypeAgent:
        return this.#formatAgent(message, prefix);
      case MessageTypeRecCapture:
        return this.printer.compat ? formatUnknown(message, prefix) : this.#formatRecorder(message, prefix);
      case MessageTypeTraceSock:
        return this.printer.compat && !this.printer.atLeastV119
          ? formatUnknown(message, prefix)
          : this.#formatSocket(message, prefix);
      default:
        return this.#isPureJson ? unknownJson(message, prefix) : formatUnknown(message, prefix);
    }
  }

  #formatTrace(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const notify = this.#trace;
    const error = readTraceNotify(notify, message.bytes, message.start, message.end, printer.dialect, printer.compat);
    const shown = error === undefined ? "" : this.#error("trace notification", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    message.printed = shown;
    if (!matchesFilter(this.filter, MessageTypeTrace, notify.source, notify.dstID)) return shown;
    if (this.verbosity === JSON_OUTPUT) return shown + traceJson(notify, message, prefix, printer);
    if (this.verbosity !== VERBOSE) return shown + traceInfo(notify, message, printer);
    return shown + this.#verbose(message, shown, () => traceVerbose(notify, message, prefix, !this.hex, printer));
  }

  #formatDrop(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const notify = this.#drop;
    const error = readDropNotify(notify, message.bytes, message.start, message.end, printer.dialect, printer.compat);
    const shown = error === undefined ? "" : this.#error("drop notification", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    message.printed = shown;
    if (!matchesFilter(this.filter, MessageTypeDrop, notify.source, notify.dstID & 0xffff)) return shown;
    if (this.verbosity === JSON_OUTPUT) return shown + dropJson(notify, message, prefix, printer);
    if (this.verbosity !== VERBOSE) return shown + dropInfo(notify, message, printer);
    // v1.19 takes the flag the wrong way round, of drops only.
    const dissect = printer.atLeastV119 && printer.compat ? this.hex : !this.hex;
    return shown + this.#verbose(message, shown, () => dropVerbose(notify, message, prefix, dissect, printer));
  }

  #formatPolicy(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const notify = this.#policy;
    const error = readPolicyVerdictNotify(
      notify,
      message.bytes,
      message.start,
      message.end,
      printer.dialect,
      printer.compat,
    );
    const shown = error === undefined ? "" : this.#error("policy notification", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    message.printed = shown;
    if (!matchesFilter(this.filter, MessageTypePolicyVerdict, notify.source, notify.remoteLabel & 0xffff)) return shown;
    return (
      shown + (this.#isPureJson ? policyJson(notify, message, prefix, printer) : policyInfo(notify, message, printer))
    );
  }

  #formatDebug(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const debug = this.#debug;
    const error = readDebugMsg(debug, message.bytes, message.start, message.end, printer.dialect);
    const shown = error === undefined ? "" : this.#error("debug", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    if (this.verbosity === INFO || !matchesFilter(this.filter, MessageTypeDebug, debug.source, 0)) return shown;
    return (
      shown + (this.verbosity === JSON_OUTPUT ? debugJson(debug, prefix, printer) : debugLine(debug, prefix, printer))
    );
  }

  #formatCapture(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const capture = this.#capture;
    const error = readDebugCapture(capture, message.bytes, message.start, message.end, printer.dialect);
    const shown = error === undefined ? "" : this.#error("debug capture", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    message.printed = shown;
    if (!matchesFilter(this.filter, MessageTypeCapture, capture.source, 0)) return shown;
    if (this.verbosity === JSON_OUTPUT) return shown + captureJson(capture, message, prefix, printer);
    if (this.verbosity !== VERBOSE) return shown + captureInfo(capture, message, printer);
    return shown + this.#verbose(message, shown, () => captureVerbose(capture, message, prefix, !this.hex, printer));
  }

  #formatLogRecord(message: MessageBytes, prefix: string): ByteString {
    const { record, error } = this.#voices.current.records.read(message.bytes, message.start, message.end);
    const shown = error === undefined ? "" : this.#error("LogRecord notification", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    const source = Number(BigInt(record.sourceEndpoint.id) & 0xffffn);
    const destination = Number(BigInt(record.destinationEndpoint.id) & 0xffffn);
    if (!matchesFilter(this.filter, MessageTypeAccessLog, source, destination)) return shown;
    if (this.verbosity === JSON_OUTPUT) {
      const json = logRecordJson(record, this.printer);
      if (json === undefined)
        return this.printer.compat
          ? shown
          : this.#error("LogRecord notification", "an address of no length that addresses have", prefix);
      return this.printer.compat ? `${shown}${json}\n` : `${escapeJsonControls(json)}\n`;
    }
    const text = logRecordInfo(record, this.printer);
    if (this.printer.compat || !mayForge(text, record)) return shown + text;
    return logRecordInfo(mapTexts(record, escapeControls), this.printer);
  }

  #formatAgent(message: MessageBytes, prefix: string): ByteString {
    const { notify, error } = this.#agents.read(message.bytes, message.start, message.end);
    const shown = error === undefined ? "" : this.#error("agent notification", error, prefix);
    if (shown !== "" && !this.#goesOnAfterErrors) return shown;
    if (!matchesFilter(this.filter, MessageTypeAgent, 0, 0)) return shown;
    const type = resolveAgentType(notify.type, this.printer.dialect);
    if (this.verbosity === JSON_OUTPUT) {
      const json = this.#isPureJson ? escapeJsonControls(toJson(notify.text, this.printer.atLeastV119)) : notify.text;
      return `${shown}{"type":"agent","subtype":"${type}","message":${json}}\n`;
    }
    return `${shown}>> ${type}: ${this.printer.compat ? notify.text : escapeControls(notify.text)}\n`;
  }

  #formatRecorder(message: MessageBytes, prefix: string): ByteString {
    const capture = this.#recorder;
    const error = readRecorderCapture(capture, message.bytes, message.start, message.end);
    if (error !== undefined) return this.#error("capture record", error, prefix);
    if (!matchesFilter(this.filter, MessageTypeRecCapture, 0, 0)) return "";
    return this.verbosity === JSON_OUTPUT
      ? recorderJson(capture, message, prefix, this.printer)
      : recorderText(capture, message, this.printer);
  }

  #formatSocket(message: MessageBytes, prefix: string): ByteString {
    const printer = this.#printer;
    const notify = this.#socket;
    const error = readTraceSockNotify(
      notify,
      message.bytes,
      message.start,
      message.end,
      printer.dialect,
      printer.compat,
    );
    if (error !== undefined) return this.#error("socket trace notification", error, prefix);
    if (printer.compat) return this.verbosity === DEBUG ? `${notify.dump(prefix, printer.dialect)} \n` : "";
    if (this.verbosity === INFO || !matchesFilter(this.filter, MessageTypeTraceSock, 0, 0)) return "";
    return this.verbosity === JSON_OUTPUT
      ? notify.dumpJSON(prefix, printer.dialect)
      : `${notify.dump(prefix, printer.dialect)}\n`;
  }

  /** v1.9 prints the error, and then a message of zeros. */
  get #goesOnAfterErrors(): boolean {
    return this.printer.compat && !this.printer.atLeastV119;
  }

  #error(what: string, error: string, prefix: string): ByteString {
    this.isUndecoded = true;
    const type = this.#message.bytes[this.#message.start] ?? 0;
    const verb = type >= MessageTypeAccessLog ? "decoding" : "parsing";
    const text = this.printer.atLeastV119
      ? `cannot decode message type '${type}': ${error}`
      : `Error while ${verb} ${what === "" ? "" : `${what} `}message: ${error}`;
    if (!this.#isPureJson) return `${this.printer.compat ? text : escapeControls(text)}\n`;
    return `{"cpu":"${prefix}","type":"error","message":${escapeJsonControls(jsonString(text, this.printer.atLeastV119))}}\n`;
  }

  #verbose(message: MessageBytes, shown: string, format: () => string): string {
    message.printed = shown + SEPARATOR;
    try {
      return SEPARATOR + format();
    } catch (error) {
      if (error instanceof GoPanic) message.printed = shown + SEPARATOR + message.printed;
      throw error;
    }
  }
}

/** State that belongs to one dialect. */
interface Voice {
  readonly printer: Printer;
  readonly records: LogRecordReader;
}

function pickFilter(options: Partial<EventFilter>): Partial<EventFilter> {
  return {
    ...(options.eventTypes === undefined ? {} : { eventTypes: options.eventTypes }),
    ...(options.fromSource === undefined ? {} : { fromSource: options.fromSource }),
    ...(options.toDst === undefined ? {} : { toDst: options.toDst }),
    ...(options.related === undefined ? {} : { related: options.related }),
  };
}
