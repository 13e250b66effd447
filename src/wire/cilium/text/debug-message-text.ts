import { quote } from "../go/quote.ts";
import { swapUint16 } from "../go/read-native.ts";
import { hexNumber } from "../go/text.ts";
import type { DebugMsg } from "../message/debug-msg.ts";
import * as subtype from "../names/debug-subtypes.ts";
import { dropReason } from "../names/drop-reasons.ts";
import { errnoText } from "../names/errno.ts";
import type { Printer } from "./printer.ts";

/** The line of a debug message. */
export function debugLine(message: DebugMsg, prefix: string, printer: Printer): string {
  return `${prefix} MARK ${hexNumber(message.hash)} FROM ${printer.endpointText(message.source)} DEBUG: ${debugMessageText(message, printer)}\n`;
}

export function debugJson(message: DebugMsg, prefix: string, printer: Printer): string {
  return `{"cpu":"${prefix}","type":"debug","message":${quote(debugMessageText(message, printer))}}\n`;
}

type MessageText = (message: DebugMsg, printer: Printer) => string;

/** The text of a debug message. */
export function debugMessageText(message: DebugMsg, printer: Printer): string {
  const current = printer.atLeastV120 ? CURRENT_TEXTS[message.subType] : undefined;
  if (current !== undefined) return current(message, printer);
  const known = printer.atLeastV119 ? (LATER_TEXTS[message.subType] ?? TEXTS[message.subType]) : TEXTS[message.subType];
  return (
    known?.(message, printer) ?? `Unknown message type=${message.subType} arg1=${message.arg1} arg2=${message.arg2}`
  );
}

const backendSlot: MessageText = ({ arg1, arg2 }) =>
  `Service backend slot lookup: slot=${arg1}, dport=${swapUint16(arg2)}`;
const backendSlotFailed: MessageText = ({ arg1, arg2 }) =>
  `Service backend slot lookup failed: slot=${arg1}, dport=${swapUint16(arg2)}`;
const backendFailed: MessageText = ({ arg1 }) => `Backend service lookup failed: backend_id=${arg1}`;
const reverseNatLookup: MessageText = ({ arg1 }) => `Reverse NAT lookup, index=${swapUint16(arg1)}`;
const lookupSecond: MessageText = ({ arg1 }) => `Conntrack lookup 2/2: nexthdr=${arg1 >>> 8} flags=${arg1 & 0xff}`;
const lookupSecondLater: MessageText = ({ arg1, arg2, arg3 }) =>
  `Conntrack lookup 2/2: nexthdr=${arg1 >>> 8} flags=${arg1 & 0xff} dir=${arg2} scope=${arg3}`;

const TEXTS: Readonly<Record<number, MessageText>> = {
  [subtype.DbgGeneric]: ({ arg1, arg2 }) =>
    `No message, arg1=${arg1} (${hexNumber(arg1)}) arg2=${arg2} (${hexNumber(arg2)})`,
  [subtype.DbgLocalDelivery]: ({ arg1, arg2 }) =>
    `Attempting local delivery for container id ${arg1} from seclabel ${arg2}`,
  [subtype.DbgEncap]: ({ arg1, arg2 }) => `Encapsulating to node ${arg1} (${hexNumber(arg1)}) from seclabel ${arg2}`,
  [subtype.DbgLxcFound]: ({ arg1, arg2 }, printer) =>
    `Local container found ifindex ${printer.linkText(arg1)} seclabel ${swapUint16(arg2)}`,
  [subtype.DbgPolicyDenied]: ({ arg1, arg2 }) => `Policy evaluation would deny packet from ${arg1} to ${arg2}`,
  [subtype.DbgCtLookup]: ({ arg1, arg2 }) => `CT lookup: ${ctInfo(arg1, arg2)}`,
  [subtype.DbgCtLookupRev]: ({ arg1, arg2 }) => `CT reverse lookup: ${ctInfo(arg1, arg2)}`,
  [subtype.DbgCtMatch]: ({ arg1, arg2 }) => `CT entry found lifetime=${arg1}, ${revnat(arg2)}`,
  [subtype.DbgCtCreated]: ({ arg1, arg2, arg3 }) => `CT created 1/2: ${ctInfo(arg1, arg2)} ${revnat(arg3)}`,
  [subtype.DbgCtCreated2]: ({ arg1, arg2 }) => `CT created 2/2: ${ip4(arg1)} ${revnat(arg2)}`,
  [subtype.DbgIcmp6Handle]: ({ arg1 }) => `Handling ICMPv6 type=${arg1}`,
  [subtype.DbgIcmp6Request]: ({ arg1 }) => `ICMPv6 echo request for router offset=${arg1}`,
  [subtype.DbgIcmp6Ns]: ({ arg1, arg2 }) => `ICMPv6 neighbour soliciation for address ${hex(arg1)}:${hex(arg2)}`,
  [subtype.DbgIcmp6TimeExceeded]: () => "Sending ICMPv6 time exceeded",
  [subtype.DbgCtVerdict]: ({ arg1, arg2 }, printer) => `CT verdict: ${ctState(arg1, printer)}, ${revnat(arg2)}`,
  [subtype.DbgDecap]: ({ arg1, arg2 }) => `Tunnel decap: id=${arg1} flowlabel=${hex(arg2)}`,
  [subtype.DbgPortMap]: ({ arg1, arg2 }) => `Mapping port from=${arg1} to=${arg2}`,
  [subtype.DbgErrorRet]: ({ arg1, arg2 }) => `BPF function ${arg1} returned error ${arg2}`,
  [subtype.DbgToHost]: ({ arg1 }) => `Going to host, policy-skip=${arg1}`,
  [subtype.DbgToStack]: ({ arg1 }) => `Going to the stack, policy-skip=${arg1}`,
  [subtype.DbgPktHash]: ({ arg1, arg2 }) => `Packet hash=${arg1} (${hexNumber(arg1)}), selected_service=${arg2}`,
  [subtype.DbgLb6LookupMaster]: (message, printer) =>
    `${frontend(printer)} service lookup, addr.p4=${hex(message.arg1)} key.dport=${swapUint16(message.arg2)}`,
  [subtype.DbgLb6LookupMasterFail]: (message, printer) =>
    `${frontend(printer)} service lookup failed, addr.p2=${hex(message.arg1)} addr.p3=${hex(message.arg2)}`,
  [subtype.DbgLb6LookupBackendSlot]: backendSlot,
  [subtype.DbgLb6LookupBackendSlotSuccess]: ({ arg1, arg2 }) =>
    `Service backend slot lookup result: target.p4=${hex(arg1)} port=${swapUint16(arg2)}`,
  [subtype.DbgLb6LookupBackendSlotV2Fail]: backendSlotFailed,
  [subtype.DbgLb6LookupBackendFail]: backendFailed,
  [subtype.DbgLb6ReverseNatLookup]: reverseNatLookup,
  [subtype.DbgLb6ReverseNat]: ({ arg1, arg2 }) =>
    `Performing reverse NAT, address.p4=${hex(arg1)} port=${swapUint16(arg2)}`,
  [subtype.DbgLb4LookupMaster]: (message, printer) =>
    `${frontend(printer)} service lookup, addr=${ip4(message.arg1)} key.dport=${swapUint16(message.arg2)}`,
  [subtype.DbgLb4LookupMasterFail]: (_, printer) => `${frontend(printer)} service lookup failed`,
  [subtype.DbgLb4LookupBackendSlot]: backendSlot,
  [subtype.DbgLb4LookupBackendSlotSuccess]: ({ arg1, arg2 }) =>
    `Service backend slot lookup result: target=${ip4(arg1)} port=${swapUint16(arg2)}`,
  [subtype.DbgLb4LookupBackendSlotV2Fail]: backendSlotFailed,
  [subtype.DbgLb4LookupBackendFail]: backendFailed,
  [subtype.DbgLb4ReverseNatLookup]: reverseNatLookup,
  [subtype.DbgLb4ReverseNat]: ({ arg1, arg2 }) =>
    `Performing reverse NAT, address=${ip4(arg1)} port=${swapUint16(arg2)}`,
  [subtype.DbgLb4LoopbackSnat]: ({ arg1, arg2 }) => `Loopback SNAT from=${ip4(arg1)} to=${ip4(arg2)}`,
  [subtype.DbgLb4LoopbackSnatRev]: ({ arg1, arg2 }) => `Loopback reverse SNAT from=${ip4(arg1)} to=${ip4(arg2)}`,
  [subtype.DbgCtLookup4]: ({ arg1 }) => `CT lookup address: ${ip4(arg1)}`,
  [subtype.DbgRRBackendSlotSel]: ({ arg1, arg2 }) =>
    `RR backend slot selection hash=${arg1} (${hexNumber(arg1)}), selected_service=${arg2}`,
  [subtype.DbgRevProxyLookup]: ({ arg1, arg2, arg3 }) =>
    `Reverse proxy lookup ${proxyInfo(arg1, arg2)} nexthdr=${arg3}`,
  [subtype.DbgRevProxyFound]: ({ arg1, arg2 }) =>
    `Reverse proxy entry found, orig-daddr=${ip4(arg1)} orig-dport=${arg2}`,
  [subtype.DbgRevProxyUpdate]: ({ arg1, arg2, arg3 }) =>
    `Reverse proxy updated ${proxyInfo(arg1, arg2)} nexthdr=${arg3}`,
  [subtype.DbgL4Policy]: ({ arg1, arg2 }) =>
    `Resolved L4 policy to: ${swapUint16(arg1)} / ${["egress", "ingress"][arg2] ?? ""}`,
  [subtype.DbgNetdevInCluster]: ({ arg1 }) => `Destination is inside cluster prefix, source identity: ${arg1}`,
  [subtype.DbgNetdevEncap4]: ({ arg1, arg2 }) =>
    `Attempting encapsulation, lookup key: ${ip4(arg1)}, identity: ${arg2}`,
  [subtype.DbgCTLookup41]: (message) => `Conntrack lookup 1/2: ${addresses4(message)}`,
  [subtype.DbgCTLookup42]: lookupSecond,
  [subtype.DbgCTCreated4]: (message) => `Conntrack create: ${createInfo(message)} lb=${ip4(message.arg3)}`,
  [subtype.DbgCTLookup61]: (message) => `Conntrack lookup 1/2: ${addresses6(message)}`,
  [subtype.DbgCTLookup62]: lookupSecond,
  [subtype.DbgCTCreated6]: (message) => `Conntrack create: ${createInfo(message)}`,
  [subtype.DbgSkipProxy]: ({ arg1 }) => `Skipping proxy, tc_index is set=${hex(arg1)}`,
  [subtype.DbgL4Create]: ({ arg1, arg2, arg3 }) =>
    `Matched L4 policy; creating conntrack src=${arg1} dst=${arg2} dport=${swapUint16(arg3 >>> 16)} proto=${arg3 & 0xff}`,
  [subtype.DbgIPIDMapFailed4]: ({ arg1 }) => `Failed to map addr=${ip4(arg1)} to identity`,
  [subtype.DbgIPIDMapFailed6]: ({ arg1 }) => `Failed to map addr.p4=[::${ip6(arg1)}] to identity`,
  [subtype.DbgIPIDMapSucceed4]: ({ arg1, arg2 }) => `Successfully mapped addr=${ip4(arg1)} to identity=${arg2}`,
  [subtype.DbgIPIDMapSucceed6]: ({ arg1, arg2 }) => `Successfully mapped addr.p4=[::${ip6(arg1)}] to identity=${arg2}`,
  [subtype.DbgLbStaleCT]: ({ arg1, arg2 }) =>
    `Stale CT entry found stale_ct.rev_nat_id=${arg2}, svc.rev_nat_id=${arg1}`,
  [subtype.DbgInheritIdentity]: ({ arg1 }) => `Inheriting identity=${arg1} from stack`,
  [subtype.DbgSkLookup4]: (message) => `Socket lookup: ${addresses4(message)}`,
  [subtype.DbgSkLookup6]: (message) => `Socket lookup: ${addresses6(message)}`,
  [subtype.DbgSkAssign]: ({ arg1 }, printer) =>
    `Socket assign: ${arg1 === 0 ? "Success" : errnoText(arg1, printer.atLeastV119)}`,
};

/** Texts that differ in v1.20. */
const CURRENT_TEXTS: Readonly<Record<number, MessageText>> = {
  [subtype.DbgGeneric]: ({ arg1, arg2, arg3 }) =>
    `No message, arg1=${arg1} (${hexNumber(arg1)}) arg2=${arg2} (${hexNumber(arg2)}) arg3=${arg3} (${hexNumber(arg3)})`,
  [subtype.DbgIcmp6Ns]: ({ arg1, arg2 }) => `ICMPv6 neighbour solicitation for address ${hex(arg1)}:${hex(arg2)}`,
};

const LATER_TEXTS: Readonly<Record<number, MessageText>> = {
  [subtype.DbgCTLookup42]: lookupSecondLater,
  [subtype.DbgCTLookup62]: lookupSecondLater,
  [subtype.DbgL7LB]: ({ arg1, arg2, arg3 }) => `L7 LB from ${ip4(arg1)} to ${ip4(arg2)}: proxy port ${arg3}`,
  [subtype.DbgLb6LoopbackSnat]: ({ arg1, arg2 }) => `Loopback SNAT from.p4=${hex(arg1)} to.p4=${hex(arg2)}`,
  [subtype.DbgLb6LoopbackSnatRev]: ({ arg1, arg2 }) => `Loopback reverse SNAT from.p4=${hex(arg1)} to.p4=${hex(arg2)}`,
};

/** Messages that v1.11 renamed. */
function frontend(printer: Printer): string {
  return printer.atLeastV119 ? "Frontend" : "Master";
}

function hex(value: number): string {
  return value.toString(16);
}

/** An address as it stands in memory: the lowest byte first. */
function ip4(value: number): string {
  return `${value & 0xff}.${(value >>> 8) & 0xff}.${(value >>> 16) & 0xff}.${value >>> 24}`;
}

/** The last 32 bits of an address in network byte order. */
function ip6(value: number): string {
  return `${hex(swapUint16(value))}:${hex(swapUint16(value >>> 16))}`;
}

function revnat(value: number): string {
  return `revnat=${swapUint16(value)}`;
}

function ctInfo(ports: number, next: number): string {
  return `sport=${ports >>> 16} dport=${ports & 0xffff} nexthdr=${next >>> 8} flags=${ctFlags(next & 0xff)}`;
}

/** "IN" is the flag 0 and so is never shown. Where both are set, Go prints them in an order that changes. */
function ctFlags(flags: number): string {
  return [flags & 1 ? "OUT" : "", flags & 2 ? "RELATED" : ""].filter((name) => name !== "").join(", ");
}

function ctState(state: number, printer: Printer): string {
  return ["New", "Established", "Reply", "Related"][state] ?? dropReason(state & 0xff, printer.dialect);
}

function addresses4({ arg1, arg2, arg3 }: DebugMsg): string {
  return `src=${ip4(arg1)}:${arg3 & 0xffff} dst=${ip4(arg2)}:${arg3 >>> 16}`;
}

function addresses6({ arg1, arg2, arg3 }: DebugMsg): string {
  return `src=[::${ip6(arg1)}]:${arg3 & 0xffff} dst=[::${ip6(arg2)}]:${arg3 >>> 16}`;
}

function createInfo({ arg1, arg2 }: DebugMsg): string {
  return `proxy-port=${arg1 >>> 16} revnat=${swapUint16(arg1)} src-identity=${arg2}`;
}

function proxyInfo(ports: number, address: number): string {
  return `sport=${swapUint16(ports >>> 16)} dport=${swapUint16(ports)} saddr=${ip4(address)}`;
}
