import type { Endpoint } from "../../../model/index.ts";
import type { ConnectionInfo } from "../dissect/connection-info.ts";
import type { Names } from "../text/printer.ts";

export type FlowAttributes = Record<string, string | number | boolean>;

/** Pods (`NAMESPACE/POD`) and labels, where names are given for endpoints and identities. */
export function nameEnds(attributes: FlowAttributes, names: Names): void {
  for (const side of ["source", "destination"]) {
    const [endpoint, identity] = [attributes[`${side}.endpoint`], attributes[`${side}.identity`]];
    const pod = typeof endpoint === "number" && endpoint > 0 ? names.endpoint?.(endpoint) : undefined;
    const slash = pod?.indexOf("/") ?? -1;
    if (pod !== undefined && slash > 0) {
      attributes[`${side}.namespace`] = pod.slice(0, slash);
      attributes[`${side}.pod`] = pod.slice(slash + 1);
    }
    const labels = typeof identity === "number" ? names.identity?.(identity) : undefined;
    if (labels?.includes("=") === true) attributes[`${side}.labels`] ??= labels.replaceAll(",", " ");
  }
}

export function endpointMembers(info: ConnectionInfo): { source?: Endpoint; destination?: Endpoint } {
  if (info.srcIP === "") return {};
  return {
    source: { kind: "ip", address: info.srcIP, port: info.srcPort },
    destination: { kind: "ip", address: info.dstIP, port: info.dstPort },
  };
}

/** The transport in hubble's summary. */
export function describeTransport(info: ConnectionInfo, flags: string): string {
  switch (info.proto) {
    case "":
      return "";
    case "tcp":
      return `TCP Flags: ${flags}`;
    case "icmp":
      return `${info.srcIP.includes(":") ? "ICMPv6" : "ICMPv4"} ${info.icmpCode}`;
    case "vrrp":
      return `VRRP ${info.vrrpType} ${info.vrrpVrID} ${info.vrrpPriority}`;
    case "igmp":
      return `IGMP ${info.igmpType} ${info.igmpGroupAddress}`;
    default:
      return info.proto.toUpperCase();
  }
}
