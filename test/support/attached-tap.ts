/** A reader of `/tap` of a whole proxy, and what it reads. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type HttpStreamedTraceSegment,
  type TraceWrapper,
  TraceWrapperSchema,
} from "../../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import type { TappedHarness } from "./http-tap-harness.ts";
import { until } from "./proxy-harness.ts";

/** A TapRequest. */
export function tapConfig(
  match: string,
  { format = "JSON_BODY_AS_STRING", output = "", sink = "streaming_admin: {}" } = {},
): string {
  return `config_id: test\ntap_config: { match: ${match}, output_config: { ${output}sinks: [ { format: ${format}, ${sink} } ] } }`;
}

/** Sends a TapRequest, and reads what it answers. */
export async function attach({ admin }: TappedHarness, body: string): Promise<AttachedTap> {
  const sent = request({ host: "127.0.0.1", port: admin, method: "POST", path: "/tap", agent: false });
  sent.on("error", () => {}).end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) {
    let text = "";
    for await (const chunk of response) text += chunk;
    assert.fail(`/tap answered ${response.statusCode}: ${text}`);
  }
  return new AttachedTap(sent, response);
}

/** A reader of `/tap`. */
class AttachedTap {
  readonly response: IncomingMessage;
  readonly #sent: ClientRequest;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<unknown>;
  #taken = 0;

  constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#sent = sent;
    this.response = response;
    response.on("data", (chunk: Buffer) => this.#chunks.push(chunk)).on("error", () => {});
    this.#ended = new Promise((resolve) => response.once("close", resolve));
  }

  bytes(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Waits for so many more JSON documents. */
  async takeDocuments(count: number): Promise<Record<string, unknown>[]> {
    const documents = () =>
      Buffer.concat(this.#chunks)
        .toString("utf8")
        .split(/(?<=^\}\n)/m)
        .filter((text) => text.endsWith("}\n"));
    await until(() => documents().length >= this.#taken + count, `${count} more documents`);
    const taken = documents().slice(this.#taken, this.#taken + count);
    this.#taken += count;
    return taken.map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  async take(count: number): Promise<JsonTrace[]> {
    return (await this.takeDocuments(count)).map((document) => document["http_buffered_trace"] as JsonTrace);
  }

  /** Everything, once the response has ended. */
  async readDelimited(): Promise<TraceWrapper[]> {
    await this.#ended;
    const bytes = Buffer.concat(this.#chunks);
    const wrappers: TraceWrapper[] = [];
    for (let at = 0; at < bytes.length; ) {
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      wrappers.push(fromBinary(TraceWrapperSchema, bytes.subarray(at, at + length)));
      at += length;
    }
    return wrappers;
  }

  leave(): void {
    this.#sent.destroy();
  }
}

interface JsonHeader {
  readonly key: string;
  readonly value: string;
}
export interface JsonMessage {
  readonly headers: readonly JsonHeader[];
  readonly trailers: readonly JsonHeader[];
  readonly body?: { readonly as_string?: string; readonly as_bytes?: string; readonly truncated: boolean };
}
interface JsonTrace {
  readonly request: JsonMessage;
  readonly response: JsonMessage;
}

/** `requestBodyChunk hello` */
export function describeSegment({ trace }: TraceWrapper): string {
  assert.equal(trace.case, "httpStreamedTraceSegment");
  const { messagePiece } = trace.value as HttpStreamedTraceSegment;
  const { case: kind, value } = messagePiece;
  if (value === undefined) return "nothing";
  if ("bodyType" in value) return `${kind} ${Buffer.from(value.bodyType.value as Uint8Array)}`;
  if (!kind.endsWith("Trailers")) return kind;
  return `${kind} ${value.headers.map(({ key, value: text }) => `${key}=${text}`).join()}`;
}
