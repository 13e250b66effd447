export * from "./constants.ts";
export * from "./decode-frame.ts";
export { comparePreface } from "./direction-start.ts";
export type * from "./frame-handler.ts";
export * from "./frame-parser.ts";
