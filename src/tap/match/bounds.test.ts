/** The edges of what matchers take: values by one, odd headers, chunks that are parts of something larger, what is asked for only once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Connection, Header } from "../../model/index.ts";
import type { HeaderPhase } from "../config/match-predicate.ts";
import { BodySearch } from "./body-search.ts";
import { compileHeaderMatcher, compileStringMatcher } from "./compile-header-matcher.ts";
import { Matcher } from "./matcher.ts";
import { StreamViewer } from "./stream-viewer.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const PHASE = "response-headers";
const NAME = { name: "a", invert: false, treatMissingAsEmpty: false };

describe("a range of numbers", () => {
  const CASES: readonly (readonly [value: string, start: bigint, end: bigint, expected: boolean])[] = [
    ["9", 10n, 20n, false],
    ["10", 10n, 20n, true],
    ["19", 10n, 20n, true],
    ["20", 10n, 20n, false],
    [" 12 ", 10n, 20n, true],
    ["\t12", 10n, 20n, true],
    ["+12", 10n, 20n, true],
    ["-12", -20n, 0n, true],
    ["--12", -20n, 20n, false],
    ["+-12", -20n, 20n, false],
    ["1 2", 0n, 20n, false],
    ["12a", 0n, 20n, false],
    ["a12", 0n, 20n, false],
    ["", -1n, 1n, false],
    [" ", -1n, 1n, false],
    ["+", -1n, 1n, false],
    ["1.0", 0n, 20n, false],
    ["0x1", 0n, 20n, false],
    ["0012", 10n, 20n, true],
    ["9223372036854775806", 0n, 9223372036854775807n, true],
    ["9223372036854775807", 0n, 9223372036854775807n, false],
    ["-9223372036854775808", -9223372036854775808n, 0n, true],
    ["9223372036854775808", 0n, 99999999999999999999n, false],
    ["00000000000000000012", 10n, 20n, false],
  ];
  for (const [value, start, end, expected] of CASES)
    test(`${JSON.stringify(value)} in [${start}, ${end})`, () => {
      const matches = compileHeaderMatcher({ ...NAME, test: { kind: "range", start, end } }, PHASE);
      assert.equal(matches([{ name: "a", value }]), expected);
    });
});

describe("strings", () => {
  const CASES: readonly (readonly [
    kind: "exact" | "prefix" | "suffix" | "contains" | "regex",
    value: string,
    ignoreCase: boolean,
    text: string,
    expected: boolean,
  ])[] = [
    ["exact", "Bar", false, "Bar", true],
    ["exact", "Bar", false, "bar", false],
    ["exact", "Bar", true, "bAR", true],
    ["exact", "bar", true, "bars", false],
    ["exact", "\u00c9", true, "\u00e9", false],
    ["exact", "z", true, "Z", true],
    ["exact", "[", true, "{", false],
    ["prefix", "Ba", false, "Bar", true],
    ["prefix", "Ba", false, "bar", false],
    ["prefix", "BA", true, "bar", true],
    ["prefix", "ar", true, "bar", false],
    ["suffix", "ar", false, "bar", true],
    ["suffix", "aR", false, "bar", false],
    ["suffix", "AR", true, "bar", true],
    ["suffix", "ba", true, "bar", false],
    ["contains", "a", false, "bar", true],
    ["contains", "A", false, "bar", false],
    ["contains", "A", true, "bar", true],
    ["contains", "x", true, "bar", false],
    ["regex", "b.r", false, "bar", true],
    ["regex", "b.r", false, "bars", false],
    ["regex", "B.R", false, "bar", false],
  ];
  for (const [kind, value, ignoreCase, text, expected] of CASES)
    test(`${kind} ${value} ${ignoreCase} on ${text}`, () =>
      assert.equal(compileStringMatcher({ kind, value, ignoreCase })(text), expected));
});

describe("headers that are odd", () => {
  const exact = (value: string) =>
    compileHeaderMatcher(
      { ...NAME, test: { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } } },
      PHASE,
    );

  test("each of three values of a name is tested by itself, whatever stands between them", () => {
    const headers = ["b", "c", "d"].flatMap((value) => [
      { name: "A", value },
      { name: "x", value: "y" },
    ]);
    for (const [value, expected] of [
      ["b", true],
      ["c", true],
      ["d", true],
      ["b,c", false],
      ["b,c,d", false],
      ["y", false],
    ] as const)
      assert.equal(exact(value)(headers), expected, value);
    const matcher = { kind: "exact", value: "c", ignoreCase: false } as const;
    const inverted = compileHeaderMatcher({ ...NAME, invert: true, test: { kind: "string", matcher } }, PHASE);
    assert.equal(inverted(headers), false);
    assert.equal(inverted(headers.slice(0, 2)), true);
    assert.equal(inverted([]), false);
  });

  test("an empty value is one, and what is missing may be taken for one", () => {
    assert.equal(exact("")([{ name: "a", value: "" }]), true);
    assert.equal(exact("")([]), false);
    const empty = (invert: boolean, value: string) =>
      compileHeaderMatcher(
        {
          name: "a",
          invert,
          treatMissingAsEmpty: true,
          test: { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } },
        },
        PHASE,
      );
    assert.deepEqual(
      [empty(false, "")([]), empty(true, "")([]), empty(false, "b")([]), empty(true, "b")([])],
      [true, false, false, true],
    );
    assert.equal(empty(false, "")([{ name: "a", value: "b" }]), false);
  });

  test("host is :authority in a request's head, and nowhere else", () => {
    const matcher = { kind: "exact", value: "h", ignoreCase: false } as const;
    const found = (phase: Parameters<typeof compileHeaderMatcher>[1], name: string) =>
      compileHeaderMatcher({ ...NAME, name: "host", test: { kind: "string", matcher } }, phase)([{ name, value: "h" }]);
    assert.deepEqual([found("request-headers", ":authority"), found("request-headers", "host")], [true, false]);
    for (const phase of ["request-trailers", "response-headers", "response-trailers"] as const)
      assert.deepEqual([found(phase, ":authority"), found(phase, "host")], [false, true]);
  });

  test("one whose name or value is not known is as good as absent", () => {
    const present = compileHeaderMatcher({ ...NAME, test: { kind: "present", present: true } }, PHASE);
    for (const odd of [
      { name: undefined, value: "b" },
      { name: "a", value: undefined },
    ]) {
      assert.equal(present([odd]), false);
      assert.equal(exact("b")([odd]), false);
      assert.equal(exact("b")([odd, { name: "a", value: "b" }]), true);
    }
  });

  test("presence, inverted and of what is taken for empty", () => {
    const rows = [true, false].flatMap((present) =>
      [true, false].flatMap((invert) =>
        [true, false].flatMap((treatMissingAsEmpty) =>
          [true, false].map((isThere) => {
            const test = { kind: "present", present } as const;
            const matches = compileHeaderMatcher({ name: "a", invert, treatMissingAsEmpty, test }, PHASE);
            return matches(isThere ? [{ name: "a", value: "" }] : []);
          }),
        ),
      ),
    );
    const [yes, no] = [true, false];
    //  present: inverted [empty [there, not], not empty […]], not inverted […]; then the same for absent
    assert.deepEqual(rows, [no, no, no, yes, yes, yes, yes, no, yes, yes, yes, no, no, no, no, yes]);
  });
});

describe("a search in a body", () => {
  const whole = bytes("....needle....");

  test("sees no bytes around the chunk that it is given", () => {
    const search = new BodySearch([bytes("needle")], 0);
    search.push(whole.subarray(0, 7));
    search.push(whole.subarray(9, 14));
    assert.equal(search.isFound, false);
    const other = new BodySearch([bytes("needle")], 0);
    other.push(whole.subarray(4, 10));
    assert.equal(other.isFound, true);
  });

  test("its limit counts over chunks, and ends it", () => {
    for (const [limit, isFound] of [
      [9, false],
      [10, true],
    ] as const) {
      const search = new BodySearch([bytes("needle")], limit);
      for (const byte of whole) search.push(Uint8Array.of(byte));
      assert.deepEqual([search.isFound, search.isExhausted], [isFound, !isFound || limit === 10]);
    }
  });

  test("keeps no more than can begin a pattern, and nothing when all are found", () => {
    const search = new BodySearch([bytes("abcdef"), bytes("xy")], 0);
    const kept: number[] = [];
    for (const chunk of ["1", "22", "333", "x", "y", "abcde", "f", "more"]) {
      search.push(bytes(chunk));
      kept.push(search.bufferedBytes);
    }
    assert.deepEqual(kept, [1, 3, 5, 5, 5, 5, 0, 0]);
    assert.equal(search.isFound, true);
    const single = new BodySearch([bytes("a")], 0);
    single.push(bytes("bbb"));
    assert.equal(single.bufferedBytes, 0);
  });

  test("a pattern that is found is not looked for again, the others are", () => {
    const search = new BodySearch([bytes("one"), bytes("two"), bytes("three")], 0);
    for (const chunk of ["three o", "ne t", "w"]) search.push(bytes(chunk));
    assert.equal(search.isFound, false);
    search.push(bytes("o"));
    assert.equal(search.isFound, true);
  });
});

const CONNECTION: Connection = {
  id: 7n,
  transport: "tcp",
  local: { kind: "ip", address: "127.0.0.1", port: 443 },
  remote: { kind: "ip", address: "10.0.0.3", port: 50000 },
  role: "server",
};

describe("a stream", () => {
  test("that is decided is not asked for its exchange, nor for its bodies", () => {
    const matcher = new Matcher({ kind: "expression", text: "request.method == 'GET'" });
    const match = matcher.start(CONNECTION);
    match.onHeaders("request-headers", [{ name: ":method", value: "GET" }]);
    match.onEnd(() => assert.fail("it was decided"));
    assert.deepEqual([match.matches, match.mightChange], [true, false]);
    match.onHeaders("request-headers", [{ name: ":method", value: "PUT" }]);
    match.onOpen();
    assert.equal(match.matches, true);
  });

  test("without expressions has no exchange to show, whether its connection is known or not", () => {
    for (const connection of [undefined, CONNECTION]) {
      const match = new Matcher({ kind: "headers", phase: "response-headers", headers: [] }).start(connection);
      match.onOpen();
      match.onEnd(() => assert.fail("nobody asks"));
      assert.deepEqual([match.matches, match.mightChange], [false, true]);
    }
    assert.equal(new Matcher({ kind: "any" }).hasExpressions, false);
    assert.equal(new Matcher({ kind: "expression", text: "true" }).hasExpressions, true);
  });

  test("an expression that is none is a fault of the configuration", () => {
    assert.throws(() => new Matcher({ kind: "expression", text: "request.method ==" }), { code: "configuration" });
  });

  test("an expression without a connection is not decided", () => {
    const match = new Matcher({ kind: "expression", text: "request.method == 'GET'" }).start();
    match.onHeaders("request-headers", [{ name: ":method", value: "GET" }]);
    assert.deepEqual([match.matches, match.mightChange], [false, true]);
  });

  test("each of a predicate's bodies is searched by itself", () => {
    const body = (message: "request" | "response", pattern: string) =>
      ({ kind: "body", message, patterns: [bytes(pattern)], bytesLimit: 4 }) as const;
    const match = new Matcher({
      kind: "or",
      rules: [body("request", "ab"), { kind: "and", rules: [body("request", "cd"), body("response", "cd")] }],
    }).start();
    match.onBody("request", bytes("xxc"));
    match.onBody("response", bytes("cd"));
    assert.deepEqual([match.matches, match.mightChange], [false, true]);
    match.onBody("request", bytes("d"));
    assert.deepEqual([match.matches, match.mightChange], [true, false]);
  });
});

describe("what is shown of a stream before its end", () => {
  const show = (phase: HeaderPhase, headers: readonly Header[]) => {
    const viewer = new StreamViewer(CONNECTION);
    assert.equal(viewer.onHeaders(phase, headers), true);
    return viewer.exchange;
  };
  const view = (...headers: readonly (readonly [string, string])[]) => {
    const { request } = show(
      "request-headers",
      headers.map(([name, value]) => ({ name, value })),
    );
    const { method, target, scheme, authority } = request!;
    return { method, target, scheme, authority };
  };

  test("the request's parts, each where it is there", () => {
    assert.deepEqual(
      view([":method", "GET"], [":path", "/a"], [":scheme", "https"], [":authority", "h"], ["host", "i"]),
      {
        method: "GET",
        target: "/a",
        scheme: "https",
        authority: "h",
      },
    );
    assert.equal(view(["host", "i"]).authority, "i");
    assert.deepEqual(Object.keys(show("request-headers", []).request!).sort(), [
      "body",
      "headBytes",
      "headers",
      "started",
      "trailers",
    ]);
  });

  test("the response's status, where it is one, with the request", () => {
    const viewer = new StreamViewer(CONNECTION);
    viewer.onHeaders("request-headers", [{ name: ":method", value: "GET" }]);
    assert.deepEqual([viewer.phase, viewer.exchange.request!.method], ["request-headers", "GET"]);
    assert.equal(viewer.onHeaders("response-headers", [{ name: ":status", value: "204" }]), true);
    const { request, response } = viewer.exchange;
    assert.deepEqual([viewer.phase, request!.method, response!.status], ["response-headers", "GET", 204]);
    for (const headers of [[], [{ name: ":status", value: "many" }], [{ name: ":status", value: "2.5" }]]) {
      assert.equal("status" in show("response-headers", headers).response!, false);
    }
  });

  test("trailers show nothing new", () => {
    const viewer = new StreamViewer(CONNECTION);
    assert.equal(viewer.onHeaders("request-trailers", [{ name: "a", value: "b" }]), false);
    assert.equal(viewer.onHeaders("response-trailers", []), false);
  });
});
