import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageKind } from "../../analysis/stream-observer.ts";
import { type Connection, type HttpExchange, Ledger, MemoryBudget } from "../../model/index.ts";
import type { TraceWrapper } from "../../wire/envoy/index.ts";
import { ActiveTap, HttpTap, type MatchPredicate, type OutputConfig, type TapConfig } from "../index.ts";

const TIME = { seconds: 1, nanos: 0 };
const DOWNSTREAM: Connection = {
  id: 1n,
  transport: "tcp",
  local: { kind: "ip", address: "127.0.0.1", port: 80 },
  remote: { kind: "ip", address: "10.0.0.3", port: 50000 },
  role: "server",
};

/** Events of a stream, in short: `request-headers`, `request-body:text`, … */
type Step = `${MessageKind}-headers` | `${MessageKind}-body:${string}` | `${MessageKind}-trailers`;

const WHOLE: Step[] = [
  "request-headers",
  "request-body:hello",
  "request-trailers",
  "response-headers",
  "response-body:world",
  "response-trailers",
];
const FIELDS: Record<string, [string, string]> = {
  "request-headers": ["a", "b"],
  "request-trailers": ["c", "d"],
  "response-headers": ["e", "f"],
  "response-trailers": ["g", "h"],
};

const when = (
  phase: "request-headers" | "request-trailers" | "response-headers" | "response-trailers",
  [name, value] = FIELDS[phase]!,
): MatchPredicate => ({
  kind: "headers",
  phase,
  headers: [
    {
      name,
      test: { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } },
      invert: false,
      treatMissingAsEmpty: false,
    },
  ],
});
const containing = (message: MessageKind, text: string): MatchPredicate => ({
  kind: "body",
  message,
  patterns: [new TextEncoder().encode(text)],
  bytesLimit: 0,
});
const never = when("response-headers", ["e", "something else"]);

interface Case {
  readonly name: string;
  readonly match: MatchPredicate;
  readonly steps?: readonly Step[];
  readonly output?: Partial<OutputConfig>;
  /** The pieces in their order, each before the step at which it was submitted: `n: piece`. */
  readonly expected: readonly string[];
  readonly tapped: number;
}

const STREAMED: Case[] = [
  {
    name: "H6: nothing until the request's trailers match, then all of it, then live",
    match: when("request-trailers"),
    expected: [
      "2: request-headers a=b",
      "2: request-body-chunk hello",
      "2: request-trailers c=d",
      "3: response-headers e=f",
      "4: response-body-chunk world",
      "5: response-trailers g=h",
    ],
    tapped: 1,
  },
  {
    name: "H7: all six at the end when the response's trailers match, in order",
    match: when("response-trailers"),
    expected: [
      "5: request-headers a=b",
      "5: request-body-chunk hello",
      "5: request-trailers c=d",
      "5: response-headers e=f",
      "5: response-body-chunk world",
      "5: response-trailers g=h",
    ],
    tapped: 1,
  },
  {
    name: "a body that matches starts the submission with the chunk that decided it",
    match: containing("response", "orl"),
    steps: ["request-headers", "response-headers", "response-body:wo", "response-body:rl", "response-body:d!"],
    expected: [
      "3: request-headers a=b",
      "3: response-headers e=f",
      "3: response-body-chunk worl",
      "4: response-body-chunk d!",
    ],
    tapped: 1,
  },
  { name: "what does not match is not submitted", match: never, expected: [], tapped: 0 },
  {
    name: "each chunk is cut to the limit",
    match: { kind: "any" },
    output: { maxBufferedRxBytes: 3, maxBufferedTxBytes: 0 },
    expected: [
      "0: request-headers a=b",
      "1: request-body-chunk hel…",
      "2: request-trailers c=d",
      "3: response-headers e=f",
      "4: response-body-chunk …",
      "5: response-trailers g=h",
    ],
    tapped: 1,
  },
  {
    name: "of a stream that matches no longer bodies go on, as in Envoy, without headers and trailers",
    match: { kind: "not", rule: when("response-headers") },
    expected: [
      "0: request-headers a=b",
      "1: request-body-chunk hello",
      "2: request-trailers c=d",
      "4: response-body-chunk world",
    ],
    tapped: 0,
  },
];

const BUFFERED: Case[] = [
  { name: "H4: no tap", match: never, expected: [], tapped: 0 },
  {
    name: "H5: one trace at the end",
    match: { kind: "any" },
    expected: ["6: request a=b hello c=d", "6: response e=f world g=h"],
    tapped: 1,
  },
  {
    name: "without bodies and trailers",
    match: { kind: "any" },
    steps: ["request-headers", "response-headers"],
    expected: ["2: request a=b - ", "2: response e=f - "],
    tapped: 1,
  },
  {
    name: "without a response",
    match: { kind: "any" },
    steps: ["request-headers"],
    expected: ["1: request a=b - "],
    tapped: 1,
  },
  {
    name: "I9: bodies are cut, each at its limit, over all chunks",
    match: { kind: "any" },
    steps: ["request-headers", "request-body:he", "request-body:llo", "response-headers", "response-body:world"],
    output: { maxBufferedRxBytes: 3, maxBufferedTxBytes: 4 },
    expected: ["5: request a=b hel… ", "5: response e=f worl… "],
    tapped: 1,
  },
  {
    name: "I12: a pattern that is split over two frames",
    match: { kind: "and", rules: [containing("request", "hell"), containing("response", "response")] },
    steps: ["request-headers", "request-body:hello", "response-headers", "response-body:resp", "response-body:onse"],
    expected: ["5: request a=b hello ", "5: response e=f response "],
    tapped: 1,
  },
];

describe("the HTTP tap, streamed", () => {
  for (const { name, match, steps = WHOLE, output, expected, tapped } of STREAMED) {
    test(name, () => {
      const { submitted, tap, ledger } = run(match, steps, { streaming: true, ...output });
      assert.deepEqual(
        submitted.map(([step, wrapper]) => `${step}: ${formatPiece(wrapper)}`),
        expected,
      );
      assert.equal(tap.requestsTapped, tapped);
      assert.ok(ledger.balanced, ledger.format().join());
      assert.equal(ledger.book("tap-bytes").buffered, 0);
    });
  }
});

describe("the HTTP tap, buffered", () => {
  for (const { name, match, steps = WHOLE, output, expected, tapped } of BUFFERED) {
    test(name, () => {
      const { submitted, tap, ledger } = run(match, steps, { streaming: false, ...output });
      assert.deepEqual(
        submitted.flatMap(([step, wrapper]) => formatTrace(wrapper).map((text) => `${step}: ${text}`)),
        expected,
      );
      assert.equal(tap.requestsTapped, tapped);
      assert.ok(ledger.balanced, ledger.format().join());
      assert.equal(ledger.book("tap-bytes").buffered, 0);
    });
  }

  test("headers' times and both connections are recorded when asked for", () => {
    const { submitted } = run({ kind: "any" }, ["request-headers"], { streaming: false }, true);
    const { trace } = submitted[0]![1];
    assert.ok(trace.kind === "http-buffered");
    assert.deepEqual(trace.request?.headersReceivedTime, TIME);
    assert.deepEqual(trace.downstreamConnection?.remoteAddress, {
      kind: "socket",
      address: "10.0.0.3",
      portValue: 50000,
    });
    assert.deepEqual(trace.upstreamConnection, trace.downstreamConnection);
  });
});

test("H1: without a configuration nothing is tapped", () => {
  const tap = new HttpTap({
    current: () => [],
    record: RECORD_NOTHING,
    budget: new MemoryBudget(1000),
    ledger: new Ledger(),
  });
  assert.deepEqual(
    tap.open(DOWNSTREAM, () => undefined),
    [],
  );
});

test("C4-C6: the share of streams that is sampled, and what is not is counted", () => {
  for (const [numerator, random, sampled] of [
    [0, 0, false],
    [100, 0.999, true],
    [50, 0.499, true],
    [50, 0.5, false],
  ] as const) {
    const config = { ...makeConfig({ kind: "any" }, {}), sampling: { numerator, denominator: 100 as const } };
    const tap = new HttpTap({
      current: () => [new ActiveTap(config, { open: () => ({ submit: () => "taken", close() {} }) })],
      record: RECORD_NOTHING,
      budget: new MemoryBudget(1000),
      ledger: new Ledger(),
      random: () => random,
    });
    assert.equal(tap.open(DOWNSTREAM, () => undefined).length === 1, sampled, `${numerator}% at ${random}`);
    assert.equal(tap.counters.sampledOut, sampled ? 0 : 1);
  }
});

const RECORD_NOTHING = { headersReceivedTime: false, downstreamConnection: false, upstreamConnection: false };

function run(match: MatchPredicate, steps: readonly Step[], output: Partial<OutputConfig>, record = false) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(1024 * 1024);
  const submitted: [step: number, wrapper: TraceWrapper][] = [];
  let at = 0;
  const sink = {
    open: () => ({
      submit(wrapper: TraceWrapper) {
        submitted.push([at, structuredClone(wrapper)]);
        return "taken" as const;
      },
      close() {},
    }),
  };
  const tap = new HttpTap({
    current: () => [new ActiveTap(makeConfig(match, output), sink)],
    record: { headersReceivedTime: record, downstreamConnection: record, upstreamConnection: record },
    budget,
    ledger,
  });
  const observer = tap.open(DOWNSTREAM, () => DOWNSTREAM)[0]!;
  for (const step of steps) {
    const [, message, part, text] = /^(request|response)-(\w+):?(.*)$/.exec(step) as unknown as [
      string,
      MessageKind,
      string,
      string,
    ];
    const [name, value] = FIELDS[step] ?? ["", ""];
    if (part === "headers") observer.onHeaders(message, [{ name, value }], TIME);
    else if (part === "trailers") observer.onTrailers(message, [{ name, value }], TIME);
    else observer.onBody(message, new TextEncoder().encode(text), TIME);
    at++;
  }
  observer.onEnd({} as HttpExchange);
  assert.equal(budget.used, 0);
  return { submitted, tap, ledger };
}

function makeConfig(match: MatchPredicate, output: Partial<OutputConfig>): TapConfig {
  return {
    match,
    output: {
      sink: { format: "JSON_BODY_AS_BYTES", connectionLayout: "new", destination: { kind: "streaming-admin" } },
      maxBufferedRxBytes: 1024,
      maxBufferedTxBytes: 1024,
      streaming: false,
      minStreamedSentBytes: 0,
      ...output,
    },
  };
}

function formatPiece({ trace }: TraceWrapper): string {
  assert.ok(trace.kind === "http-streamed" && trace.piece !== undefined);
  const { piece } = trace;
  return `${piece.kind} ${"body" in piece ? formatBody(piece.body) : formatFields(piece.headers)}`;
}

function formatTrace({ trace }: TraceWrapper): string[] {
  assert.ok(trace.kind === "http-buffered");
  return (["request", "response"] as const).flatMap((kind) => {
    const message = trace[kind];
    return message === undefined
      ? []
      : [
          `${kind} ${formatFields(message.headers)} ${message.body === undefined ? "-" : formatBody(message.body)} ${formatFields(message.trailers)}`,
        ];
  });
}

function formatBody({ asBytes, truncated }: { asBytes?: Uint8Array; truncated: boolean }): string {
  return new TextDecoder().decode(asBytes) + (truncated ? "…" : "");
}

function formatFields(fields: readonly { key: string; value: string }[]): string {
  return fields.map(({ key, value }) => `${key}=${value}`).join();
}
