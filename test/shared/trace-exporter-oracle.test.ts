import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeContent } from "../../src/analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../src/analysis/content/present-exchange.ts";
import { toTelemetry } from "../../src/analysis/http/telemetry/index.ts";
import type { Redactor } from "../../src/analysis/redaction/index.ts";
import { createNodeRedactor } from "../../src/analysis/redaction/node-redactor.ts";
import type { HttpExchange } from "../../src/model/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, type TelemetryFormat, writeTelemetry } from "../../src/wire/telemetry/index.ts";
import { exchangeOfCase, type TelemetryCase } from "../support/telemetry-cases.ts";

/** An input of the original filter, and its report of it in both formats. */
interface OracleCase extends TelemetryCase {
  readonly name: string;
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

const TIMES = {
  start: BigInt(oracle.times["request.time"]!),
  duration: BigInt(oracle.times["request.duration"]!),
};

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
  const exchange = exchangeOfCase(one, oracle.defaultProps, TIMES);
  const shown = redactor === undefined ? exchange : presentExchange(exchange, { decode: decodeContent, redactor });
  return JSON.parse(writeTelemetry(toTelemetry(shown as HttpExchange, options), format));
}

function findDifferences(a: unknown, b: unknown, place = ""): string[] {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b ? [] : [place];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    findDifferences((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${place}.${key}`),
  );
}
