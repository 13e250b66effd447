export { formatMark, isMark, showMarks } from "./mark.ts";
export { redactFlow } from "./redact-flow.ts";
export { Redactor, type RedactorOptions, type RedactorRecipe } from "./redactor.ts";
export { DEFAULT_RULES, type RedactionRules } from "./rules.ts";
export type { StreamRedaction } from "./stream-redaction.ts";
export { PERSONAL_CLASSES, type PersonalClass } from "./values/personal-values.ts";
