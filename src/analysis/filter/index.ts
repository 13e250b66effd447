export type { Attribute, SubjectKind, Subjects } from "./attribute.ts";
export { ATTRIBUTES, findAttribute } from "./attributes.ts";
export { type Explanation, formatExplanation } from "./explain.ts";
export { compileField, compileFilter, type Field, type Filter } from "./filter.ts";
export { compileGlob, compileRegularExpression, type RegularExpression } from "./regular-expression.ts";
export { hasReached, phaseOfAttributes, type StreamPhase, type StreamView, viewConnection } from "./stream-phase.ts";
export { formatField, formatLiteral, toJson, type Value, type ValueType } from "./value.ts";
