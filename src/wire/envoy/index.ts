export * from "./format.ts";
export * from "./trace.ts";
