export { type CaptureSourceOptions, type CaptureSummary, openCapture, readCapture } from "./capture-source.ts";
export { type Input, type OpenInputOptions, openInput } from "./input.ts";
