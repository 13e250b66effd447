export * from "./encode.ts";
export * from "./format.ts";
export * from "./trace.ts";
