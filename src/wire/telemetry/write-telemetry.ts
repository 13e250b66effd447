import type { Header } from "../../model/index.ts";
import { encodeBase64 } from "../text/content-text.ts";
import { octetsToText } from "../text/octets-to-text.ts";
import type { Telemetry, TelemetryFormat, TelemetryMessage } from "./telemetry.ts";

/**
 * The JSON document of a report. Octets that are UTF-8 throughout a field are that text, else each is a character of its own
 * (U+0000 to U+00FF): the document is right JSON whatever was sent.
 *
 * @param toBase64 a faster one than the portable one, where the platform has any
 */
export function writeTelemetry(
  telemetry: Telemetry,
  format: TelemetryFormat,
  toBase64: (bytes: Uint8Array) => string = encodeBase64,
): string {
  return JSON.stringify(format === "scn" ? scnDocument(telemetry, toBase64) : apiClarityDocument(telemetry, toBase64));
}

type ToBase64 = (bytes: Uint8Array) => string;

function scnDocument(telemetry: Telemetry, toBase64: ToBase64): object {
  const { request, response } = telemetry;
  const message = ({ headers, body, truncated }: TelemetryMessage) => ({
    headers: headers.map(pairOf).filter((pair) => pair !== undefined),
    body: toBase64(body),
    truncated_body: truncated,
  });
  return {
    request_id: octetsToText(telemetry.requestId),
    scheme: octetsToText(telemetry.scheme),
    destination_address: telemetry.destinationAddress,
    destination_namespace: telemetry.destinationNamespace,
    source_address: telemetry.sourceAddress,
    scnt_request: {
      method: octetsToText(request.method),
      path: octetsToText(request.path),
      host: octetsToText(request.host),
      version: request.version,
      ...message(request),
    },
    scnt_response: { status_code: response.statusCode, version: response.version, ...message(response) },
  };
}

function apiClarityDocument(telemetry: Telemetry, toBase64: ToBase64): object {
  const { request, response } = telemetry;
  const common = ({ version, headers, body, truncated, timeMillis }: TelemetryMessage) => ({
    version,
    headers: headers
      .map(pairOf)
      .filter((pair) => pair !== undefined)
      .map(([key, value]) => ({ key, value })),
    body: toBase64(body),
    TruncatedBody: truncated,
    time: timeMillis ?? 0,
  });
  return {
    requestID: octetsToText(telemetry.requestId),
    scheme: octetsToText(telemetry.scheme),
    destinationAddress: telemetry.destinationAddress,
    destinationNamespace: telemetry.destinationNamespace,
    sourceAddress: telemetry.sourceAddress,
    request: {
      method: octetsToText(request.method),
      path: octetsToText(request.path),
      host: octetsToText(request.host),
      common: common(request),
    },
    response: { statusCode: response.statusCode, common: common(response) },
  };
}

/** A field whose name was never seen has no place in the documents. */
function pairOf({ name, value }: Header): readonly [key: string, value: string] | undefined {
  return name === undefined ? undefined : [octetsToText(name), octetsToText(value ?? "")];
}
