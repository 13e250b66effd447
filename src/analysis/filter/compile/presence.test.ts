import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import type { HttpExchange } from "../../../model/index.ts";
import { compileFilter } from "../index.ts";

const FULL = buildExchange({ method: "POST", status: 503, requestHeaders: { "x-user": "ann" } });
const EMPTY = { ...buildExchange({ method: "POST", status: 503 }), response: undefined } as unknown as HttpExchange;

/** The same two conditions in both orders: only the first order is joined to one look. */
const PAIRS = [
  ["has(response.code)", "response.code == 503"],
  ["has(response.code)", "response.code != 503"],
  ["has(response.code)", "response.code / 100 == 5"],
  ["has(response.code)", "response.code / 100 == 4"],
  ["has(response.code)", "response.code > 502"],
  ["has(response.code)", "response.code >= 504"],
  ["has(response.code)", "response.code < 504"],
  ["has(response.code)", "response.code <= 502"],
  ["has(request.headers['x-user'])", "request.headers['x-user'] == 'ann'"],
  ["has(request.headers['x-user'])", "request.headers['x-user'].startsWith('b')"],
  ["has(request.headers['x-user'])", "request.headers['x-other'] == 'ann'"],
  ["has(request.method)", "glob(request.method, 'P*')"],
  ["has(response.code)", "response.code % 0 == 1"],
  ["has(response.code)", "response.code / 0 == 1"],
  ["has(applications)", "'grpc' in applications"],
] as const;

describe("has(x) before a condition on x means what it means after it", () => {
  for (const [has, condition] of PAIRS)
    test(`${has} && ${condition}`, () => {
      for (const exchange of [FULL, EMPTY])
        for (const around of [
          (text: string) => text,
          (text: string) => `!(${text})`,
          (text: string) => `(${text}) || GET`,
        ]) {
          const [joined, apart] = [`${has} && ${condition}`, `${condition} && ${has}`].map((text) =>
            compileFilter(around(text)).evaluate("exchange", exchange),
          );
          assert.equal(joined, apart, around(`${has} && ${condition}`));
        }
    });
});

test("what is asked for and compared is looked at once", () => {
  let looks = 0;
  const counted = {
    ...FULL,
    get response() {
      looks++;
      return FULL.response;
    },
  } as HttpExchange;
  assert.equal(compileFilter("5xx").matches("exchange", counted), true);
  assert.equal(looks, 1);
});

test("of a stream that goes on, has(x) is not known before x may be", () => {
  const filter = compileFilter("!5xx");
  assert.equal(filter.evaluate("stream", { phase: "request-headers", exchange: EMPTY }), undefined);
  assert.equal(filter.evaluate("stream", { phase: "end", exchange: EMPTY }), true);
  assert.equal(filter.evaluate("stream", { phase: "end", exchange: FULL }), false);
});
