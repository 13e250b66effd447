/**
 * Node's own parser of HTTP/1 is llhttp: what the strict parser takes and refuses is what it does, for messages that are damaged at
 * random, however they are cut. Runs a second; TAPLINE_FUZZ_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { Http1Parser, type MessageHandler } from "./index.ts";

interface NodeParser {
  initialize(kind: number, resource: object): void;
  execute(data: Buffer): number | (Error & { readonly code: string; readonly reason: string });
  [callback: number]: (...facts: readonly unknown[]) => unknown;
}
process.removeAllListeners("warning");
const { HTTPParser, methods } = createRequire(import.meta.url)("_http_common") as {
  HTTPParser: { new (): NodeParser; readonly [constant: string]: number };
  methods: readonly string[];
};

const MESSAGES: Readonly<Record<"request" | "response", readonly string[]>> = {
  request: [
    "GET /a/b?c=d#e HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n",
    "POST http://user@host:80/x HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world",
    'PUT /chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n',
    "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n",
    "DELETE /d HTTP/1.1\r\nA:b\r\nC: \r\nEmpty:\r\n\r\n",
    'POST / HTTP/1.1\r\nTransfer-Encoding: gzip ,\tchunked\r\nX: 1\r\n\r\n1;q;n="a\\"b";m\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    "PROPFIND /?a HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
    "PUT / HTTP/1.1\r\nContent-Length:  9007199254740993 \r\nConnection: a, close\r\n\r\nabc",
    "SOURCE /live ICE/1.0\r\nContent-Type: audio/mpeg\r\n\r\n",
    "ANNOUNCE rtsp://h/s RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\nmore",
  ],
  response: [
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 404\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.0 301 Moved Permanently\r\nLocation: http://x/\r\nConnection: close\r\n\r\nuntil the end",
    "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
  ],
};
/** llhttp says that such a tab is wrong in the target. */
const TAB_BEHIND_VERSIONLESS = /^\S+ +\S*\r?\n[\t\f]/;
const BYTES = ' \t\r\n\0:/;,="?#@[]%*.-0129afAFGHTPz\x7f\x80\xff';

test("the strict parser knows llhttp's methods", () => {
  const known = methods.filter((method) => method !== "CONNECT" && method !== "SOURCE");
  for (const method of [...known, "GETS", "GE", "get", "BREW", "PURG", "M-"]) {
    const bytes = Buffer.from(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.deepEqual(readWithOurs("request", bytes, 3), readWithNode("request", bytes, 3), method);
  }
});

test("the strict parser agrees with llhttp", (t) => {
  const random = new Random(
    process.env["TAPLINE_FUZZ_SEED"] === undefined ? undefined : Number(process.env["TAPLINE_FUZZ_SEED"]),
  );
  t.diagnostic(`TAPLINE_FUZZ_SEED=${random.seed}`);
  for (let round = 0; round < 6000; round++) {
    const kind = random.pick(["request", "response"] as const);
    const bytes = damage(random.pick(MESSAGES[kind]), random);
    if (TAB_BEHIND_VERSIONLESS.test(bytes.toString("latin1"))) continue;
    const cut = random.below(bytes.length + 1);
    const where = `TAPLINE_FUZZ_SEED=${random.seed}, round ${round}: ${JSON.stringify(bytes.toString("latin1"))}`;
    assert.deepEqual(readWithOurs(kind, bytes, cut), readWithNode(kind, bytes, cut), where);
  }
});

function damage(message: string, random: Random): Buffer {
  let text = message;
  for (let changes = random.below(3); changes > 0; changes--) {
    const at = random.below(text.length + 1);
    const added = random.chance(3) ? "" : BYTES[random.below(BYTES.length)]!;
    text = text.slice(0, at) + added + text.slice(at + random.below(2));
  }
  return Buffer.from(text, "latin1");
}

interface Reading {
  readonly heads: string[];
  body: string;
  /** llhttp's code and reason. */
  failure?: string;
}

/** Node's list of names ends before those of RTSP and QUERY. */
function nameOf(method: string | undefined): string {
  return method !== undefined && method !== "QUERY" && methods.includes(method) ? method : "another";
}

function readWithNode(kind: "request" | "response", bytes: Buffer, cut: number): Reading {
  const reading: Reading = { heads: [], body: "" };
  const parser = new HTTPParser();
  parser.initialize(HTTPParser[kind === "request" ? "REQUEST" : "RESPONSE"]!, {});
  const fields: string[] = [];
  // Behind it stands another protocol, which llhttp leaves to whoever called it.
  let isSwitched = false;
  parser[HTTPParser["kOnHeaders"]!] = (headers) => void fields.push(...(headers as string[]));
  parser[HTTPParser["kOnHeadersComplete"]!] = (major, minor, headers, method, url, status, reason) => {
    const start = kind === "request" ? [nameOf(methods[method as number]), url] : [status, reason];
    reading.heads.push([major, minor, ...start, ...((headers as string[] | undefined) ?? fields)].join("|"));
    fields.length = 0;
    isSwitched = kind === "response" && status === 101;
    return 0;
  };
  parser[HTTPParser["kOnBody"]!] = (data) => {
    reading.body += (data as Buffer).toString("latin1");
  };
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)])
    if (reading.failure === undefined && !isSwitched && piece.length > 0) {
      const result = parser.execute(piece);
      if (result instanceof Error) reading.failure = `${result.code.replace("HPE_", "")}: ${result.reason}`;
    }
  return reading;
}

function readWithOurs(kind: "request" | "response", bytes: Buffer, cut: number): Reading {
  const reading: Reading = { heads: [], body: "" };
  let spans: Record<string, string> = {};
  let fields: string[] = [];
  const handler: MessageHandler = {
    messageBegin() {
      spans = {};
      fields = [];
    },
    span(element, start, end) {
      // Node takes the space behind a value away.
      const text = bytes.toString("latin1", start, end);
      if (element === "fieldName" || element === "fieldValue") fields.push(text.replace(/[ \t]+$/, ""));
      else spans[element] = (spans[element] ?? "") + text;
    },
    complete() {},
    headersComplete(_at, { major, minor, status }) {
      const start = kind === "request" ? [nameOf(spans["method"]), spans["target"]] : [status, spans["reason"] ?? ""];
      reading.heads.push([major, minor, ...start, ...fields].join("|"));
      return "none";
    },
    body(data, start, end) {
      reading.body += Buffer.from(data.subarray(start, end)).toString("latin1");
    },
    chunkHeader() {},
    chunkComplete() {},
    messageComplete() {},
    violation: (problem) => assert.fail(problem),
    failure(code, reason) {
      reading.failure = `${code}: ${reason}`;
    },
  };
  const parser = new Http1Parser({ kind, strict: true, handler });
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)])
    if (reading.failure === undefined && piece.length > 0) parser.push(piece);
  return reading;
}
