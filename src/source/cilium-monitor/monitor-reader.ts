import type { MemoryBudget } from "../../model/index.ts";
import {
  type BorrowedPayload,
  DEFAULT_MAX_MESSAGE,
  DialectFinder,
  EventSample,
  PayloadSession,
} from "../../wire/cilium/index.ts";
import { JsonReader } from "../../wire/json/json-reader.ts";
import { LineSplitter } from "../../wire/ndjson/line-splitter.ts";
import { decodeLatin1 } from "../../wire/text/latin1.ts";

export interface MonitorHandler {
  /** Borrowed until the call returns. */
  payload(payload: BorrowedPayload): void;
  /** An event that was written as JSON, with the line it stood on and its number from 1. */
  json(value: unknown, line: string, number: number): void;
  /** A line that is neither; `line` from 1. */
  problem(line: number, message: string): void;
  /** A message of a recorded session is damaged: what follows it is read. Absent: the session ends there, as the monitor's own. */
  damage?(message: string): void;
}

export interface MonitorReaderOptions {
  /** Decode into one payload for all, as `cilium monitor` does. */
  readonly reuse?: boolean;
  /** Bytes of one gob message or one line. Default 16 MiB. */
  readonly maxMessage?: number;
  /** Charged with what waits for the rest of its message or line. */
  readonly budget?: MemoryBudget;
  /** The agent's version (`1.19.4`) where it is known; otherwise the messages tell. */
  readonly agentVersion?: string | undefined;
  /** It is a recording: the first of its bytes that are pushed, up to `LOOK_AHEAD_BYTES`, tell whose the messages are before one is handed on. */
  readonly looksAhead?: boolean;
}

/** Some two thousand messages. A recording of v1.9 is known by its first drop. */
const LOOK_AHEAD_BYTES = 256 * 1024;

/**
 * Reads what a monitor socket sends, or what was recorded of one, as a push parser that sees from the first bytes what it is:
 * a gob session, or lines of hexadecimal (`[CPU ]HEX`, one message a line; `#` begins a comment) or of the JSON that
 * `cilium monitor -j` writes.
 */
export class MonitorReader {
  readonly #handler: MonitorHandler;
  readonly #session: PayloadSession;
  readonly #lines: LineSplitter;
  readonly #dialects: DialectFinder;
  readonly #looksAhead: boolean;
  readonly #json = new JsonReader();
  #form: "unknown" | "gob" | "lines" = "unknown";
  #first = new Uint8Array(0);

  constructor(handler: MonitorHandler, options: MonitorReaderOptions = {}) {
    const maxMessage = options.maxMessage ?? DEFAULT_MAX_MESSAGE;
    this.#handler = handler;
    this.#dialects = new DialectFinder(options.agentVersion);
    this.#looksAhead = options.looksAhead ?? false;
    this.#session = new PayloadSession({
      reuse: options.reuse ?? false,
      maxMessage,
      ...(options.budget === undefined ? {} : { budget: options.budget }),
      onPayload: (payload) => this.#handOn(payload),
      ...(handler.damage === undefined ? {} : { onDamage: (message) => handler.damage!(message) }),
    });
    const lines = {
      line: (bytes: Uint8Array, number: number) => this.#readLine(decodeLatin1(bytes), bytes, number),
      tooLong: (number: number) => handler.problem(number, `is longer than ${maxMessage} bytes`),
    };
    this.#lines = new LineSplitter(maxMessage, lines, options.budget);
  }

  /** Takes the next bytes. Gives why nothing more can be read, once that is so. */
  push(chunk: Uint8Array): string | undefined {
    if (this.#form === "gob") return this.#session.push(chunk);
    if (this.#form === "lines") {
      this.#lines.push(chunk);
      return undefined;
    }
    const bytes = new Uint8Array(this.#first.length + chunk.length);
    bytes.set(this.#first);
    bytes.set(chunk, this.#first.length);
    const capture = recogniseCapture(bytes);
    if (capture !== undefined)
      return `this is a ${capture} capture, no recording of the monitor: tapline read shows it`;
    const form = recogniseForm(bytes);
    if (form === undefined) {
      this.#first = bytes;
      return undefined;
    }
    this.#form = form;
    this.#first = new Uint8Array(0);
    if (this.#looksAhead) this.#lookThrough(bytes.subarray(0, LOOK_AHEAD_BYTES));
    return this.push(bytes);
  }

  #lookThrough(bytes: Uint8Array): void {
    const scout = new MonitorReader({ payload() {}, json() {}, problem() {}, damage() {} });
    scout.push(bytes);
    this.#dialects.startWith(scout.#dialects);
  }

  /**
   * The input has ended: gives what is wrong with where it did, and undefined where nothing is.
   *
   * @param isCut it goes on, and nobody reads it: a line that is not whole is none
   */
  finish(isCut = false): string | undefined {
    if (isCut && this.#form !== "gob") {
      this.#lines.cut();
      return undefined;
    }
    if (this.#form === "unknown" && this.#first.length > 0) {
      this.#form = "lines";
      this.push(this.#first);
    }
    if (this.#form === "lines") this.#lines.end();
    if (this.#form !== "gob") return undefined;
    const error = this.#session.finish();
    this.#session.release();
    return error === "EOF" && this.#session.error === undefined ? undefined : error;
  }

  #readLine(text: string, bytes: Uint8Array, number: number): void {
    const line = (text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text).trim();
    if (line === "" || line.startsWith("#")) return;
    if (line.startsWith("{")) {
      this.#readJson(bytes, number);
      return;
    }
    const match = /^(?:(-?\d{1,9})\s+)?((?:[0-9a-fA-F]{2})+)$/.exec(line);
    if (match === null) {
      const event = readTextLine(line);
      if (event === "nothing") return;
      if (event !== undefined) {
        this.#handler.json(event, JSON.stringify(event), number);
        return;
      }
      this.#handler.problem(number, "is neither a message in hexadecimal ([CPU ]HEX) nor an event in JSON");
      return;
    }
    const data = fromHex(match[2]!);
    const cpu = Number(match[1] ?? 0);
    const { length } = data;
    this.#handOn({ bytes: data, start: 0, end: length, limit: length, cpu, lost: 0n, type: EventSample });
  }

  /** Each payload with the dialect that it and those before it show: a stream is of one agent. */
  #handOn(payload: BorrowedPayload): void {
    const { bytes, start, end, type } = payload;
    payload.dialect = type === EventSample ? this.#dialects.choose(bytes, start, end) : this.#dialects.dialect;
    this.#handler.payload(payload);
  }

  #readJson(bytes: Uint8Array, number: number): void {
    const line = DECODER.decode(bytes);
    const { value, fault } = this.#json.read(line);
    if (fault === undefined) this.#handler.json(value, line, number);
    else this.#handler.problem(number, fault);
  }
}

const DECODER = new TextDecoder();

/** Lines that `cilium monitor -j` writes between its JSON: policy verdicts, counts of lost events, and texts that are no events. */
function readTextLine(line: string): object | "nothing" | undefined {
  const verdict =
    /^Policy verdict log: flow (0x[0-9a-f]+) local EP ID (\d+), remote ID (\S+), proto (\d+), (ingress|egress), action (\w+),(?: auth: (\S+),)? match (\S+), (.*)$/.exec(
      line,
    );
  if (verdict !== null) {
    const [, mark, source, remote, proto, direction, action, auth, match, summary] = verdict;
    const remoteLabel = /^\d+$/.test(remote!) ? Number(remote) : remote;
    const ends = { source: Number(source), remoteLabel, proto: Number(proto) };
    return { type: "policy-verdict", mark, ...ends, direction, action, auth, match, summary };
  }
  const lost = /^(CPU -?\d+:) Lost (\d+) events$/.exec(line);
  if (lost !== null) return { cpu: lost[1], type: "lost", events: Number(lost[2]) };
  return /^(Press Ctrl-C|Listening for events|Received an interrupt)/.test(line) ? "nothing" : undefined;
}

/**
 * Two bytes tell, once four have shown that it is no capture: a gob session begins with a length and a negative type id, whose first byte is no ASCII. (Of UTF-8's byte
 * order mark, which some shells put before text, the second byte could be no such id's.)
 */
function recogniseForm(bytes: Uint8Array): "gob" | "lines" | undefined {
  if (bytes.length < 4) return undefined;
  if (bytes[0] === 0xef && bytes[1] === 0xbb) return "lines";
  return isText(bytes[0]!) && isText(bytes[1]!) ? "lines" : "gob";
}

/** Packet captures, which are given to the monitor by mistake. */
function recogniseCapture(bytes: Uint8Array): "pcap" | "pcapng" | undefined {
  if (bytes.length < 4) return undefined;
  const magic = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
  if (magic === 0x0a0d0d0a) return "pcapng";
  return PCAP_MAGICS.has(magic) ? "pcap" : undefined;
}

const PCAP_MAGICS: ReadonlySet<number> = new Set([0xd4c3b2a1, 0xa1b2c3d4, 0x4d3cb2a1, 0xa1b23c4d]);

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
