export * from "./constants.ts";
export * from "./decode-frame.ts";
export { comparePreface, judgeFirstSettings } from "./direction-start.ts";
export { FrameFinder } from "./frame-finder.ts";
export type * from "./frame-handler.ts";
export * from "./frame-parser.ts";
