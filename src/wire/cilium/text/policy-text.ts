import { jsonString } from "../go/json.ts";
import { hexNumber } from "../go/text.ts";
import type { PolicyVerdictNotify } from "../message/policy-verdict-notify.ts";
import { authTypeName, getPolicyActionString, policyMatchTypeName } from "../names/policy-names.ts";
import type { MessageBytes } from "./message-bytes.ts";
import { packetSummary } from "./packet-of-notify.ts";
import type { Printer } from "./printer.ts";

/** One line: who was asked about whom, what was said, and the connection. */
export function policyInfo(notify: PolicyVerdictNotify, message: MessageBytes, printer: Printer): string {
  const connection = packetSummary(notify, message, printer);
  const authentication = printer.atLeastV119 ? `, auth: ${authTypeName(notify.authType)}` : "";
  return (
    `Policy verdict log: flow ${hexNumber(notify.hash)} local EP ID ${printer.endpointText(notify.source)}` +
    `, remote ID ${printer.identityText(notify.remoteLabel)}, proto ${notify.proto}, ${policyDirection(notify)}` +
    `, action ${getPolicyActionString(notify.verdict, notify.isTrafficAudited())}${authentication}` +
    `, match ${policyMatchTypeName(notify.getPolicyMatchType(), printer.dialect)}, ${connection}\n`
  );
}

/** Tapline's own: Cilium prints the line above also where it prints JSON. */
export function policyJson(
  notify: PolicyVerdictNotify,
  message: MessageBytes,
  prefix: string,
  printer: Printer,
): string {
  const authentication = printer.atLeastV119 ? `,"auth":"${authTypeName(notify.authType)}"` : "";
  return (
    `{"cpu":"${prefix}","type":"policy-verdict","mark":"${hexNumber(notify.hash)}","source":${notify.source},"remoteLabel":${notify.remoteLabel}` +
    `,"proto":${notify.proto},"dstPort":${notify.dstPort},"direction":"${policyDirection(notify)}","verdict":${notify.verdict}` +
    `,"action":"${getPolicyActionString(notify.verdict, notify.isTrafficAudited())}"${authentication}` +
    `,"match":"${policyMatchTypeName(notify.getPolicyMatchType(), printer.dialect)}","bytes":${notify.origLen}` +
    `,"summary":${jsonString(packetSummary(notify, message, printer), printer.atLeastV119)}}\n`
  );
}

export function policyDirection(notify: PolicyVerdictNotify): "ingress" | "egress" {
  return notify.isTrafficIngress() ? "ingress" : "egress";
}
