import type { Header } from "../../model/index.ts";
import { isObject } from "../json/fields.ts";
import { decodeBase64 } from "../text/content-text.ts";
import { decodeLatin1 } from "../text/latin1.ts";
import { textToOctets } from "../text/octets-to-text.ts";
import { findJsonFault } from "./find-json-fault.ts";
import { readBrokenJson } from "./read-broken-json.ts";
import type { Telemetry, TelemetryFormat, TelemetryMessage, TelemetryRequest, TelemetryResponse } from "./telemetry.ts";

/** A document that was read, or why it could not be. */
export type TelemetryReading =
  | {
      readonly telemetry: Telemetry;
      readonly format: TelemetryFormat;
      /** It is no JSON, and was read as the original filter writes. */
      readonly isBroken?: true;
    }
  | { readonly fault: TelemetryFault };

export interface TelemetryFault {
  /** In the ledger's words. */
  readonly reason: "not-json" | "not-a-trace";
  /** For who sent it, with the place: `line 1, column 18 (byte 17): expected …`, `scnt_request.headers[2]: expected …`. */
  readonly message: string;
}

/**
 * Reads a report of either format, told by its keys. Absent and null fields are empty, unknown ones are passed over, headers may
 * be pairs or objects in both; what has another type than it must have is a fault, with its place. What the original filter writes is
 * read where it is no JSON, too (`readBrokenJson`). Never throws.
 */
export function readTelemetry(bytes: Uint8Array): TelemetryReading {
  let value: unknown;
  try {
    value = JSON.parse(STRICT.decode(bytes));
  } catch {
    return readBroken(bytes) ?? { fault: { reason: "not-json", message: findJsonFault(bytes) } };
  }
  return readDocument(value, textToOctets);
}

/** Where only octets beyond ASCII are wrong, everything else is as in JSON. */
function readBroken(bytes: Uint8Array): TelemetryReading | undefined {
  const text = decodeLatin1(bytes);
  const value = parseJson(text) ?? readBrokenJson(text);
  const reading = value === undefined ? undefined : readDocument(value, (octets) => octets);
  return reading === undefined || "fault" in reading ? undefined : { ...reading, isBroken: true };
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // A character that was escaped is no octet.
    return /\\u(?!00)/.test(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** @param toOctets makes octets of the document's texts */
function readDocument(value: unknown, toOctets: (text: string) => string): TelemetryReading {
  try {
    return readFields(value, toOctets);
  } catch (error) {
    if (error instanceof WrongField) return { fault: { reason: "not-a-trace", message: error.message } };
    throw error;
  }
}

function readFields(value: unknown, toOctets: (text: string) => string): TelemetryReading {
  if (!isObject(value)) throw new WrongField("", `expected an object, found ${kindOf(value)}`);
  const format = "scnt_request" in value ? "scn" : "request" in value ? "apiclarity" : undefined;
  if (format === undefined)
    throw new WrongField("", "expected a trace with scnt_request (POST /publish) or request (POST /api/telemetry)");
  const names = NAMES[format];
  const document = new Reader(value, "", toOctets);
  const request = document.object(names.request);
  const response = document.object(names.response);
  const telemetry: Telemetry = {
    requestId: document.octets(names.requestId),
    scheme: document.octets("scheme"),
    destinationAddress: document.text(names.destinationAddress),
    destinationNamespace: document.text(names.destinationNamespace),
    sourceAddress: document.text(names.sourceAddress),
    request: readRequest(request, commonOf(request, format)),
    response: readResponse(response, commonOf(response, format)),
  };
  return { telemetry, format };
}

/** `scn` has the parts of a message flat, and `apiclarity` in `common`. */
function commonOf(message: Reader, format: TelemetryFormat): Reader {
  return format === "scn" ? message : message.object("common");
}

function readRequest(request: Reader, common: Reader): TelemetryRequest {
  return {
    method: request.octets("method"),
    path: request.octets("path"),
    host: request.octets("host"),
    ...readMessage(common),
  };
}

function readResponse(response: Reader, common: Reader): TelemetryResponse {
  return { statusCode: response.statusCode("status_code", "statusCode"), ...readMessage(common) };
}

function readMessage(common: Reader): TelemetryMessage {
  const timeMillis = common.millis("time");
  return {
    version: common.text("version"),
    headers: common.headers("headers"),
    body: common.base64("body"),
    truncated: common.flag("truncated_body", "TruncatedBody", "truncatedBody"),
    ...(timeMillis !== undefined && { timeMillis }),
  };
}

const NAMES = {
  scn: {
    requestId: "request_id",
    destinationAddress: "destination_address",
    destinationNamespace: "destination_namespace",
    sourceAddress: "source_address",
    request: "scnt_request",
    response: "scnt_response",
  },
  apiclarity: {
    requestId: "requestID",
    destinationAddress: "destinationAddress",
    destinationNamespace: "destinationNamespace",
    sourceAddress: "sourceAddress",
    request: "request",
    response: "response",
  },
} as const;

/** Reads the fields of one object, and knows where it stands. */
class Reader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #toOctets: (text: string) => string;

  constructor(fields: Readonly<Record<string, unknown>>, path: string, toOctets: (text: string) => string) {
    this.#fields = fields;
    this.#path = path;
    this.#toOctets = toOctets;
  }

  object(name: string): Reader {
    const value = this.#fields[name] ?? {};
    if (!isObject(value)) throw this.#wrong(name, "an object", value);
    return new Reader(value, this.#placeOf(name), this.#toOctets);
  }

  text(name: string): string {
    const value = this.#fields[name] ?? "";
    if (typeof value !== "string") throw this.#wrong(name, "a text", value);
    return value;
  }

  octets(name: string): string {
    return this.#toOctets(this.text(name));
  }

  flag(...names: readonly string[]): boolean {
    const name = names.find((one) => this.#fields[one] !== undefined);
    const value = name === undefined ? false : (this.#fields[name] ?? false);
    if (typeof value !== "boolean") throw this.#wrong(name!, "true or false", value);
    return value;
  }

  base64(name: string): Uint8Array {
    const text = this.text(name);
    const bytes = text === "" ? NO_BYTES : decodeBase64(text);
    if (bytes === undefined) throw new WrongField(this.#placeOf(name), "expected base64 (RFC 4648 section 4)");
    return bytes;
  }

  /** Undefined for 0 too: exporters write it where they do not know. */
  millis(name: string): number | undefined {
    const value = this.#fields[name] ?? 0;
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0 || value > MAX_MILLIS)
      throw this.#wrong(name, "milliseconds since the epoch", value);
    return value === 0 ? undefined : value;
  }

  /** A text by the contract; a number is what many mean. */
  statusCode(...names: readonly string[]): string {
    const name = names.find((one) => this.#fields[one] !== undefined) ?? names[0]!;
    const value = this.#fields[name] ?? "";
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !/^(?:\d{3})?$/.test(text))
      throw this.#wrong(name, "a status of three digits", value);
    return text;
  }

  headers(name: string): Header[] {
    const value = this.#fields[name] ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, "a list of headers", value);
    return value.map((item: unknown, index) => this.#header(item, `${this.#placeOf(name)}[${index}]`));
  }

  #header(item: unknown, place: string): Header {
    const [key, value] = Array.isArray(item) ? item : isObject(item) ? [item["key"], item["value"] ?? ""] : [];
    if (typeof key !== "string" || typeof value !== "string" || (Array.isArray(item) && item.length !== 2))
      throw new WrongField(place, `expected ["key", "value"] or {"key": "…", "value": "…"}, found ${kindOf(item)}`);
    return { name: this.#toOctets(key), value: this.#toOctets(value) };
  }

  #wrong(name: string, expected: string, found: unknown): WrongField {
    return new WrongField(this.#placeOf(name), `expected ${expected}, found ${kindOf(found)}`);
  }

  #placeOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

/** Caught where documents are read. */
class WrongField extends Error {
  constructor(place: string, message: string) {
    super(place === "" ? message : `${place}: ${message}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const STRICT = new TextDecoder("utf-8", { fatal: true });
const NO_BYTES = new Uint8Array(0);
/** The largest time that Date knows. */
const MAX_MILLIS = 8.64e15;
