import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { compileFilter } from "../filter/index.ts";
import { rowOf } from "../protocols/index.ts";

const grpc = (facts: { status?: number; statusName?: string }): NonNullable<ExchangeParts["exchange"]> => ({
  application: [{ name: "grpc", ...facts }],
});

const web = (more: Record<string, string>, kind = ""): ExchangeParts => ({
  responseHeaders: { "Content-Type": `application/grpc-web${kind}`, ...more },
});
const WEB = web({});

const CASES: readonly [what: string, parts: ExchangeParts, outcome: string | undefined][] = [
  ["200", {}, "ok"],
  ["101", { status: 101 }, "ok"],
  ["304", { status: 304 }, "redirect"],
  ["404", { status: 404 }, "client-error 404"],
  ["503", { status: 503 }, "error 503"],
  [
    "no response",
    { without: "response", exchange: { problems: ["request-without-response"] } },
    "none request-without-response",
  ],
  [
    "a stream above a GOAWAY's",
    { without: "response", exchange: { problems: ["goaway:NO_ERROR", "request-without-response"] } },
    "none goaway:NO_ERROR",
  ],
  [
    "a reset stream",
    { without: "response", exchange: { problems: ["reset:REFUSED_STREAM"] } },
    "error reset:REFUSED_STREAM",
  ],
  ["a response that was broken off", { exchange: { problems: ["reset:CANCEL"] } }, "error reset:CANCEL"],
  ["a stream that ended early without an error", { exchange: { problems: ["reset:NO_ERROR"] } }, "ok"],
  [
    "a reset connection",
    { without: "response", exchange: { problems: ["connection-reset"] } },
    "error connection-reset",
  ],
  ["gRPC's OK", { exchange: grpc({ status: 0, statusName: "OK" }) }, "ok"],
  ["gRPC's error inside a 200", { exchange: grpc({ status: 14, statusName: "UNAVAILABLE" }) }, "error UNAVAILABLE"],
  ["gRPC's status of no name", { exchange: grpc({ status: 99 }) }, "error grpc-status 99"],
  ["gRPC that ended without a status", { exchange: grpc({}) }, "error no-grpc-status"],
  ["gRPC that goes on", { exchange: { ...grpc({}), quality: "unfinished" } }, undefined],
  ["gRPC-Web, whose status is in its body, over HTTP/1", WEB, undefined],
  ["gRPC-Web, whose status is in its body, over HTTP/2", { ...WEB, exchange: grpc({}) }, undefined],
  ["gRPC-Web as text that ended with its head", web({ "grpc-status": "7" }, "-text"), "error PERMISSION_DENIED"],
  ["gRPC-Web that ended with its head", web({ "grpc-status": "0" }, "+proto"), "ok"],
  ["gRPC-Web that a proxy answered", { ...WEB, status: 502 }, "error 502"],
  ["gRPC that a proxy answered", { status: 502, exchange: grpc({}) }, "error 502"],
];

for (const [what, parts, wanted] of CASES)
  test(`what became of it: ${what}`, () => {
    const exchange = buildExchange(parts);
    const outcome = rowOf(exchange).outcome(exchange);
    assert.equal(outcome && [outcome.result, outcome.reason].filter(Boolean).join(" "), wanted);
    const isError = wanted !== undefined && /^(?:error|none)/.test(wanted);
    assert.equal(compileFilter("error").matches("exchange", exchange), isError);
    assert.equal(compileFilter("not error").matches("exchange", exchange), !isError);
  });

test("a status that a compression table hides tells nothing", () => {
  const exchange = buildExchange();
  const { status: _, ...response } = exchange.response!;
  assert.equal(rowOf(exchange).outcome({ ...exchange, response }), undefined);
});

test("the operation has no query, and is the call's name in gRPC", () => {
  const operations = [
    buildExchange({ method: "GET", target: "/cart?token=1" }),
    buildExchange({ method: "CONNECT", target: "example.com:443" }),
    buildExchange({ target: "/pkg.Greeter/SayHello", exchange: grpc({ status: 0 }) }),
    buildExchange({ without: "request" }),
  ].map((exchange) => rowOf(exchange).operation(exchange));
  assert.deepEqual(operations, ["GET /cart", "CONNECT example.com:443", "pkg.Greeter/SayHello", "- -"]);
});
