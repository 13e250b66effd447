import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Random } from "../../../../test/support/random.ts";
import { randomCaptureTrace, randomTraceWrapper } from "../../../../test/support/random-trace.ts";
import { readTrace } from "../../../../test/support/trace-bytes.ts";
import {
  type CaptureTrace,
  detectTraceEncoding,
  encodeCaptureTrace,
  encodeTrace,
  type TraceEvent,
  type TraceFormat,
  type TraceWrapper,
} from "../index.ts";

const MULTIPLE: readonly TraceFormat[] = [
  "JSON_BODY_AS_BYTES",
  "PROTO_BINARY",
  "PROTO_BINARY_LENGTH_DELIMITED",
  "PROTO_TEXT",
];

/** A streamed trace of one connection, and a buffered one of another. */
const WRAPPERS: readonly TraceWrapper[] = [
  streamed({ kind: "connection", connection: { remoteAddress: { kind: "socket", address: "::1", portValue: 5 } } }),
  streamed({ kind: "event", event: event("read", "hello\"'\\\n\u00e9", 1n) }),
  streamed({ kind: "event", event: { ...event("write", "world", 8n), endStream: true } }),
  streamed({ kind: "event", event: { kind: "closed", timestamp: { seconds: 9, nanos: 1000 }, seqNum: 14n } }),
  {
    trace: {
      kind: "socket-buffered",
      traceId: 2n,
      connection: { localAddress: { kind: "pipe", path: "/a" }, remoteAddress: { kind: "pipe", path: "/b" } },
      events: [event("read", "one"), event("write", "two"), event("read", "three")],
      readTruncated: true,
      writeTruncated: false,
    },
    configuredSampleRate: { numerator: 5, denominator: "MILLION" },
  },
];

const CAPTURE: CaptureTrace = {
  id: 7n,
  connection: { localAddress: { kind: "pipe", path: "/a" }, remoteAddress: { kind: "pipe", path: "/b" } },
  events: [
    { kind: "read", timestamp: { seconds: 1, nanos: 0 }, data: utf8("ping") },
    { kind: "write", timestamp: { seconds: 2, nanos: 5 }, data: utf8("pong"), endStream: true },
  ],
};

test("every format reads the same at every split", () => {
  for (const format of MULTIPLE) {
    const bytes = encodeAll(WRAPPERS, format);
    for (let split = 0; split <= bytes.length; split++) {
      const { wrappers, reader, ledger } = readTrace(bytes, [split]);
      assert.deepEqual(plain(wrappers), plain(WRAPPERS), `${format}, split ${split}`);
      assert.equal(reader.problem, undefined);
      assert.deepEqual(ledger.format(), [`bytes: ${bytes.length} in = ${bytes.length} handled`]);
    }
    const bytewise = readTrace(
      bytes,
      Array.from({ length: bytes.length }, (_, index) => index),
    );
    assert.deepEqual(plain(bytewise.wrappers), plain(WRAPPERS), format);
  }
});

test("captures read the same at every split, binary and text, also in pieces of one event", () => {
  for (const format of ["PROTO_BINARY", "PROTO_TEXT"] as const) {
    const bytes = encodeCaptureTrace(CAPTURE, format);
    for (let split = 0; split <= bytes.length; split++)
      for (const pieceBytes of [1, 1_000_000]) {
        const { captures, reader, ledger } = readTrace(bytes, [split], { limits: { pieceBytes } });
        assert.deepEqual(captures, [CAPTURE], `${format}, split ${split}, pieces ${pieceBytes}`);
        assert.equal(reader.problem, undefined);
        assert.ok(ledger.balanced);
      }
  }
});

test("random traces survive every format and random splits, handed on whole or in pieces", () => {
  const random = new Random();
  for (let round = 0; round < 60; round++) {
    const wrappers = random.list(6, () => randomTraceWrapper(random)).filter(hasContent);
    for (const format of MULTIPLE) {
      const bytes = encodeAll(wrappers, format);
      if (bytes.length === 0) continue;
      const splits = random.list(8, () => random.below(bytes.length)).sort((a, b) => a - b);
      const pieceBytes = random.pick([1, 50, 1000, 1_000_000]);
      const encoding = format === "PROTO_BINARY" ? ("wrappers" as const) : undefined;
      const read = readTrace(bytes, splits, { limits: { pieceBytes }, ...(encoding && { encoding }) });
      const where = `seed ${random.seed}, round ${round}, ${format}, pieces ${pieceBytes}`;
      assert.deepEqual(read.reader.problem, undefined, where);
      assert.deepEqual(encodeAll(read.wrappers, format), bytes, where);
      assert.ok(read.ledger.balanced, where);
    }
    const capture = randomCaptureTrace(random);
    const bytes = encodeCaptureTrace(capture, "PROTO_BINARY");
    const { captures } = readTrace(bytes, [bytes.length >> 1], { encoding: "capture" });
    assert.deepEqual(encodeCaptureTrace(captures[0]!, "PROTO_BINARY"), bytes, `seed ${random.seed}, round ${round}`);
  }
});

test("a trace that is cut anywhere gives all that is whole before the cut, and says where it was cut", () => {
  for (const format of MULTIPLE) {
    const bytes = encodeAll(WRAPPERS, format);
    const ends = WRAPPERS.map((_, index) => encodeAll(WRAPPERS.slice(0, index + 1), format).length);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { wrappers, reader, ledger } = readTrace(bytes.subarray(0, cut), [cut >> 1]);
      // The newline behind a JSON document may be missing.
      const reached = format === "JSON_BODY_AS_BYTES" && bytes[cut] === 0x0a ? cut + 1 : cut;
      const whole = ends.filter((end) => end <= reached).length;
      const where = `${format}, cut at ${cut}`;
      if (format !== "PROTO_BINARY" && format !== "PROTO_TEXT")
        assert.equal(reader.problem === undefined, ends.includes(reached), where);
      assert.deepEqual(plain(wrappers.slice(0, whole)), plain(WRAPPERS.slice(0, whole)), where);
      assert.ok(ledger.balanced, ledger.format().join());
      assert.equal(ledger.book("bytes").buffered, 0, where);
    }
  }
});

test("the events of a buffered trace that is cut are handed on up to the cut", () => {
  const [wrapper] = WRAPPERS.slice(-1);
  for (const [format, marker] of [
    ["PROTO_BINARY", "three"],
    ["PROTO_BINARY_LENGTH_DELIMITED", "three"],
    ["PROTO_TEXT", "three"],
    ["JSON_BODY_AS_STRING", "three"],
  ] as const) {
    const bytes = encodeTrace(wrapper!, format);
    const cut = Buffer.from(bytes).indexOf(marker) + 2;
    const { wrappers, reader, ledger } = readTrace(bytes.subarray(0, cut));
    assert.equal(wrappers.length, 1, format);
    const trace = wrappers[0]!.trace;
    assert.ok(trace.kind === "socket-buffered");
    assert.deepEqual(
      trace.events.map(({ data }) => data?.asString ?? new TextDecoder().decode(data?.asBytes)),
      ["one", "two"],
      format,
    );
    assert.match(reader.problem!.message, /ends|does not end/, format);
    assert.ok(ledger.book("bytes").droppedBy.get("cut")! > 0, format);
  }
});

test("damage never throws, never unbalances the ledger, and keeps what came before it", () => {
  const random = new Random();
  for (let round = 0; round < 1500; round++) {
    const format = random.pick(MULTIPLE);
    const bytes = encodeAll(WRAPPERS, format);
    for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
    const { ledger } = readTrace(bytes, [random.below(bytes.length)], {
      limits: { pieceBytes: random.pick([1, 9999]) },
    });
    const where = `seed ${random.seed}, round ${round}, ${format}`;
    assert.ok(ledger.balanced, `${where}: ${ledger.format()}`);
    assert.equal(ledger.book("bytes").buffered, 0, where);
  }
});

test("a damaged message in a sound frame costs that message only", () => {
  const parts = WRAPPERS.map((wrapper) => encodeTrace(wrapper, "PROTO_BINARY_LENGTH_DELIMITED"));
  // The length of the event, inside the third message, points behind its end.
  parts[2]![5] = 0x7f;
  const { wrappers, reader, ledger } = readTrace(Uint8Array.from(Buffer.concat(parts)));
  assert.deepEqual(wrappers, [...WRAPPERS.slice(0, 2), ...WRAPPERS.slice(3)]);
  assert.ok((reader.problem?.place.offset ?? 0) >= parts[0]!.length + parts[1]!.length);
  assert.equal(ledger.book("bytes").droppedBy.get("corrupt"), parts[2]!.length);
});

for (const form of ["JSON_BODY_AS_BYTES", "PROTO_TEXT", "JSON without line ends"] as const)
  test(`a damaged message of ${form} costs that message only, wherever it is cut`, () => {
    const format = form === "PROTO_TEXT" ? form : "JSON_BODY_AS_BYTES";
    const parts = WRAPPERS.map((wrapper) => {
      const text = Buffer.from(encodeTrace(wrapper, format));
      return form === format ? text : Buffer.from(JSON.stringify(JSON.parse(text.toString())));
    });
    const whole = Buffer.concat(parts);
    for (const damaged of [1, 2]) {
      const start = parts.slice(0, damaged).reduce((sum, part) => sum + part.length, 0);
      for (const [place, byte] of [
        [parts[damaged]!.indexOf(":"), 0x7d],
        [parts[damaged]!.indexOf('"'), 0x01],
        // Where neither a line's end nor a brace is left, nothing says where the next one begins.
        ...(form === format ? ([[parts[damaged]!.lastIndexOf("}"), 0x20]] as const) : []),
      ] as const) {
        const bytes = Uint8Array.from(whole);
        bytes[start + place] = byte;
        const cuts = [start + place, start + place + 1, start + parts[damaged]!.length];
        const { wrappers, reader, ledger } = readTrace(bytes, cuts);
        const others = readTrace(Uint8Array.from(whole)).wrappers.filter((_, i) => i !== damaged);
        const found = wrappers.filter((wrapper) => others.some((other) => isDeepStrictEqual(wrapper, other)));
        assert.deepEqual(found, others, `${place} of ${damaged}`);
        assert.ok(reader.problem !== undefined && ledger.balanced);
      }
    }
  });

test("a message over the limit is dropped and counted, and reading goes on behind it", () => {
  const bytes = encodeAll(
    [WRAPPERS[1]!, streamed({ kind: "event", event: event("read", "x".repeat(5000)) }), WRAPPERS[2]!],
    "PROTO_BINARY_LENGTH_DELIMITED",
  );
  const { wrappers, reader, ledger } = readTrace(bytes, [100, 3000], { limits: { maxMessageBytes: 1000 } });
  assert.deepEqual(wrappers, WRAPPERS.slice(1, 3));
  assert.match(reader.problem!.message, /over the limit/);
  assert.ok(ledger.book("bytes").droppedBy.get("too-large")! > 5000);
});

test("an event over the limit is dropped from a buffered trace and from a capture, and counted", () => {
  const limits = { maxMessageBytes: 1000 };
  const big = event("read", "x".repeat(5000));
  const buffered: TraceWrapper = {
    trace: {
      kind: "socket-buffered",
      traceId: 1n,
      events: [event("read", "one"), big, event("write", "two")],
      readTruncated: false,
      writeTruncated: true,
    },
  };
  const wrappers = readTrace(encodeTrace(buffered, "PROTO_BINARY"), [300, 3000], { limits });
  const expected = {
    ...buffered.trace,
    events: [event("read", "one"), event("write", "two")],
  } as TraceWrapper["trace"];
  assert.deepEqual(plain(wrappers.wrappers), plain([{ trace: expected }]));
  assert.ok(wrappers.ledger.book("bytes").droppedBy.get("too-large")! > 5000);
  const events = [CAPTURE.events[0]!, { ...CAPTURE.events[1]!, data: new Uint8Array(5000) }, CAPTURE.events[1]!];
  const captures = readTrace(encodeCaptureTrace({ ...CAPTURE, events }, "PROTO_BINARY"), [300, 3000], { limits });
  assert.deepEqual(captures.captures, [CAPTURE]);
  assert.ok(captures.ledger.book("bytes").droppedBy.get("too-large")! > 5000);
  assert.match(captures.reader.problem!.message, /over the limit/);
});

test("a string or a message over the limit is too large in JSON and text, too", () => {
  const limits = { maxMessageBytes: 1000 };
  const [whole, ...long] = ["x".repeat(10), "x".repeat(1500), "x".repeat(5000)].map((value) =>
    utf8(`{"http_buffered_trace":{"request":{"headers":[{"key":"a","value":"${value}"}]}}}`),
  );
  for (const bytes of long) {
    const { wrappers, ledger, reader } = readTrace(new Uint8Array([...whole!, ...bytes]), [300, 3000], { limits });
    assert.equal(wrappers.length, 1);
    const dropped = [...ledger.book("bytes").droppedBy].filter(([, amount]) => amount > 0);
    assert.deepEqual(dropped, [["too-large", bytes.length]]);
    assert.match(reader.problem!.message, /^a (string|message) is longer than [14]000 bytes$/);
  }
});

/** Times that `google.protobuf.Timestamp` does not allow. */
const BAD_TIMES = ["seconds: 99999999999999", "seconds: -99999999999", "nanos: 1000000000", "nanos: -1"];

test("times that are none are damage", () => {
  for (const time of BAD_TIMES) {
    const { reader } = readTrace(utf8(`socket_streamed_trace_segment { event { timestamp { ${time} } } }`));
    assert.match(reader.problem!.message, /is no value for '(seconds|nanos)'/, time);
  }
  const far = Uint8Array.of(0x22, 0x0b, 0x1a, 0x09, 0x0a, 0x07, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
  assert.match(readTrace(far).reader.problem!.message, /outside of the years/);
});

test("fields of later versions are skipped and counted", () => {
  const known = encodeTrace(WRAPPERS[1]!, "PROTO_BINARY");
  const unknown = Uint8Array.of(0x32, 0x02, 0x08, 0x01);
  const delimited = Uint8Array.of(known.length + unknown.length, ...known, ...unknown);
  const binary = readTrace(Uint8Array.of(...delimited, ...delimited));
  assert.deepEqual([binary.wrappers, binary.reader.unknownFields], [[WRAPPERS[1], WRAPPERS[1]], 2]);
  const text = readTrace(utf8('socket_streamed_trace_segment { trace_id: 1 later { a: 1 b { c: "}" } } [x.y/z]: 5 }'));
  assert.deepEqual([text.wrappers.length, text.reader.unknownFields, text.reader.problem], [1, 2, undefined]);
  const json = readTrace(utf8('{"socket_streamed_trace_segment": {"later": [{"a": [1, 2]}, {}], "trace_id": "1"}}'));
  assert.deepEqual([json.wrappers.length, json.reader.unknownFields, json.reader.problem], [1, 2, undefined]);
});

/** The examples of how binary forms are told apart. */
const DETECTED: readonly (readonly [string, string | undefined])[] = [
  ["", undefined],
  ["7f454c46", undefined],
  ["0a021200", "capture"],
  ["0a0408011a00", "capture"],
  ["0a001200", "capture"],
  ["0a040a020a00", "wrappers"],
  ["0a040a020a00" + "12020801", "wrappers"],
  ["1204080112001204", "wrappers"],
  ["1a020801", "wrappers"],
  ["2202080122020801", "wrappers"],
  ["041a020801", "length-delimited"],
  ["0422020801042202080100", "length-delimited"],
  ["0822020801" + "2a020864", "length-delimited"],
  ["220208012a020864", "wrappers"],
  ["90031a8d03", "length-delimited"],
  // Both are possible; only one ends with the input.
  [`0a1a08d6903e1a040a0222001212${"0a".repeat(18)}`, "capture"],
  ["0a2208f6b2868be6a8deadc6011a150a13080112093132372e302e302e31188f632a0172", "capture"],
  // A frame of 66 bytes looks like a name of one letter, a line's end and a colon.
  [`420a3a0a38${"0a00".repeat(28)}2a0408641001`, "length-delimited"],
];

test("forms are told apart by their content", () => {
  for (const [hex, expected] of DETECTED) assert.equal(detectTraceEncoding(fromHex(hex)), expected, hex);
  for (const length of [0x22, 0x23, 0x3c, 0x41, 0x5f, 0x61, 0x7b, 0x7d]) {
    const body = streamed({ kind: "event", event: event("read", "x".repeat(length)) });
    for (let shorter = 0; shorter < 40; shorter++) {
      const data = event("read", "x".repeat(Math.max(0, length - shorter)));
      const bytes = encodeTrace(
        { trace: { ...body.trace, piece: { kind: "event", event: data } } as never },
        "PROTO_BINARY_LENGTH_DELIMITED",
      );
      assert.equal(detectTraceEncoding(bytes), "length-delimited", `a frame of ${bytes[0]} bytes`);
    }
  }
});

test("what is no trace is said to be none, an empty input too", () => {
  const { reader, ledger } = readTrace(utf8("GIF89a..."));
  assert.match(reader.problem!.message, /no trace/);
  assert.equal(ledger.book("bytes").droppedBy.get("unknown-format"), 9);
  assert.match(readTrace(new Uint8Array(0)).reader.problem!.message, /empty/);
});

function streamed(piece: Extract<TraceWrapper["trace"], { kind: "socket-streamed" }>["piece"]): TraceWrapper {
  return { trace: { kind: "socket-streamed", traceId: 1n, ...(piece && { piece }) } };
}

function event(kind: "read" | "write", data: string, seqNum?: bigint): TraceEvent {
  return {
    kind,
    timestamp: { seconds: 1_700_000_000, nanos: 123_456_000 },
    data: { asBytes: utf8(data), truncated: false },
    ...(seqNum === undefined ? {} : { seqNum }),
  };
}

/** Without the difference between a default that is there and one that is not. */
function plain(wrappers: readonly TraceWrapper[]): string[] {
  return wrappers.map((wrapper) => new TextDecoder().decode(encodeTrace(wrapper, "PROTO_TEXT")));
}

/** Undelimited, a message without content cannot be told from nothing. */
function hasContent(wrapper: TraceWrapper): boolean {
  return encodeTrace(wrapper, "PROTO_BINARY").length > 2;
}

function encodeAll(wrappers: readonly TraceWrapper[], format: TraceFormat): Uint8Array {
  return Uint8Array.from(Buffer.concat(wrappers.map((wrapper) => encodeTrace(wrapper, format))));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
