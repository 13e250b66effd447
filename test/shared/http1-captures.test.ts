/**
 * The HTTP/1 exchanges of each capture, beside what tshark finds: method, target, status, and the length of the bodies. Where we
 * find other ones, the reason stands in `DIFFERENCES`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Analyzer } from "../../src/analysis/index.ts";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import type { HttpExchange, ResponseMessage } from "../../src/model/index.ts";
import { createCaptureReader, detectCaptureFormat } from "../../src/wire/pcap/index.ts";
import { sharedData, skipUnless } from "../support/needs.ts";
import { viewAsHttp } from "../support/view-as-http.ts";

const corpus = sharedData("corpora/captures");
const files = corpus.skip === false ? globSync("*.pcap", { cwd: corpus.path }).sort() : ["(none)"];
const skip = corpus.skip || skipUnless("tshark");

/** Messages that only one of the two finds, and why. */
const DIFFERENCES: Record<string, { readonly why: string; readonly onlyOurs: readonly string[] }> = {
  "client-ip.pcap": {
    why: "the rest of the request's head was not captured; tshark shows messages that are whole",
    onlyOurs: [
      "POST /biz-inquiry-bff/bff/v1/common/check/polymerization?channel=webportal&terminalType=bff 0",
      "200 469",
    ],
  },
  "http-tcp-seq-issue.pcap": {
    why: "the response ends before its Content-Length; tshark shows messages that are whole",
    onlyOurs: ["200 601"],
  },
};

for (const file of files) {
  test(file, { skip }, () => {
    const path = join(corpus.path, file);
    const ours = readMessages(path);
    const theirs = askTshark(path);
    const { onlyOurs = [], why } = DIFFERENCES[file] ?? {};
    assert.deepEqual(ours.filter((message) => !onlyOurs.includes(message)).sort(), theirs.sort(), why);
  });
}

function readMessages(path: string): string[] {
  const exchanges: HttpExchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(viewAsHttp(exchange)) });
  const reassembler = new PacketReassembler({ observer: analyzer });
  const bytes = readFileSync(path);
  const reader = createCaptureReader(detectCaptureFormat(bytes)!, { packet: (packet) => reassembler.push(packet) });
  reader.push(bytes);
  reader.end();
  reassembler.finish();
  analyzer.finish();
  assert.ok(analyzer.ledger.balanced, analyzer.ledger.format().join("\n"));
  return exchanges
    .filter(({ protocol }) => protocol.startsWith("http/"))
    .flatMap(({ request, response, informational = [] }) => [
      ...(request === undefined ? [] : [`${request.method} ${request.target} ${request.body.size}`]),
      ...informational.map(({ status }) => `${status} 0`),
      ...(response === undefined ? [] : [`${response.status} ${lengthOfContent(response)}`]),
    ]);
}

function lengthOfContent({ headers, body }: ResponseMessage): number {
  const isGzip = headers.some(({ name, value }) => name!.toLowerCase() === "content-encoding" && value === "gzip");
  return isGzip && body.complete && body.size > 0 ? gunzipSync(body.bytes).length : body.size;
}

/** tshark's JSON has the bytes of a body, content coding removed, as hexadecimal digits. */
function askTshark(path: string): string[] {
  const json = execFileSync(
    "tshark",
    ["-r", path, "-Y", "http", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "json", "-x", "--no-duplicate-keys"],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 64 << 20 },
  );
  const messages: string[] = [];
  for (const packet of JSON.parse(json) as { _source: { layers: { http?: object | object[] } } }[]) {
    for (const http of [packet._source.layers.http ?? []].flat()) {
      const fields = new Map<string, unknown>();
      collectFields(http, fields);
      const start = fields.has("http.request.method")
        ? `${fields.get("http.request.method")} ${fields.get("http.request.uri")}`
        : fields.get("http.response.code");
      const body = fields.get("http.file_data_raw") as [string] | undefined;
      if (start !== undefined) messages.push(`${start} ${(body?.[0].length ?? 0) / 2}`);
    }
  }
  return messages;
}

function collectFields(node: object, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(node)) {
    into.set(name, value);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) collectFields(value, into);
  }
}
