import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeContent } from "../../src/analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../src/analysis/content/present-exchange.ts";
import { toTelemetry } from "../../src/analysis/http/telemetry/index.ts";
import type { Redactor } from "../../src/analysis/redaction/index.ts";
import { createNodeRedactor } from "../../src/analysis/redaction/node-redactor.ts";
import type { Endpoint, Header, HttpExchange } from "../../src/model/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, type TelemetryFormat, writeTelemetry } from "../../src/wire/telemetry/index.ts";
import { buildBody, buildExchange } from "../support/build-exchange.ts";

/** An input of the original filter, and its report of it in both formats. */
interface OracleCase {
  readonly name: string;
  readonly req: readonly [string, string][];
  readonly reqBody?: readonly string[];
  readonly res: readonly [string, string][];
  readonly resBody?: readonly string[];
  readonly props?: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
  readonly A: { readonly json: object };
  readonly B: { readonly json: object };
}

const ORACLE = new URL("../../../shared/fixtures/trace-exporter/oracle.json", import.meta.url);
const oracle: {
  times: Record<string, string>;
  defaultProps: Record<string, string>;
  cases: OracleCase[];
} = JSON.parse(readFileSync(ORACLE, "utf8").replace(/("request\.(?:time|duration)": ?)(\d+)/g, '$1"$2"'));

const FORMS = [
  ["A", "scn"],
  ["B", "apiclarity"],
] as const;

const WORKLOAD = "upstream_host_metadata.filter_metadata.istio.workload";

describe("what the original filter sent of its inputs, this exporter sends too (compat, nothing redacted)", () => {
  for (const one of oracle.cases)
    for (const [form, format] of FORMS)
      test(`${one.name}, ${format}`, () => assert.deepEqual(exported(one, format), one[form].json));
});

/** The differences that redaction makes, by case and place; everything else is as the original sent it. */
const REDACTED: Readonly<Record<string, readonly string[]>> = {
  basic: ["headers.1.1", "headers.2.1", "headers.1.value", "headers.2.value"],
};

describe("with redaction, nothing but what the table says is different", () => {
  const redactor = createNodeRedactor();
  for (const one of oracle.cases)
    for (const [form, format] of FORMS)
      test(`${one.name}, ${format}`, () => {
        const places = findDifferences(exported(one, format, redactor), one[form].json);
        for (const place of places) {
          const known = (REDACTED[one.name] ?? []).some((end) => place.endsWith(`.${end}`));
          assert.ok(known && /response/.test(place), `${place} is different`);
        }
        assert.equal(places.length, one.name === "basic" ? 2 : 0);
      });
});

function exported(one: OracleCase, format: TelemetryFormat, redactor?: Redactor): object {
  const options = { ...DEFAULT_TELEMETRY_OPTIONS, format, compat: true };
  const exchange = exchangeOf(one);
  const shown = redactor === undefined ? exchange : presentExchange(exchange, { decode: decodeContent, redactor });
  return JSON.parse(writeTelemetry(toTelemetry(shown as HttpExchange, options), format));
}

function findDifferences(a: unknown, b: unknown, place = ""): string[] {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b ? [] : [place];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    findDifferences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${place}.${key}`),
  );
}

function exchangeOf({ req, reqBody, res, resBody, props = {}, drop = [] }: OracleCase) {
  const plain = buildExchange();
  const known = { ...oracle.defaultProps, ...props };
  for (const name of drop) delete known[name];
  const find = (headers: readonly [string, string][], name: string) => headers.find(([key]) => key === name)?.[1];
  const body = (chunks: readonly string[] = []) =>
    buildBody(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "base64"))));
  const workload = known[WORKLOAD]?.split(";") ?? [];
  const namespace = workload.length === 4 || workload.length === 5 ? workload[1] : undefined;
  const authority = find(req, ":authority");
  const start = BigInt(oracle.times["request.time"]!);
  const end = start + BigInt(oracle.times["request.duration"]!);
  const { authority: _, ...request } = plain.request!;
  return {
    ...plain,
    protocol: "h2",
    connection: {
      ...plain.connection,
      local: splitAddress(known["destination.address"]),
      remote: splitAddress(known["source.address"]),
      ...(namespace !== undefined && { namespace }),
    },
    request: {
      ...request,
      method: find(req, ":method") ?? "",
      target: find(req, ":path") ?? "",
      ...(authority !== undefined && { authority }),
      headers: toHeaders(req),
      body: body(reqBody),
    },
    response: {
      ...plain.response!,
      status: Number(find(res, ":status")),
      headers: toHeaders(res),
      body: body(resBody),
    },
    times: { requestStart: toTime(start), responseEnd: toTime(end) },
  };
}

function splitAddress(text: string | undefined): Endpoint | undefined {
  const [address, port] = text?.split(":") ?? [];
  return address === undefined ? undefined : { kind: "ip", address, port: Number(port) };
}

function toHeaders(pairs: readonly [string, string][]): Header[] {
  return pairs.map(([name, value]) => ({ name, value }));
}

function toTime(nanos: bigint) {
  return { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };
}
