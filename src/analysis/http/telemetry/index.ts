export { fixHostName, type HostName } from "./fix-host-name.ts";
export { type FromTelemetryContext, fromTelemetry } from "./from-telemetry.ts";
export { toTelemetry } from "./to-telemetry.ts";
