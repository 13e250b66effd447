import { goJsonValue } from "../go/json-value.ts";

/** The fields of a Go struct, in its order: `Name` is our `name`, but for those that are named here. */
export type GoFields = readonly string[];

const HEAD = ["Type", "SubType", "Source", "Hash"];
const CAPTURED = [...HEAD, "OrigLen", "CapLen"];
const VERSIONED = [...CAPTURED, "Version", "ExtVersion"];
const TRACE_HEAD = ["Type", "ObsPoint", "Source", "Hash", "OrigLen", "CapLen", "Version"];
const TRACE_TAIL = ["SrcLabel", "DstLabel", "DstID", "Reason", "Flags", "Ifindex", "OrigIP"];
const VERDICT = ["RemoteLabel", "Verdict", "DstPort", "Proto", "Flags"];

export const EARLY_TRACE: GoFields = [...TRACE_HEAD, ...TRACE_TAIL];
export const LATER_TRACE: GoFields = [...TRACE_HEAD, "ExtVersion", ...TRACE_TAIL, "IPTraceID"];
export const EARLY_DROP: GoFields = [...CAPTURED, "SrcLabel", "DstLabel", "DstID", "Unused"];
export const LATER_DROP: GoFields = [
  ...VERSIONED,
  "SrcLabel",
  "DstLabel",
  "DstID",
  "Line",
  "File",
  "ExtError",
  "Ifindex",
  "Flags",
  "IPTraceID",
];
export const EARLY_POLICY: GoFields = [...CAPTURED, "Version", ...VERDICT, "Pad1"];
export const LATER_POLICY: GoFields = [...VERSIONED, ...VERDICT, "AuthType", "Cookie"];
export const EARLY_CAPTURE: GoFields = [...HEAD, "Len", "OrigLen", "Arg1", "Arg2"];
export const LATER_CAPTURE: GoFields = [...HEAD, "OrigLen", "Len", "Version", "ExtVersion", "Arg1", "Arg2"];
export const DEBUG: GoFields = [...HEAD, "Arg1", "Arg2", "Arg3"];

/** Go's JSON of a message, with the fields that its version has. */
export function goJsonOf(message: object, fields: GoFields): unknown {
  const members = message as Readonly<Record<string, unknown>>;
  return goJsonValue(
    Object.fromEntries(
      fields.map((name) => {
        const value = members[keyOf(name)];
        // An array of bytes, unlike a slice of them, is a list of numbers.
        return [name, value instanceof Uint8Array ? [...value] : value];
      }),
    ),
  );
}

/** The name of a Go field here: in TypeScript's case. */
export function keyOf(name: string): string {
  if (name === "IPTraceID") return "ipTraceID";
  return name[0]!.toLowerCase() + name.slice(1);
}
