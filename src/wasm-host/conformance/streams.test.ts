/** Pausing, continuing and answering on a stream, and what a module can read when. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DATA, I32, op, type TestFunction, type TestModule } from "../../../test/support/wasm/build-module.ts";
import {
  CALL,
  CONTINUE_STREAM,
  callback,
  EFFECTIVE,
  event,
  GO,
  HostRun,
  LOCAL,
  LOG,
  PAUSE,
} from "../../../test/support/wasm/host-run.ts";
import { bytesOf, encodePairs, octetsOf, type Pair } from "../pairs.ts";

const GET: Pair[] = [[":path", "/"]];
const OK: Pair[] = [[":status", "200"]];
const bytes = (text: string): Uint8Array => Buffer.from(text);
type Code = readonly (readonly number[])[];
const numbers = (...values: number[]): Code => values.map((value) => op.i32(value));

const CALL_PAIRS = encodePairs([
  [":method", "GET"],
  [":path", "/"],
  [":authority", "a"],
]);
/** Calls the cluster `c`; DATA has its name and the headers. */
const callOut = (index: number): Code => [
  ...numbers(DATA, 1, DATA + 1, CALL_PAIRS.length, 0, 0, 0, 0, 50, 512),
  op.call(index),
  op.drop,
];
const CALL_DATA = `c${octetsOf(CALL_PAIRS)}`;
const ANSWER = { headers: OK, body: bytes("x"), trailers: [] };

describe("a response that waits for the answer to a call", () => {
  for (const [name, answer] of [
    ["an answer", ANSWER],
    ["none", undefined],
  ] as const)
    test(`passes, with its body and trailers, when the module continues it: ${name}`, async () => {
      const run = await HostRun.of({
        imports: [CALL, CONTINUE_STREAM, EFFECTIVE],
        data: CALL_DATA,
        functions: [
          callback("proxy_on_response_headers", ...callOut(0), PAUSE),
          event(
            "proxy_on_http_call_response",
            5,
            ...numbers(2),
            op.call(2),
            op.drop,
            ...numbers(1),
            op.call(1),
            op.drop,
          ),
        ],
      });
      const stream = run.open();
      stream.requestHeaders(GET, true);
      stream.responseHeaders(OK, false);
      stream.responseBody(bytes("a"), false);
      stream.responseBody(bytes("b"), false);
      stream.responseTrailers([["t", "1"]]);
      assert.deepEqual(run.take(), ["request / end"]);
      run.answers[0]!(answer);
      assert.deepEqual(run.take(), ["response 200", 'response "ab"', "response trailers t=1"]);
    });

  test("is let go of with its client", async () => {
    const run = await HostRun.of({
      imports: [CALL, CONTINUE_STREAM, EFFECTIVE],
      data: CALL_DATA,
      functions: [
        callback("proxy_on_response_headers", ...callOut(0), PAUSE),
        event("proxy_on_http_call_response", 5, ...numbers(2), op.call(2), op.drop, ...numbers(1), op.call(1), op.drop),
      ],
    });
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.responseHeaders(OK, true);
    stream.close();
    run.take();
    run.answers[0]!(ANSWER);
    assert.deepEqual([run.take(), run.plugin.machine.contexts, run.plugin.machine.failure], [[], 1, undefined]);
  });
});

test("an answer that comes while the module runs is told of when it has returned", async () => {
  const run = await HostRun.of({
    imports: [CALL, LOG],
    data: CALL_DATA,
    functions: [
      callback("proxy_on_request_headers", ...callOut(0), GO),
      callback(
        "proxy_on_request_body",
        ...numbers(2, DATA, 1),
        op.call(1),
        op.drop,
        ...numbers(2, DATA, 1),
        op.call(1),
        op.drop,
        GO,
      ),
      event("proxy_on_http_call_response", 5, ...numbers(2, DATA + 1, 0), op.call(1), op.drop),
    ],
  });
  const stream = run.open();
  stream.requestHeaders(GET, false);
  const push = run.logs.push.bind(run.logs);
  run.logs.push = (line) => {
    if (run.logs.length === 0) run.answers[0]!(ANSWER);
    return push(line);
  };
  stream.requestBody(bytes("a"), true);
  assert.deepEqual([...run.logs], ["c", "c", ""]);
});

describe("a filter that answers by itself", () => {
  const functions = (...where: TestFunction[]): TestModule => ({
    imports: [LOCAL, LOG, CONTINUE_STREAM],
    data: "no-+",
    functions: [
      ...where,
      ...["body", "trailers"].map((part) => callback(`proxy_on_request_${part}`, ...note(2), GO)),
      callback("proxy_on_response_headers", ...note(3), GO),
    ],
  });
  /** Logs one character of the data. */
  const note = (at: number): Code => [...numbers(2, DATA + at, 1), op.call(1), op.drop];
  const answer = (grpcStatus: number): Code => [...numbers(403, 0, 0, DATA, 2, 0, 0, grpcStatus), op.call(0), op.drop];

  for (const [action, code] of [
    ["pausing", PAUSE],
    ["going on", GO],
  ] as const)
    test(`hears nothing more of the request, and cannot continue it, ${action}`, async () => {
      const go = [...numbers(0), op.call(2), op.drop];
      const run = await HostRun.of(functions(callback("proxy_on_request_headers", ...answer(-1), ...go, code)));
      const stream = run.open();
      stream.requestHeaders(GET, false);
      stream.requestBody(bytes("a"), false);
      stream.requestTrailers([["t", "1"]]);
      stream.responseHeaders(OK, true);
      stream.close();
      assert.deepEqual(run.take(), ["response 403", 'response "no" end']);
      assert.deepEqual(run.logs, ["+"], "its own answer's headers alone");
    });

  test("twice: the first holds", async () => {
    const run = await HostRun.of(functions(callback("proxy_on_request_headers", ...answer(-1), ...answer(-1), PAUSE)));
    run.open().requestHeaders(GET, true);
    assert.deepEqual(run.take(), ["response 403", 'response "no" end']);
  });

  for (const [grpcStatus, headers] of [
    [-1, ""],
    [0, "grpc-status=0"],
    [7, "grpc-status=7"],
  ] as const)
    test(`with gRPC's status ${grpcStatus}`, async () => {
      const run = await HostRun.of(functions(callback("proxy_on_request_headers", ...answer(grpcStatus), PAUSE)));
      let told: readonly Pair[] = [];
      run.output.headers = (_side, pairs) => {
        told = pairs;
      };
      run.open().requestHeaders(GET, true);
      const found = told.filter(([name]) => name === "grpc-status").map((pair) => pair.join("="));
      assert.equal(found.join(), headers);
    });
});

test("bytes of headers that are latin1 and UTF-8 pass unchanged, read and set by the module too", async () => {
  const COPY = { name: "proxy_get_header_map_pairs", params: Array(3).fill(I32), results: [I32] };
  const SET = { name: "proxy_set_header_map_pairs", params: Array(3).fill(I32), results: [I32] };
  const load = (at: number): number[] => [...op.i32(at), 0x28, 0x02, 0x00];
  const copyBack = [
    ...numbers(0, 512, 516),
    op.call(0),
    op.drop,
    ...numbers(0),
    load(512),
    load(516),
    op.call(1),
    op.drop,
  ];
  const headers: Pair[] = [
    [":path", "/\xe9?\xc3\xa9"],
    ["latin1", "caf\xe9\xff"],
    ["utf-8", octetsOf(bytes("é€😀"))],
    ["every", octetsOf(Uint8Array.from({ length: 224 }, (_, at) => at + 32))],
  ];
  for (const body of [[], copyBack]) {
    const run = await HostRun.of({
      imports: [COPY, SET],
      functions: [callback("proxy_on_request_headers", ...body, GO)],
    });
    let passed: readonly Pair[] = [];
    run.output.headers = (_side, pairs) => {
      passed = pairs;
    };
    run.open().requestHeaders(headers, true);
    assert.deepEqual(passed, headers);
    assert.deepEqual([...bytesOf(passed[3]![1])], [...bytesOf(headers[3]![1])]);
  }
});

describe("what a module can read", () => {
  const MAPS = { name: "proxy_get_header_map_pairs", params: Array(3).fill(I32), results: [I32] };
  const BUFFERS = { name: "proxy_get_buffer_bytes", params: Array(5).fill(I32), results: [I32] };
  /** Logs `=`, then the status of each map and, behind a comma, of each buffer; the first local is made use of. */
  const look: Code = [
    ...numbers(2, DATA + 12, 1),
    op.call(0),
    op.drop,
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, -1].flatMap((kind) => status([...numbers(kind, 600, 604), op.call(1)])),
    ...numbers(2, DATA + 13, 1),
    op.call(0),
    op.drop,
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1].flatMap((kind) => status([...numbers(kind, 0, 99, 600, 604), op.call(2)])),
  ];
  function status(ask: Code): Code {
    return [op.i32(2), ...ask, op.i32(DATA), [0x6a], op.i32(1), op.call(0), op.drop];
  }
  // `.` is not found, `o` found, `!` a bad argument.
  const module: TestModule = {
    imports: [LOG, MAPS, BUFFERS, CALL],
    data: `o.!?????????=,${CALL_DATA}`,
    functions: [
      ...["vm_start", "configure"].map((name) => ({
        name: `proxy_on_${name}`,
        params: [I32, I32],
        results: [I32],
        body: [...look, op.i32(1)],
      })),
      callback("proxy_on_request_headers", ...look, GO),
      callback("proxy_on_request_body", ...look, GO),
      callback("proxy_on_request_trailers", ...look, GO),
      callback(
        "proxy_on_response_headers",
        ...look,
        ...numbers(DATA + 14, 1, DATA + 15, CALL_PAIRS.length, 0, 0, 0, 0, 50, 512),
        ...[op.call(3), op.drop, GO],
      ),
      callback("proxy_on_response_body", ...look, GO),
      callback("proxy_on_response_trailers", ...look, GO),
      event("proxy_on_log", 1, ...look),
      event("proxy_on_http_call_response", 5, ...look),
    ],
  };

  test("is there in its callback, not found in others, and a bad argument where there is no such kind", async () => {
    const run = await HostRun.of(module);
    const seen: Record<string, string> = {};
    const take = (name: string) => {
      seen[name] = run.logs.splice(0).join("");
    };
    take("start");
    const stream = run.open();
    stream.requestHeaders(GET, false);
    take("request headers");
    stream.requestBody(bytes("a"), false);
    take("request body");
    stream.requestTrailers([["t", "1"]]);
    take("request trailers");
    stream.responseHeaders(OK, false);
    take("response headers");
    stream.responseBody(bytes("b"), false);
    take("response body");
    stream.responseTrailers([["u", "1"]]);
    take("response trailers");
    stream.close();
    take("log");
    run.answers[0]!({ ...ANSWER, trailers: [["v", "1"]] });
    take("answer");
    run.answers[0]!(ANSWER);
    take("no second answer");
    assert.deepEqual(seen, {
      // Maps 0 to 8 and -1, then buffers 0 to 9 and -1.
      start: "=........!!,......o..!!=........!!,.......o.!!",
      "request headers": "=o.......!!,.........!!",
      "request body": "=o.......!!,o........!!",
      "request trailers": "=oo......!!,.........!!",
      "response headers": "=ooo.....!!,.........!!",
      "response body": "=ooo.....!!,.o.......!!",
      "response trailers": "=oooo....!!,.........!!",
      log: "=oooo....!!,.........!!",
      answer: "=......oo!!,....o....!!",
      "no second answer": "",
    });
  });
});
