export { formatMark, isMark, showMarks } from "./mark.ts";
export { Redactor, type RedactorOptions } from "./redactor.ts";
export { DEFAULT_RULES, type RedactionRules } from "./rules.ts";
