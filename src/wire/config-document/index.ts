export * from "./document.ts";
export * from "./message-reader.ts";
export * from "./parse-document.ts";
export { parseJsonValue } from "./parse-json-value.ts";
export { readString } from "./scalars.ts";
