import { spendSteps } from "../budget.ts";
import { checkInt, dynamicCompare } from "../dynamic/operations.ts";
import { type Dynamic, Uint } from "../dynamic/values.ts";
import { isListType, joinTypes, type ValueType } from "../value.ts";
import type { FilterFunction, FunctionTable, Parameter } from "./function.ts";

/** CEL's extension library `math`. */
export const MATH_FUNCTIONS: FunctionTable = {
  "math.greatest": extreme(1),
  "math.least": extreme(-1),
  "math.ceil": [ofDouble(Math.ceil)],
  "math.floor": [ofDouble(Math.floor)],
  "math.round": [ofDouble(roundAwayFromZero)],
  "math.trunc": [ofDouble(Math.trunc)],
  "math.isNaN": [test(Number.isNaN)],
  "math.isInf": [test((value) => !Number.isFinite(value) && !Number.isNaN(value))],
  "math.isFinite": [test(Number.isFinite)],
  "math.sqrt": [{ parameters: ["number"], result: "double", dynamic: (value: Dynamic) => Math.sqrt(toDouble(value)) }],
  "math.abs": [
    {
      parameters: ["number"],
      result: ([type]) => type!,
      dynamic: (value: Dynamic) =>
        typeof value === "bigint"
          ? checkInt(value < 0n ? -value : value)
          : typeof value === "number"
            ? Math.abs(value)
            : value,
    },
  ],
  "math.sign": [
    {
      parameters: ["number"],
      result: ([type]) => type!,
      dynamic: (value: Dynamic) => {
        if (typeof value === "number") return Math.sign(value) + 0;
        const sign = dynamicCompare(value, 0n)!;
        return value instanceof Uint ? new Uint(BigInt(sign)) : BigInt(sign);
      },
    },
  ],
  "math.bitAnd": bits((a, b) => a & b),
  "math.bitOr": bits((a, b) => a | b),
  "math.bitXor": bits((a, b) => a ^ b),
  "math.bitNot": [
    { parameters: ["int"], result: "int", dynamic: (value: bigint) => ~value },
    { parameters: ["uint"], result: "uint", dynamic: ({ value }: Uint) => new Uint(BigInt.asUintN(64, ~value)) },
  ],
  "math.bitShiftLeft": shifts((value, by) => value << by),
  "math.bitShiftRight": shifts((value, by) => BigInt.asUintN(64, value) >> by),
};

function extreme(wanted: 1 | -1): FilterFunction[] {
  const choose = ([first, ...rest]: readonly Dynamic[]): Dynamic | undefined => {
    spendSteps(rest.length >>> 2);
    let best = first;
    if (best === undefined || !isNumber(best)) return undefined;
    for (const value of rest) {
      const order = isNumber(value) ? dynamicCompare(value, best) : undefined;
      if (order === undefined) return undefined;
      if (Math.sign(order) === wanted) best = value;
    }
    return best;
  };
  const joined = (types: readonly ValueType[]): ValueType => types.reduce(joinTypes);
  return [
    { parameters: ["number"], repeated: true, result: joined, dynamic: (...values: Dynamic[]) => choose(values) },
    {
      parameters: ["list"],
      result: ([type]) => (isListType(type!) ? type.list : "dyn"),
      dynamic: (list: readonly Dynamic[]) => choose(list),
    },
  ];
}

function isNumber(value: Dynamic): boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Uint;
}

function ofDouble(call: (value: number) => number): FilterFunction {
  return { parameters: ["double"], result: "double", call };
}

function test(call: (value: number) => boolean): FilterFunction {
  return { parameters: ["double"], result: "bool", call };
}

function roundAwayFromZero(value: number): number {
  const size = Math.abs(value);
  if (!(size < 2 ** 52)) return value;
  const whole = Math.floor(size);
  return Math.sign(value) * (size - whole >= 0.5 ? whole + 1 : whole);
}

function toDouble(value: Dynamic): number {
  return Number(value instanceof Uint ? value.value : value);
}

function bits(call: (a: bigint, b: bigint) => bigint): FilterFunction[] {
  return [
    { parameters: ["int", "int"], result: "int", dynamic: call },
    {
      parameters: ["uint", "uint"],
      result: "uint",
      dynamic: (a: Uint, b: Uint) => new Uint(BigInt.asUintN(64, call(a.value, b.value))),
    },
  ];
}

/** Bits that fall out are lost; a shift by 64 or more gives 0. */
function shifts(call: (value: bigint, by: bigint) => bigint): FilterFunction[] {
  const shift = (value: bigint, by: bigint): bigint | undefined =>
    by < 0n ? undefined : by > 63n ? 0n : call(value, by);
  const second: Parameter = "int";
  return [
    {
      parameters: ["int", second],
      result: "int",
      dynamic: (value: bigint, by: bigint) => {
        const result = shift(value, by);
        return result === undefined ? undefined : BigInt.asIntN(64, result);
      },
    },
    {
      parameters: ["uint", second],
      result: "uint",
      dynamic: ({ value }: Uint, by: bigint) => {
        const result = shift(value, by);
        return result === undefined ? undefined : new Uint(BigInt.asUintN(64, result));
      },
    },
  ];
}
