import assert from "node:assert/strict";
import { test } from "node:test";
import { toBinary, toJson } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { Random } from "../../../../test/support/random.ts";
import { randomCaptureTrace, randomTraceWrapper } from "../../../../test/support/random-trace.ts";
import { toCaptureMessage, toMessage } from "../../../../test/support/trace-message.ts";
import { TraceSchema } from "../gen/envoy/data/tap/v2alpha/trace_pb.js";
import { TraceWrapperSchema } from "../gen/envoy/data/tap/v3/trace_pb.js";
import { encodeCaptureTrace, encodeTrace, type TraceWrapper } from "../index.ts";

const CASES = 2000;

test("random wrappers are the same bytes as protobuf-es makes of them, delimited or not", () => {
  const random = new Random();
  for (let index = 0; index < CASES; index++) {
    const wrapper = randomTraceWrapper(random);
    const message = toMessage(wrapper);
    const where = `seed ${random.seed}, case ${index}`;
    assert.deepEqual(encodeTrace(wrapper, "PROTO_BINARY"), toBinary(TraceWrapperSchema, message), where);
    assert.deepEqual(
      encodeTrace(wrapper, "PROTO_BINARY_LENGTH_DELIMITED"),
      sizeDelimitedEncode(TraceWrapperSchema, message),
      where,
    );
  }
});

test("random captures are the same bytes as protobuf-es makes of them, whole or as parts one after the other", () => {
  const random = new Random();
  for (let index = 0; index < CASES / 4; index++) {
    const trace = randomCaptureTrace(random);
    const expected = toBinary(TraceSchema, toCaptureMessage(trace));
    const where = `seed ${random.seed}, case ${index}`;
    assert.deepEqual(encodeCaptureTrace(trace, "PROTO_BINARY"), expected, where);
    const { events, ...head } = trace;
    for (const format of ["PROTO_BINARY", "PROTO_TEXT"] as const) {
      const parts = [
        encodeCaptureTrace({ ...head, events: [] }, format),
        ...events.map((event) => encodeCaptureTrace({ events: [event] }, format)),
      ];
      assert.deepEqual(concat(parts), encodeCaptureTrace(trace, format), where);
    }
  }
});

test("JSON means what protobuf-es's JSON means, and as bytes or as a string differs in the bodies only", () => {
  const random = new Random();
  for (let index = 0; index < CASES / 2; index++) {
    const wrapper = randomTraceWrapper(random);
    const where = `seed ${random.seed}, case ${index}`;
    const asString = JSON.parse(decode(encodeTrace(wrapper, "JSON_BODY_AS_STRING")));
    const asBytes = JSON.parse(decode(encodeTrace(wrapper, "JSON_BODY_AS_BYTES")));
    const expected = toJson(TraceWrapperSchema, toMessage(wrapper), {
      alwaysEmitImplicit: true,
      useProtoFieldName: true,
    });
    assert.deepEqual(bodiesAsBytes(asBytes), bodiesAsBytes(expected), where);
    assert.deepEqual(withoutBodies(asString), withoutBodies(asBytes), where);
  }
});

/** Output of Envoy 1.40, with its addresses and times shortened. */
const SOCKET_STREAMED: TraceWrapper = {
  trace: {
    kind: "socket-streamed",
    traceId: 12n,
    piece: {
      kind: "event",
      event: {
        kind: "write",
        timestamp: { seconds: 1795172217, nanos: 539264000 },
        data: {
          asBytes: Uint8Array.from([...latin1("a<b>&\"'\\"), 0xe9, 0x0d, 0x0a, 0x00, 0x7f, 0xff, ...utf8("é\u2028")]),
          truncated: false,
        },
        seqNum: 86n,
      },
    },
  },
  configuredSampleRate: { numerator: 100, denominator: "HUNDRED" },
};

test("JSON is laid out and escaped as Envoy does it", () => {
  assert.equal(
    decode(encodeTrace(SOCKET_STREAMED, "JSON_BODY_AS_STRING")),
    `{
 "socket_streamed_trace_segment": {
  "trace_id": "12",
  "event": {
   "timestamp": "2026-11-20T10:56:57.539264Z",
   "write": {
    "data": {
     "as_string": "a\\u003cb\\u003e&\\"'\\\\ \\n\\u0000\\u007f é\\u2028",
     "truncated": false
    },
    "end_stream": false
   },
   "seq_num": "86"
  }
 },
 "configured_sample_rate": {
  "numerator": 100,
  "denominator": "HUNDRED"
 }
}
`,
  );
});

test("text is laid out and escaped as Envoy does it", () => {
  assert.equal(
    decode(encodeTrace(SOCKET_STREAMED, "PROTO_TEXT")),
    `socket_streamed_trace_segment {
  trace_id: 12
  event {
    timestamp {
      seconds: 1795172217
      nanos: 539264000
    }
    write {
      data {
        as_bytes: "a<b>&\\"\\'\\\\\\351\\r\\n\\000\\177\\377\\303\\251\\342\\200\\250"
      }
    }
    seq_num: 86
  }
}
configured_sample_rate {
  numerator: 100
}
`,
  );
});

test("the old layout numbers the addresses 2 and 3, and its JSON does not show what came later", () => {
  const wrapper: TraceWrapper = {
    trace: {
      kind: "socket-streamed",
      traceId: 0n,
      piece: {
        kind: "connection",
        connection: {
          localAddress: { kind: "pipe", path: "l" },
          remoteAddress: { kind: "socket", address: "r", portValue: 0 },
        },
      },
    },
  };
  const layout = "old" as const;
  assert.equal(
    hex(encodeTrace(wrapper, "PROTO_BINARY", { layout })),
    "2212" + "1210" + "1205" + "1203" + "0a016c" + "1a07" + "0a05" + "120172" + "1800",
  );
  assert.doesNotMatch(decode(encodeTrace(wrapper, "JSON_BODY_AS_BYTES", { layout })), /network_namespace/);
  assert.match(decode(encodeTrace(wrapper, "JSON_BODY_AS_BYTES")), /"network_namespace_filepath": ""/);
});

/** Attempts at UTF-8 that fail cost one space each, and take the byte they fail at with them. */
const NOT_UTF8: readonly (readonly [string, string])[] = [
  ["ff", " "],
  ["80", " "],
  ["e90d0a", " \\n"],
  ["c341", " "],
  ["e282", " "],
  ["f09f9841", " "],
  ["f8", " "],
  ["f490808041", " A"],
  ["c080", "\\u0000"],
  ["c0a2", '\\"'],
];

test("bodies that are no UTF-8 become JSON strings as protobuf's C++ library makes them", () => {
  for (const [bytes, expected] of NOT_UTF8) {
    const wrapper: TraceWrapper = {
      trace: {
        kind: "http-streamed",
        traceId: 0n,
        piece: { kind: "request-body-chunk", body: { asBytes: fromHex(bytes), truncated: false } },
      },
    };
    const json = decode(encodeTrace(wrapper, "JSON_BODY_AS_STRING"));
    assert.equal(/"as_string": "(.*)",\n/.exec(json)?.[1], expected, bytes);
  }
});

test("a body of JSON, which has a quote every few bytes, costs no object for each of them", () => {
  let views = 0;
  class Counted extends Uint8Array {
    override subarray(from?: number, to?: number): Uint8Array<ArrayBuffer> {
      views++;
      return new Uint8Array(this.buffer, this.byteOffset, this.length).subarray(from, to) as Uint8Array<ArrayBuffer>;
    }
  }
  const text = JSON.stringify(Array.from({ length: 5000 }, (_, index) => ({ name: `item ${index}`, größe: "é" })));
  const asBytes = Counted.from(new TextEncoder().encode(text));
  const piece = { kind: "request-body-chunk", body: { asBytes, truncated: false } } as const;
  const wrapper: TraceWrapper = { trace: { kind: "http-streamed", traceId: 0n, piece } };
  const json = JSON.parse(decode(encodeTrace(wrapper, "JSON_BODY_AS_STRING")));
  assert.equal(JSON.stringify(json).includes(JSON.stringify(text)), true);
  assert.match(decode(encodeTrace(wrapper, "PROTO_TEXT")), /item 4999/);
  assert.ok(views < 100, `${views} views`);
});

function bodiesAsBytes(value: unknown): unknown {
  return mapMembers(value, (key, member) =>
    key === "as_string" ? ["as_bytes", Buffer.from(member as string).toString("base64")] : [key, member],
  );
}

function withoutBodies(value: unknown): unknown {
  return mapMembers(value, (key, member) => (key === "as_string" || key === "as_bytes" ? ["body", ""] : [key, member]));
}

function mapMembers(value: unknown, change: (key: string, member: unknown) => [string, unknown]): unknown {
  if (Array.isArray(value)) return value.map((element) => mapMembers(element, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const [changedKey, changed] = change(key, member);
      return [changedKey, mapMembers(changed, change)];
    }),
  );
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
