import type { Header } from "../../model/index.ts";
import { encodeBase64 } from "../text/content-text.ts";
import { octetsToText } from "../text/octets-to-text.ts";
import type { Telemetry, TelemetryFormat, TelemetryMessage } from "./telemetry.ts";

/**
 * The JSON document of a report, in ASCII. Octets that are UTF-8 throughout a field are that text, else each is a character of its own
 * (U+0000 to U+00FF): the document is right JSON whatever was sent.
 *
 * @param toBase64 a faster one than the portable one, where the platform has any
 */
export function writeTelemetry(
  telemetry: Telemetry,
  format: TelemetryFormat,
  toBase64: (bytes: Uint8Array) => string = encodeBase64,
): string {
  const text = format === "scn" ? writeScn(telemetry, toBase64) : writeApiClarity(telemetry, toBase64);
  // A look at a character makes one piece of the pieces, which take half as much memory again; unless it matters it is not taken.
  if (text.charCodeAt(0) !== OPEN_BRACE) throw new Error("a document begins with a brace");
  return text;
}

const OPEN_BRACE = 0x7b;

type ToBase64 = (bytes: Uint8Array) => string;

/** Written by hand: gathering objects for JSON.stringify, and its look at each character of a body, cost twice as much. */
function writeScn(telemetry: Telemetry, toBase64: ToBase64): string {
  const { request, response } = telemetry;
  const message = ({ version, headers, body, truncated }: TelemetryMessage) =>
    `"version":${quote(version)},"headers":[${joinFields(headers, "[", ",", "]")}],"body":"${toBase64(body)}","truncated_body":${truncated}`;
  return (
    `{"request_id":${quote(telemetry.requestId)},"scheme":${quote(telemetry.scheme)},` +
    `"destination_address":${quote(telemetry.destinationAddress)},` +
    `"destination_namespace":${quote(telemetry.destinationNamespace)},` +
    `"source_address":${quote(telemetry.sourceAddress)},` +
    `"scnt_request":{"method":${quote(request.method)},"path":${quote(request.path)},"host":${quote(request.host)},${message(request)}},` +
    `"scnt_response":{"status_code":${quote(response.statusCode)},${message(response)}}}`
  );
}

function writeApiClarity(telemetry: Telemetry, toBase64: ToBase64): string {
  const { request, response } = telemetry;
  const common = ({ version, headers, body, truncated, timeMillis }: TelemetryMessage) =>
    `{"version":${quote(version)},"headers":[${joinFields(headers, '{"key":', ',"value":', "}")}],` +
    `"body":"${toBase64(body)}","TruncatedBody":${truncated},"time":${timeMillis ?? 0}}`;
  return (
    `{"requestID":${quote(telemetry.requestId)},"scheme":${quote(telemetry.scheme)},` +
    `"destinationAddress":${quote(telemetry.destinationAddress)},` +
    `"destinationNamespace":${quote(telemetry.destinationNamespace)},` +
    `"sourceAddress":${quote(telemetry.sourceAddress)},` +
    `"request":{"method":${quote(request.method)},"path":${quote(request.path)},"host":${quote(request.host)},"common":${common(request)}},` +
    `"response":{"statusCode":${quote(response.statusCode)},"common":${common(response)}}}`
  );
}

/** A field whose name was never seen has no place in the documents. */
function joinFields(headers: readonly Header[], start: string, between: string, end: string): string {
  let text = "";
  for (const { name, value } of headers) {
    if (name === undefined) continue;
    if (text !== "") text += ",";
    text += start + quote(name) + between + quote(value ?? "") + end;
  }
  return text;
}

/** Octets as a text of JSON. */
function quote(octets: string): string {
  if (PLAIN.test(octets)) return `"${octets}"`;
  return JSON.stringify(octetsToText(octets)).replace(BEYOND_ASCII, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const BEYOND_ASCII = /[^\x00-\x7f]/g;

/** ASCII, nothing of which needs an escape. */
const PLAIN = /^[ !#-[\]-~]*$/;
