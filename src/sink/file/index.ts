export * from "./file-executor.ts";
export * from "./file-per-tap-sink.ts";
export * from "./file-system.ts";
export * from "./rolling-file.ts";
export * from "./trace-files.ts";
