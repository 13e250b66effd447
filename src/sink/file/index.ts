export * from "./batch/file-executor.ts";
export * from "./batch/file-system.ts";
export * from "./file-per-tap-sink.ts";
export * from "./rolling-file.ts";
export * from "./trace-files.ts";
