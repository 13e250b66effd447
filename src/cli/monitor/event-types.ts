import { TaplineError } from "../../model/index.ts";
import { dropReason, MessageTypeNames, policyMatchTypeName, traceObservationPoint } from "../../wire/cilium/index.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";

/** `-t TYPE[:SUBTYPE]`, taken apart. */
export interface AskedType {
  readonly type: string;
  readonly subtype: string | undefined;
}

export function splitType(text: string): AskedType {
  const colon = text.indexOf(":");
  return colon < 0
    ? { type: text, subtype: undefined }
    : { type: text.slice(0, colon), subtype: text.slice(colon + 1).trim() };
}

/**
 * The filter (CEL) for the types that have a subtype, which leaves all other types through; undefined where none has one. A type
 * that is asked for without one, too, is shown whole.
 * @throws TaplineError `usage`
 */
export function subtypeFilterOf(asked: readonly AskedType[]): string | undefined {
  const whole = new Set(asked.flatMap(({ type, subtype }) => (subtype === undefined ? [type] : [])));
  const conditions = new Map<string, string[]>();
  for (const { type, subtype } of asked) {
    if (subtype === undefined) continue;
    const row = Object.hasOwn(SUBTYPES, type) ? SUBTYPES[type] : undefined;
    if (row === undefined) {
      if (!Object.hasOwn(MessageTypeNames, type)) continue;
      throw new TaplineError("usage", `-t ${type}:${subtype}: events of type ${type} have no subtypes`, {
        hint: `${Object.keys(SUBTYPES).join(", ")} have`,
      });
    }
    const condition = row.condition(subtype);
    if (condition === undefined) {
      const known = row.known();
      const near = suggestName(subtype.toLowerCase(), known);
      throw new TaplineError("usage", `-t ${type}:${subtype}: there is no such subtype`, {
        hint: near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${type}:${near}?`,
      });
    }
    conditions.set(type, [...(conditions.get(type) ?? []), condition]);
  }
  const parts = [...conditions]
    .filter(([type]) => !whole.has(type))
    .map(([type, some]) => `(flow.kind != '${SUBTYPES[type]!.kind}' || ${some.join(" || ")})`);
  return parts.length === 0 ? undefined : parts.join(" && ");
}

interface SubtypeRow {
  /** The kind of flow. */
  readonly kind: string;
  /** The filter for one subtype; undefined where there is no such. */
  readonly condition: (subtype: string) => string | undefined;
  readonly known: () => readonly string[];
}

const SUBTYPES: Readonly<Record<string, SubtypeRow>> = {
  trace: {
    kind: "trace",
    known: () => POINTS,
    condition: (subtype) => {
      const name = /^\d+$/.test(subtype) ? POINTS[Number(subtype)] : subtype.toLowerCase();
      return name !== undefined && POINTS.includes(name) ? `(has(trace.point) && trace.point == '${name}')` : undefined;
    },
  },
  drop: {
    kind: "drop",
    known: () => [...REASONS.keys()],
    condition: (subtype) => {
      const code = /^\d{1,3}$/.test(subtype) ? Number(subtype) : REASONS.get(plainName(subtype));
      return code === undefined ? undefined : `(has(drop.code) && drop.code == ${code})`;
    },
  },
  "policy-verdict": {
    kind: "policy",
    known: () => [...MATCHES.keys()],
    condition: (subtype) => {
      const match = MATCHES.get(subtype.toLowerCase());
      return match === undefined ? undefined : `(has(policy.match) && policy.match == '${match}')`;
    },
  },
  l7: {
    kind: "l7",
    known: () => ["http", "dns", "kafka"],
    condition: (subtype) =>
      ["http", "dns", "kafka"].includes(subtype.toLowerCase())
        ? `(has(l7.protocol) && l7.protocol == '${subtype.toLowerCase()}')`
        : undefined,
  },
};

const POINTS: readonly string[] = Array.from({ length: 14 }, (_, point) => traceObservationPoint(point, "v1.20"));
/** Codes by name: `policy-denied`. */
const REASONS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 256 }, (_, code) => [plainName(dropReason(code, "v1.20")), code] as const).filter(([name]) =>
    /^[a-z]/.test(name),
  ),
);
const MATCHES: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 7 }, (_, type) => policyMatchTypeName(type, "v1.20")).map((name) => [name.toLowerCase(), name]),
);

/** As Hubble writes it in its enumeration, too: `POLICY_DENIED`. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
