export { fixHostName, type HostName } from "./fix-host-name.ts";
export { type FromTelemetryContext, fromTelemetry } from "./from-telemetry.ts";
export { addressOf, DEFAULT_TELEMETRY_OPTIONS, type TelemetryOptions, toTelemetry } from "./to-telemetry.ts";
