export * from "./decoder.ts";
export { STATIC_TABLE } from "./static-table.ts";
