import type { Dialect } from "../dialect.ts";

/** The first byte of a monitor message. Up to 128 they come from the datapath, from 129 on from the agent. */
export const MessageTypeUnspec = 0;
export const MessageTypeDrop = 1;
export const MessageTypeDebug = 2;
export const MessageTypeCapture = 3;
export const MessageTypeTrace = 4;
export const MessageTypePolicyVerdict = 5;
/** v1.10 to v1.18. */
export const MessageTypeRecCapture = 6;
/** v1.13 and later. */
export const MessageTypeTraceSock = 7;
export const MessageTypeAccessLog = 129;
export const MessageTypeAgent = 130;

export const MessageTypeNameDrop = "drop";
export const MessageTypeNameDebug = "debug";
export const MessageTypeNameCapture = "capture";
export const MessageTypeNameTrace = "trace";
export const MessageTypeNameL7 = "l7";
export const MessageTypeNameAgent = "agent";
export const MessageTypeNamePolicyVerdict = "policy-verdict";
export const MessageTypeNameRecCapture = "recorder";
export const MessageTypeNameTraceSock = "trace-sock";

/** Every type of every version. */
export const MessageTypeNames: Readonly<Record<string, number>> = {
  [MessageTypeNameAgent]: MessageTypeAgent,
  [MessageTypeNameCapture]: MessageTypeCapture,
  [MessageTypeNameDebug]: MessageTypeDebug,
  [MessageTypeNameDrop]: MessageTypeDrop,
  [MessageTypeNameL7]: MessageTypeAccessLog,
  [MessageTypeNamePolicyVerdict]: MessageTypePolicyVerdict,
  [MessageTypeNameRecCapture]: MessageTypeRecCapture,
  [MessageTypeNameTrace]: MessageTypeTrace,
  [MessageTypeNameTraceSock]: MessageTypeTraceSock,
};

const EARLY_NAMES: readonly string[] = [
  MessageTypeNameAgent,
  MessageTypeNameCapture,
  MessageTypeNameDebug,
  MessageTypeNameDrop,
  MessageTypeNameL7,
  MessageTypeNamePolicyVerdict,
  MessageTypeNameTrace,
];
const NAMES_OF: Readonly<Record<Dialect, readonly string[]>> = {
  "v1.9": EARLY_NAMES,
  "v1.19": [...EARLY_NAMES, MessageTypeNameTraceSock],
  "v1.20": [...EARLY_NAMES, MessageTypeNameTraceSock],
};

/** The names of the types a version knows, sorted. */
export function getAllTypes(dialect: Dialect = "v1.9"): readonly string[] {
  return NAMES_OF[dialect];
}

/** The name of a type, or its number. */
export function messageTypeName(type: number, dialect: Dialect = "v1.9"): string {
  return NAMES_OF[dialect].find((name) => MessageTypeNames[name] === type) ?? String(type);
}
