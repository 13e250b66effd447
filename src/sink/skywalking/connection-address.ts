import type { Connection, LedgerReason } from "../../model/index.ts";
import type { ProcessIdentity } from "../../source/ebpf/rover/name-process.ts";

/** Who a process is; undefined where it is not reported. */
export type Identify = (pid: number) => ProcessIdentity | undefined;

export type LogAddress =
  | { readonly kind: "process"; readonly identity: ProcessIdentity; readonly port: number }
  | { readonly kind: "unknown"; readonly host: string; readonly port: number };

export interface LogAddresses {
  readonly local: LogAddress & { kind: "process" };
  readonly remote: LogAddress;
}

/**
 * Both ends of a connection as they are reported, or why it is not: `not-monitored`, `loopback`, `same-service`, `no-address`.
 * @param peer the process at the other end, where it is on this machine
 */
export function addressesOf(
  { local, remote }: Connection,
  pid: number,
  peer: number | undefined,
  identify: Identify,
): LogAddresses | LedgerReason {
  if (local?.kind !== "ip" || remote?.kind !== "ip" || remote.port === 0) return "no-address";
  if (isLoopback(remote.address)) return "loopback";
  const identity = identify(pid);
  if (identity === undefined) return "not-monitored";
  const other = peer === undefined ? undefined : identify(peer);
  if (other?.service === identity.service) return "same-service";
  return {
    local: { kind: "process", identity, port: local.port },
    remote:
      other === undefined
        ? { kind: "unknown", host: remote.address, port: remote.port }
        : { kind: "process", identity: other, port: remote.port },
  };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "0.0.0.0" || address === "::";
}
