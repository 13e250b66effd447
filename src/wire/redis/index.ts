export type { AggregateType, LineType, RespHandler, StringType } from "./resp-handler.ts";
export type { RespParserOptions, RespProblem } from "./resp-options.ts";
export { RespParser } from "./resp-parser.ts";
export { splitInline } from "./split-inline.ts";
