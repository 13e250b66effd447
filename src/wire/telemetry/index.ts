export { readTelemetry, type TelemetryFault, type TelemetryReading } from "./read-telemetry.ts";
export * from "./telemetry.ts";
export * from "./telemetry-options.ts";
export { writeTelemetry } from "./write-telemetry.ts";
