export * from "./message-handler.ts";
export { CONNECT, METHODS } from "./methods.ts";
export { Http1Parser, type Http1ParserOptions } from "./parser.ts";
