export type { AggregateType, LineType, RespHandler, StringType } from "./resp-handler.ts";
export { RespParser, type RespParserOptions, type RespProblem } from "./resp-parser.ts";
export { splitInline } from "./split-inline.ts";
