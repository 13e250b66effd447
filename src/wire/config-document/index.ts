export * from "./document.ts";
export { attempt, collectFindings, FollowingError, noteWithoutEffect, readEach, reportRefusal } from "./findings.ts";
export * from "./message-reader.ts";
export * from "./parse-document.ts";
export { parseJsonValue } from "./parse-json-value.ts";
export { readString } from "./scalars.ts";
