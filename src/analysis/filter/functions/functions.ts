import { COLLECTION_FUNCTIONS } from "./collection-functions.ts";
import { CONVERSIONS } from "./conversions.ts";
import type { FilterFunction } from "./function.ts";
import { MATH_FUNCTIONS } from "./math-functions.ts";
import { TEXT_FUNCTIONS } from "./text-functions.ts";
import { TIME_FUNCTIONS } from "./time-functions.ts";

/** Every function of the language by its name, `math.greatest` too; a name may have several forms, told apart by types. */
export const FUNCTIONS: ReadonlyMap<string, readonly FilterFunction[]> = new Map(
  [TEXT_FUNCTIONS, CONVERSIONS, MATH_FUNCTIONS, COLLECTION_FUNCTIONS, TIME_FUNCTIONS].flatMap(Object.entries),
);
