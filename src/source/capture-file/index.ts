export { type CaptureSourceOptions, type CaptureSummary, openCapture, readCapture } from "./capture-source.ts";
export { type Input, isPipe, type OpenInputOptions, openInput } from "./input.ts";
export { listFiles } from "./list-files.ts";
