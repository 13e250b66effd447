import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseDocument } from "../../wire/config-document/index.ts";
import type { HeaderPhase } from "../config/match-predicate.ts";
import { readMatchPredicate } from "../config/read-match-predicate.ts";
import { BodySearch } from "./body-search.ts";
import { Matcher, type StreamMatch } from "./matcher.ts";

async function compile(text: string): Promise<Matcher> {
  return new Matcher(readMatchPredicate(await parseDocument(text), { watches: ["http"] }));
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const headersOf = (text: string) =>
  text === ""
    ? []
    : text.split("; ").map((line) => {
        const colon = line.indexOf(": ");
        return { name: line.slice(0, colon), value: line.slice(colon + 2) };
      });

/** The phases in HTTP's order, and the status (`true,false` is `m-`) before them and after each. */
const PHASES: readonly (HeaderPhase | "request-body" | "response-body")[] = [
  "request-headers",
  "request-body",
  "request-trailers",
  "response-headers",
  "response-body",
  "response-trailers",
];

function follow(match: StreamMatch, content: string): string[] {
  const status = () => `${match.matches ? "m" : "-"}${match.mightChange ? "?" : "!"}`;
  const seen = [status()];
  for (const phase of PHASES) {
    if (phase === "request-body") match.onBody("request", bytes(content));
    else if (phase === "response-body") match.onBody("response", bytes(content));
    else match.onHeaders(phase, headersOf(content));
    seen.push(status());
  }
  return seen;
}

describe("the status of a predicate through all phases", () => {
  const HEADERS = (phase: string) => `{ http_${phase}_match: { headers: [ { name: a, exact_match: b } ] } }`;
  const BODY = (message: string) =>
    `{ http_${message}_generic_body_match: { patterns: [ { string_match: "a: b" } ] } }`;
  //                                                          start rqh  rqb  rqt  rsh  rsb  rst
  const CASES: readonly (readonly [name: string, predicate: string, statuses: string])[] = [
    ["M1 any", "any_match: true", "m! m! m! m! m! m! m!"],
    ["M2 not any", "not_match: { any_match: true }", "-! -! -! -! -! -! -!"],
    [
      "M3 and of response headers",
      `and_match: { rules: [ { any_match: true }, ${HEADERS("response_headers")} ] }`,
      "-? -? -? -? m! m! m!",
    ],
    ["request headers", HEADERS("request_headers"), "-? m! m! m! m! m! m!"],
    ["request body", BODY("request"), "-? -? m! m! m! m! m!"],
    ["request trailers", HEADERS("request_trailers"), "-? -? -? m! m! m! m!"],
    ["response headers", HEADERS("response_headers"), "-? -? -? -? m! m! m!"],
    ["response body", BODY("response"), "-? -? -? -? -? m! m!"],
    ["response trailers", HEADERS("response_trailers"), "-? -? -? -? -? -? m!"],
    ["not of what is undetermined is true", `not_match: ${HEADERS("response_headers")}`, "m? m? m? m? -! -! -!"],
    [
      "or: once one is true it may not change, but another may",
      `or_match: { rules: [ ${HEADERS("request_headers")}, ${HEADERS("response_headers")} ] }`,
      "-? m? m? m? m! m! m!",
    ],
    ["no headers are asked for: true when the phase comes", "http_response_headers_match: {}", "-? -? -? -? m! m! m!"],
  ];
  for (const [name, predicate, statuses] of CASES)
    test(name, async () => assert.equal(follow((await compile(predicate)).start(), "a: b").join(" "), statuses));

  test("M3 and of response headers that do not match", async () => {
    const matcher = await compile(CASES[2]![1]);
    assert.equal(follow(matcher.start(), "a: c").join(" "), "-? -? -? -? -! -! -!");
  });
});

test("a connection shows nothing of HTTP", async () => {
  for (const [predicate, expected] of [
    ["any_match: true", true],
    ["http_request_headers_match: {}", false],
    ["not_match: { http_request_headers_match: {} }", true],
    ["and_match: { rules: [ { any_match: true }, { http_request_headers_match: {} } ] }", false],
    ["or_match: { rules: [ { any_match: true }, { http_request_headers_match: {} } ] }", true],
  ] as const)
    assert.equal((await compile(predicate)).matchesConnections, expected, predicate);
});

describe("header matchers", () => {
  const CASES: readonly (readonly [matcher: string, headers: string, expected: boolean])[] = [
    ["{ name: A, exact_match: b }", "a: b", true],
    ["{ name: a, exact_match: b }", "A: b", true],
    ["{ name: a, exact_match: b }", "a: B", false],
    ["{ name: a, exact_match: b }", "", false],
    ["{ name: a, exact_match: b, invert_match: true }", "a: c", true],
    ["{ name: a, exact_match: b, invert_match: true }", "", false],
    ["{ name: a, exact_match: b, invert_match: true, treat_missing_header_as_empty: true }", "", true],
    // Each value by itself, as Envoy 1.40 gave for the same rules (`x-a: foo`, `x-a: bar`).
    ["{ name: a, exact_match: 'foo,bar' }", "a: foo; x: y; a: bar", false],
    ["{ name: a, exact_match: foo }", "a: foo; x: y; a: bar", true],
    ["{ name: a, exact_match: bar }", "a: foo; x: y; a: bar", true],
    ["{ name: a, exact_match: foo, invert_match: true }", "a: foo; a: bar", false],
    ["{ name: a, exact_match: bar, invert_match: true }", "a: foo; a: bar", false],
    ["{ name: a, exact_match: zzz, invert_match: true }", "a: foo; a: bar", true],
    ["{ name: a, contains_match: 'o,b' }", "a: foo; a: bar", false],
    ["{ name: a, safe_regex_match: { regex: 'f.*r' } }", "a: foo; a: bar", false],
    ["{ name: a, range_match: { start: 1, end: 3 } }", "a: 5; a: 2", true],
    ["{ name: a, range_match: { start: 1, end: 3 }, invert_match: true }", "a: 5; a: 2", false],
    ["{ name: a, exact_match: '', invert_match: true }", "a: ", false],
    ["{ name: host, exact_match: svc.example }", ":authority: svc.example", true],
    ["{ name: Host, prefix_match: svc }", ":authority: svc.example", true],
    ["{ name: host, present_match: false }", ":authority: svc.example", false],
    ["{ name: a }", "a: anything", true],
    ["{ name: a }", "b: anything", false],
    ["{ name: a, invert_match: true }", "b: anything", true],
    ["{ name: a, present_match: true }", "a: 1", true],
    ["{ name: a, present_match: false }", "a: 1", false],
    ["{ name: a, present_match: false }", "", true],
    ["{ name: a, present_match: false, invert_match: true }", "", false],
    ["{ name: a, prefix_match: ab }", "a: abc", true],
    ["{ name: a, prefix_match: ab }", "a: xab", false],
    ["{ name: a, suffix_match: bc }", "a: abc", true],
    ["{ name: a, contains_match: b }", "a: abc", true],
    ["{ name: a, contains_match: b, invert_match: true }", "a: abc", false],
    ["{ name: a, safe_regex_match: { google_re2: {}, regex: 'b+' } }", "a: bbb", true],
    ["{ name: a, safe_regex_match: { regex: 'b+' } }", "a: abbb", false],
    ["{ name: a, regex_match: '\\d{3}' }", "a: 1234", false],
    ["{ name: a, regex_match: '(?i)GET|POST' }", "a: post", true],
    ["{ name: ':status', range_match: { start: 200, end: 300 } }", ":status: 200", true],
    ["{ name: ':status', range_match: { start: 200, end: 300 } }", ":status: 300", false],
    ["{ name: a, range_match: { start: -10, end: 0 } }", "a: -1", true],
    ["{ name: a, range_match: { start: -10, end: 0 }, invert_match: true }", "a: -1", false],
    ["{ name: a, range_match: { start: 0, end: 10 } }", "a: 5x", false],
    [
      "{ name: a, range_match: { start: 0, end: 10 }, treat_missing_header_as_empty: true, invert_match: true }",
      "",
      true,
    ],
    ["{ name: a, string_match: { exact: bAr, ignore_case: true } }", "a: BaR", true],
    ["{ name: a, string_match: { prefix: B, ignore_case: true } }", "a: bar", true],
    ["{ name: a, string_match: { suffix: R } }", "a: bar", false],
    ["{ name: a, string_match: { contains: A, ignore_case: true } }", "a: bar", true],
    ["{ name: a, string_match: { safe_regex: { regex: b.r } } }", "a: bar", true],
  ];
  for (const [matcher, headers, expected] of CASES)
    test(`${matcher} on ${JSON.stringify(headers)}`, async () => {
      const match = (await compile(`http_request_headers_match: { headers: [ ${matcher} ] }`)).start();
      match.onHeaders("request-headers", headersOf(headers));
      assert.equal(match.matches, expected);
    });

  test("host is :authority in requests alone", async () => {
    const match = (
      await compile("http_response_headers_match: { headers: [ { name: host, exact_match: a } ] }")
    ).start();
    match.onHeaders("response-headers", headersOf("host: a"));
    assert.equal(match.matches, true);
  });

  test("a regex that would make a backtracking engine run for ever", async () => {
    const matcher = await compile(
      "http_request_headers_match: { headers: [ { name: a, safe_regex_match: { regex: '(a+)+b' } } ] }",
    );
    const match = matcher.start();
    match.onHeaders("request-headers", [{ name: "a", value: "a".repeat(20_000) }]);
    assert.equal(match.matches, false);
  });

  test("all of them must match", async () => {
    const matcher = await compile("http_request_headers_match: { headers: [ { name: a }, { name: b } ] }");
    for (const [headers, expected] of [
      ["a: 1; b: 2", true],
      ["a: 1", false],
    ] as const) {
      const match = matcher.start();
      match.onHeaders("request-headers", headersOf(headers));
      assert.equal(match.matches, expected);
    }
  });
});

describe("M6 patterns in a body, with a limit", () => {
  const BODY = "Buffered data that holds several words, and: envoyproxy, proxy, envoy, end";
  const proxyEnd = BODY.indexOf("envoyproxy") + "envoyproxy".length;
  const CASES: readonly (readonly [patterns: string[], limit: number, expected: "found" | "exhausted" | "open"])[] = [
    [["envoyproxy"], 0, "found"],
    [["envoyproxy"], proxyEnd, "found"],
    [["envoyproxy"], proxyEnd - 1, "exhausted"],
    [["envoypro"], proxyEnd - 2, "found"],
    [["envoypro"], proxyEnd - 3, "exhausted"],
    [["proxy"], proxyEnd, "found"],
    [["proxy"], proxyEnd - 1, "exhausted"],
    [["envoy", "envoyproxy", "proxy"], proxyEnd, "found"],
    [["proxy", "proxy"], proxyEnd, "found"],
    [["envoyproxy", "voypro", "y"], proxyEnd, "found"],
    [["envoyproxy", "absent"], 0, "open"],
    [["envoyproxy", "absent"], 30, "exhausted"],
    [["end"], BODY.length, "found"],
    [["end"], 50_000_000, "found"],
    [["absent"], 50_000_000, "open"],
    [["B"], 1, "found"],
  ];
  for (const [patterns, limit, expected] of CASES)
    test(`${patterns.join(" and ")} within ${limit}`, () => {
      for (let split = 0; split <= BODY.length; split++) {
        for (const chunks of [
          [BODY.slice(0, split), BODY.slice(split)],
          [BODY.slice(0, split), BODY.slice(split, split + 1), BODY.slice(split + 1)],
        ]) {
          const search = new BodySearch(patterns.map(bytes), limit);
          for (const chunk of chunks) if (chunk !== "") search.push(bytes(chunk));
          const actual = search.isFound ? "found" : search.isExhausted ? "exhausted" : "open";
          assert.equal(actual, expected, `split at ${split}`);
        }
      }
    });

  test("byte by byte, and bytes that are no text", () => {
    const search = new BodySearch([Uint8Array.of(0xde, 0xad, 0xbe, 0xef), Uint8Array.of(0)], 0);
    for (const byte of [0xde, 0xde, 0xad, 0xbe, 0xbe, 0, 0xde, 0xad, 0xbe, 0xef]) {
      assert.equal(search.isFound, false);
      search.push(Uint8Array.of(byte));
    }
    assert.equal(search.isFound, true);
  });

  test("what begins again within a candidate is found (Envoy misses it)", () => {
    for (const chunks of [
      ["aa", "ab"],
      ["a", "a", "b"],
      ["aaa", "b"],
    ]) {
      const search = new BodySearch([bytes("aab")], 0);
      for (const chunk of chunks) search.push(bytes(chunk));
      assert.equal(search.isFound, true, chunks.join("|"));
    }
  });
});

test("M4 what is kept shrinks when the longest pattern is found", () => {
  const search = new BodySearch([bytes("envoyproxy"), bytes("abc")], 0);
  search.push(bytes("................"));
  assert.equal(search.bufferedBytes, 9);
  search.push(bytes("envoyproxy......"));
  assert.equal(search.bufferedBytes, 2);
  search.push(bytes("abc"));
  assert.equal(search.bufferedBytes, 0);
});

test("M7 every substring of a word, split anywhere, is found", () => {
  const word = "envoyproxy";
  for (let start = 0; start < word.length; start++)
    for (let end = start + 1; end <= word.length; end++)
      for (let split = 0; split <= word.length; split++) {
        const search = new BodySearch([bytes(word.slice(start, end))], 0);
        search.push(bytes(word.slice(0, split)));
        search.push(bytes(word.slice(split)));
        assert.equal(search.isFound, true, `${word.slice(start, end)} in ${word.slice(0, split)}|${word.slice(split)}`);
      }
});

test("M5 bad base64 is refused", async () => {
  await assert.rejects(compile("http_request_generic_body_match: { patterns: [ { binary_match: '4rdHFh%2' } ] }"), {
    code: "configuration",
  });
});

test("a body predicate sees its own message only, and no empty chunks", async () => {
  const matcher = await compile(
    "http_response_generic_body_match: { bytes_limit: 4, patterns: [ { string_match: word } ] }",
  );
  const match = matcher.start();
  match.onBody("request", bytes("word"));
  assert.deepEqual([match.matches, match.mightChange], [false, true]);
  match.onBody("response", new Uint8Array(0));
  match.onBody("response", bytes("wo"));
  match.onBody("response", bytes("rd"));
  assert.deepEqual([match.matches, match.mightChange], [true, false]);
});
