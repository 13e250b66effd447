import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { toTelemetry } from "../../src/analysis/http/telemetry/index.ts";
import type { Endpoint, Header } from "../../src/model/index.ts";
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

const WORKLOAD = "upstream_host_metadata.filter_metadata.istio.workload";

describe("what the original filter sent of its inputs, this exporter sends too (compat, nothing redacted)", () => {
  for (const one of oracle.cases)
    for (const [form, format] of [
      ["A", "scn"],
      ["B", "apiclarity"],
    ] as const)
      test(`${one.name}, ${format}`, () => assert.deepEqual(exported(one, format), one[form].json));
});

function exported(one: OracleCase, format: TelemetryFormat): object {
  const options = { ...DEFAULT_TELEMETRY_OPTIONS, format, compat: true };
  return JSON.parse(writeTelemetry(toTelemetry(exchangeOf(one), options), format));
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
