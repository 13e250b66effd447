import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Value as ProtoValue } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import {
  getConformanceSuite,
  type IncrementalTest,
  type IncrementalTestSuite,
} from "@bufbuild/cel-spec/testdata/tests.js";
import { fromBinary } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { Variable } from "../src/analysis/filter/compile/compiled.ts";
import { toDynamic } from "../src/analysis/filter/dynamic/convert.ts";
import {
  type Dynamic,
  DynamicMap,
  Instant,
  Span,
  TypeValue,
  typeNameOf,
  Uint,
} from "../src/analysis/filter/dynamic/values.ts";
import { compileField } from "../src/analysis/filter/index.ts";
import { TaplineError } from "../src/model/index.ts";
import { buildExchange } from "./support/build-exchange.ts";

/**
 * CEL's own tests (cel-spec v0.25.1, `tests/simple/testdata`). What names a message of Protocol Buffers is left out: the
 * language has none. What differs is named here, with the reason.
 */
const DIFFERENT: Readonly<Record<string, string>> = {
  self_eval_container_lookup: "names are not looked up in a container",
  self_eval_container_lookup_unchecked: "names are not looked up in a container",
  indexof_out_of_range: "cel-go 0.26 gives -1 behind the end",
  lastindexof_out_of_range: "cel-go 0.26 gives -1 behind the end",
  function_result_type: "it needs a function that the test declares",
  multiple_parameters_generality: "it needs a function that the test declares",
  multiple_parameters_generality_2: "it needs a function that the test declares",
  multiple_parameters_parameterized_ovl: "it needs a function that the test declares",
  multiple_parameters_parameterized_ovl_2: "it needs a function that the test declares",
};

const MESSAGE =
  /TestAllTypes|GlobalEnum|NestedEnum|proto\.(has|get)Ext|google\.protobuf\.(?!(Timestamp|Duration)\b(?!\s*\{))|\b[A-Z]\w*\s*\{/;

const REFUSED = Symbol("refused");

const all = [...listTests(getConformanceSuite())];
const leftOut = all.filter(namesMessage);
const tried = all.filter((one) => !namesMessage(one));

describe("CEL's conformance tests", () => {
  for (const one of tried)
    if (DIFFERENT[one.original.name] === undefined)
      test(`${one.original.name}: ${one.original.expr.replace(/\s+/g, " ").slice(0, 80)}`, () => check(one));
});

test("only what names a message of Protocol Buffers is left out, and no more than what is known differs", () => {
  assert.equal(all.length, 2344);
  assert.equal(leftOut.length, 693);
  const different = tried.filter(({ original }) => DIFFERENT[original.name] !== undefined);
  assert.deepEqual(new Set(different.map(({ original }) => original.name)), new Set(Object.keys(DIFFERENT)));
  for (const one of different) assert.throws(() => check(one), one.original.name);
  assert.ok(different.length < tried.length * 0.05);
});

function* listTests({ suites, tests }: IncrementalTestSuite): Generator<IncrementalTest> {
  yield* tests;
  for (const suite of suites) yield* listTests(suite);
}

/** By its text, its variables or what it has to give: enums belong to messages too. */
function namesMessage({ original }: IncrementalTest): boolean {
  if (MESSAGE.test(original.expr)) return true;
  const values = [...Object.values(original.bindings).map(({ kind }) => kind.value as ProtoValue), wantedOf(original)];
  return (
    values.some((value) => value !== undefined && holdsMessage(value)) ||
    original.typeEnv.some((declared) =>
      JSON.stringify(declared, (_, value) => (typeof value === "bigint" ? `${value}` : value)).includes("TestAllTypes"),
    )
  );
}

function holdsMessage({ kind }: ProtoValue): boolean {
  switch (kind.case) {
    case "objectValue":
      return !/protobuf\.(?:Timestamp|Duration)$/.test(kind.value.typeUrl);
    case "enumValue":
      return true;
    case "listValue":
      return kind.value.values.some(holdsMessage);
    case "mapValue":
      return kind.value.entries.some(({ value }) => holdsMessage(value!));
    default:
      return false;
  }
}

function wantedOf({ resultMatcher }: IncrementalTest["original"]): ProtoValue | undefined {
  if (resultMatcher.case === "value") return resultMatcher.value;
  return resultMatcher.case === "typedResult" ? resultMatcher.value.result : undefined;
}

function check({ original }: IncrementalTest): void {
  const found = evaluate(original);
  if (original.resultMatcher.case === "evalError") assert.equal(found, undefined);
  else if (original.checkOnly) assert.notEqual(found, REFUSED);
  else {
    const proto = wantedOf(original);
    const wanted = proto === undefined ? true : fromProto(proto);
    assert.ok(found !== undefined && isSame(found as Dynamic, wanted), `${show(found)} instead of ${show(wanted)}`);
  }
}

function evaluate({
  expr,
  bindings,
  disableCheck,
  checkOnly,
}: IncrementalTest["original"]): Dynamic | symbol | undefined {
  const variables = new Map<string, Variable>();
  for (const [name, { kind }] of Object.entries(bindings))
    variables.set(name, { type: "dyn", value: fromProto(kind.value as ProtoValue) });
  try {
    const field = compileField(expr, { variables, isChecked: !disableCheck });
    const value = field.evaluate("exchange", buildExchange());
    assert.equal(field.failures.count, 0);
    return value === undefined ? undefined : toDynamic(value, field.type);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return checkOnly ? REFUSED : undefined;
  }
}

function fromProto({ kind }: ProtoValue): Dynamic {
  switch (kind.case) {
    case "uint64Value":
      return new Uint(kind.value);
    case "typeValue":
      return new TypeValue(kind.value);
    case "listValue":
      return kind.value.values.map(fromProto);
    case "mapValue": {
      const map = new DynamicMap();
      for (const { key, value } of kind.value.entries) map.add(fromProto(key!), fromProto(value!));
      return map;
    }
    case "objectValue": {
      const { typeUrl, value } = kind.value;
      const isTime = typeUrl.endsWith("Timestamp");
      const { seconds, nanos } = fromBinary(isTime ? TimestampSchema : DurationSchema, value);
      return isTime ? new Instant(Number(seconds), nanos) : new Span(seconds * 1_000_000_000n + BigInt(nanos));
    }
    case "nullValue":
      return null;
    case "enumValue":
    case undefined:
      throw new Error("a message");
    default:
      return kind.value;
  }
}

/** The same value of the same type. */
function isSame(a: Dynamic, b: Dynamic): boolean {
  if (typeNameOf(a) !== typeNameOf(b)) return false;
  if (typeof a !== "object" || a === null) return Object.is(a, b) || a === b;
  if (Array.isArray(a))
    return a.length === (b as Dynamic[]).length && a.every((item, i) => isSame(item, (b as Dynamic[])[i]!));
  if (a instanceof DynamicMap) {
    const other = b as DynamicMap;
    return (
      a.size === other.size &&
      [...a.entries()].every(([key, value]) => other.has(key) && isSame(value, other.get(key)!))
    );
  }
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
}
