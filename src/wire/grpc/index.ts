export * from "./message-parser.ts";
export * from "./status.ts";
