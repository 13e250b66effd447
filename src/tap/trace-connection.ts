import type { Connection, Endpoint } from "../model/index.ts";
import type { TraceAddress, TraceConnection } from "../wire/envoy/index.ts";

/** A connection's addresses as a trace has them: `local` is missing as long as it is not known. */
export function toTraceConnection({ local, remote }: Connection): TraceConnection {
  return {
    ...(local === undefined ? {} : { localAddress: toTraceAddress(local) }),
    ...(remote === undefined ? {} : { remoteAddress: toTraceAddress(remote) }),
  };
}

function toTraceAddress(endpoint: Endpoint): TraceAddress {
  return endpoint.kind === "pipe"
    ? { kind: "pipe", path: endpoint.path }
    : { kind: "socket", address: endpoint.address, portValue: endpoint.port };
}
