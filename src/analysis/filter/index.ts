export type { Attribute, SubjectKind, Subjects } from "./attributes/attribute.ts";
export { hasReached, type StreamPhase, type StreamView, viewConnection } from "./attributes/stream-phase.ts";
export { ATTRIBUTES, findAttribute, phaseOfAttributes } from "./attributes/table.ts";
export { bookFailures } from "./book-failures.ts";
export { DEFAULT_FILTER_LIMITS, type FilterLimits, filterLimits, setFilterLimits } from "./budget.ts";
export { type Explanation, formatExplanation } from "./explain.ts";
export { compileField, compileFilter, type Field, type Filter, type FilterFailures } from "./filter.ts";
export { compileGlob, compileRegularExpression, type RegularExpression } from "./regular-expression.ts";
export { formatField, formatLiteral, toJson, type Value, type ValueType } from "./value.ts";
