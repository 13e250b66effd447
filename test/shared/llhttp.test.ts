/**
 * llhttp's own cases (its test/request and test/response, Markdown), at every split point.
 *
 * Every case of type `request`, `response`, `request-finish` and `response-finish` is run with the strict parser, and its log of
 * spans, completions, positions and error codes must come out the same. What is not run, or not compared, and why:
 * - types that contain `-lenient-`: they test what llhttp accepts when its leniency flags are set, which strict mode is the
 *   absence of;
 * - lines that say `pause`: pausing inside a callback is llhttp's interface to C; ours has no such thing, so the line is left out
 *   and everything else about these cases is compared.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  type Element,
  type FailureCode,
  Http1Parser,
  METHODS,
  type MessageHandler,
} from "../../src/wire/http1/index.ts";
import { sharedData } from "../support/needs.ts";

const corpus = sharedData("corpora/llhttp");

describe("llhttp's strict cases, at every split point", { skip: corpus.skip }, () => {
  if (corpus.skip !== false) return;
  let cases = 0;
  for (const kind of ["request", "response"] as const) {
    for (const file of readdirSync(join(corpus.path, kind)).sort()) {
      for (const one of readCases(readFileSync(join(corpus.path, kind, file), "utf8"))) {
        if (one.type.includes("-lenient-")) continue;
        cases++;
        test(`${kind}/${file}:${one.line} ${one.title}`, () => {
          const { input, expected } = one;
          for (let split = 0; split < input.length; split++)
            assertLog(log([input.subarray(0, split), input.subarray(split)], one), expected, `split at ${split}`);
          const bytes = Array.from(input, (_, at) => input.subarray(at, at + 1));
          assertLog(log(bytes, one), expected, "byte by byte");
        });
      }
    }
  }
  test("the corpus was found whole", () => assert.ok(cases >= 200, `${cases} cases`));
});

interface Case {
  readonly title: string;
  readonly line: number;
  readonly type: string;
  readonly skipBody: boolean;
  readonly input: Uint8Array;
  /** A line in slashes is a regular expression. */
  readonly expected: readonly string[];
}

function readCases(markdown: string): Case[] {
  const pattern = /^(#+ [^\n]*)$|<!-- meta=(\{.*?\}) -->|^```(http|log)\n([\s\S]*?)^```/gm;
  const cases: Case[] = [];
  let title = "";
  let meta: { type: string; skipBody?: boolean } | undefined;
  let source: string | undefined;
  for (const match of markdown.matchAll(pattern)) {
    if (match[1] !== undefined) title = match[1].replace(/^#+ /, "");
    else if (match[2] !== undefined) meta = JSON.parse(match[2]);
    else if (match[3] === "http") source = match[4];
    else {
      assert.ok(meta !== undefined && source !== undefined, `a log without meta and http before it: ${title}`);
      cases.push({
        title,
        line: markdown.slice(0, match.index).split("\n").length,
        type: meta.type,
        skipBody: meta.skipBody === true,
        input: decodeInput(source),
        expected: match[4]!
          .replace(/\\t/g, "\t")
          .replace(/\\f/g, "\f")
          .split("\n")
          .slice(0, -1)
          .filter((line) => !line.endsWith(" pause")),
      });
      meta = undefined;
      source = undefined;
    }
  }
  return cases;
}

/** The escapes of the corpus, in the order in which llhttp's own runner resolves them. */
function decodeInput(source: string): Uint8Array {
  const text = source
    .replace(/\n$/, "")
    .replace(/\\(\r\n|\r|\n)/g, "")
    .replace(/\r\n|\r|\n/g, "\r\n")
    .replace(/\\r/g, "\r")
    .replace(/\\n/g, "\n")
    .replace(/\\t/g, "\t")
    .replace(/\\f/g, "\f")
    .replace(/\\x([0-9a-fA-F]+)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-7]{1,3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\$\{(.+?)\}/g, (_, code: string) => evaluateRepeat(code));
  return new TextEncoder().encode(text);
}

/** `'x'.repeat(n)` is the only script in the corpus. */
function evaluateRepeat(code: string): string {
  const match = /^'(.*)'\.repeat\((\d+)\)$/.exec(code.trim());
  assert.ok(match, `a script in the corpus that this test does not know: ${code}`);
  return match[1]!.repeat(Number(match[2]));
}

/** Parses the pieces and gives llhttp's log of them. */
function log(pieces: readonly Uint8Array[], { type, skipBody }: Case): string[] {
  const input = Buffer.concat(pieces);
  const lines: string[] = [];
  let messages = 0;
  let bodyEnd = -1;
  let bodyStart = 0;
  const add = (at: number, line: string) => {
    flushBody();
    lines.push(`off=${at} ${line}`);
  };
  const printSpan = (name: string, start: number, end: number) => {
    if (start === end) lines.push(`off=${start} len=0 span[${name}]=""`);
    for (const { 0: part, index } of input.toString("latin1", start, end).matchAll(/\r|\n|[^\r\n]+/g)) {
      const text = part === "\r" ? "cr" : part === "\n" ? "lf" : `"${Buffer.from(part, "latin1").toString("utf8")}"`;
      lines.push(`off=${start + index} len=${part.length} span[${name}]=${text}`);
    }
  };
  const flushBody = () => {
    if (bodyEnd >= 0) printSpan("body", bodyStart, bodyEnd);
    bodyEnd = -1;
  };
  const handler: MessageHandler = {
    messageBegin(at) {
      if (messages++ > 0) add(at, "reset");
      add(at, "message begin");
    },
    span(element, start, end) {
      flushBody();
      printSpan(LLHTTP_NAMES[element], start, end);
    },
    complete: (element, at) => add(at, `${LLHTTP_NAMES[element]} complete`),
    headersComplete(at, head) {
      const what = type.startsWith("request") ? `method=${llhttpMethod(head.method)}` : `status=${head.status}`;
      const { major, minor, flags, contentLength } = head;
      add(
        at,
        `headers complete ${what} v=${major}/${minor} flags=${flags.toString(16)} content_length=${contentLength}`,
      );
      if (skipBody) add(at, "skip body");
      return skipBody ? "skip-body" : "none";
    },
    body(_data, start, end, at) {
      if (bodyEnd < 0) bodyStart = at;
      bodyEnd = at + end - start;
    },
    chunkHeader: (at, size) => add(at, `chunk header len=${size}`),
    chunkComplete: (at) => add(at, "chunk complete"),
    messageComplete: (at) => add(at, "message complete"),
    violation: (problem) => assert.fail(`a strict parser reported ${problem}`),
    failure: (code, reason, at) => add(at, `error code=${ERROR_CODES[code]} reason="${reason}"`),
  };
  const parser = new Http1Parser({ kind: type.startsWith("request") ? "request" : "response", strict: true, handler });
  for (const piece of pieces) {
    if (parser.push(piece) < piece.length) break;
  }
  if (parser.paused) add(parser.position, 'error code=22 reason="Pause on CONNECT/Upgrade"');
  else if (!parser.failed) {
    const inEndlessBody = parser.endsWithConnection;
    flushBody();
    const result = inEndlessBody ? "complete-by-close" : parser.finish();
    if (type.endsWith("-finish")) lines.push(`off=NULL finish=${FINISH_CODES[result]}`);
  }
  return lines;
}

function assertLog(actual: readonly string[], expected: readonly string[], where: string): void {
  const matches =
    actual.length === expected.length &&
    expected.every((line, at) =>
      line.startsWith("/") ? new RegExp(line.trim().slice(1, -1)).test(actual[at]!) : line === actual[at],
    );
  if (!matches) assert.deepEqual(actual, expected, where);
}

const LLHTTP_NAMES: Record<Element, string> = {
  method: "method",
  target: "url",
  protocol: "protocol",
  version: "version",
  reason: "status",
  fieldName: "header_field",
  fieldValue: "header_value",
  chunkExtensionName: "chunk_extension_name",
  chunkExtensionValue: "chunk_extension_value",
};

const FINISH_CODES = { complete: 0, "complete-by-close": 1, incomplete: 2 };

const ERROR_CODES: Record<FailureCode, number> = {
  STRICT: 2,
  LF_EXPECTED: 3,
  UNEXPECTED_CONTENT_LENGTH: 4,
  CLOSED_CONNECTION: 5,
  INVALID_METHOD: 6,
  INVALID_URL: 7,
  INVALID_CONSTANT: 8,
  INVALID_VERSION: 9,
  INVALID_HEADER_TOKEN: 10,
  INVALID_CONTENT_LENGTH: 11,
  INVALID_CHUNK_SIZE: 12,
  INVALID_STATUS: 13,
  INVALID_TRANSFER_ENCODING: 15,
  PAUSED_UPGRADE: 22,
  PAUSED_H2_UPGRADE: 23,
  CR_EXPECTED: 25,
  UNEXPECTED_SPACE: 30,
};

/** llhttp's numbers of the methods: their order, from 0, with QUERY last. */
const LLHTTP_METHODS = [
  ["DELETE", "GET", "HEAD", "POST", "PUT", "CONNECT", "OPTIONS", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND"],
  ["PROPPATCH", "SEARCH", "UNLOCK", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE"],
  ["M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PATCH", "PURGE", "MKCALENDAR", "LINK", "UNLINK", "SOURCE", "PRI"],
  [
    "DESCRIBE",
    "ANNOUNCE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "RECORD",
  ],
  ["FLUSH", "QUERY"],
].flat();

function llhttpMethod(method: number): number {
  return LLHTTP_METHODS.indexOf(METHODS[method]!);
}
