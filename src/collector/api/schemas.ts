import { z } from "zod";

/** Microseconds since the epoch, RFC 3339, or how long ago: `15m`, `7d`. */
export const moment = z
  .string()
  .max(40)
  .transform((text, context) => {
    const micros = readMoment(text, Date.now());
    if (micros !== undefined) return micros;
    context.addIssue({
      code: "custom",
      message: "a time is microseconds since the epoch, RFC 3339, or 15m, 2h, 7d ago",
    });
    return z.NEVER;
  });

const UNITS: Readonly<Record<string, number>> = { s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };

/** @param now milliseconds since the epoch */
export function readMoment(text: string, now: number): number | undefined {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return now * 1000 - Number(ago[1]) * UNITS[ago[2]!]!;
  const millis = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(millis) ? undefined : millis * 1000;
}

export const filter = z.string().max(8192).optional().describe("a filter in CEL or its short forms (docs/filter.md)");

export const range = {
  from: moment.optional().describe("event times from here on"),
  to: moment.optional().describe("event times before this"),
};

const outcomeCounts = z.array(z.number()).length(5).describe("ok, redirect, client-error, error, none");

export const progress = { isComplete: z.boolean(), scanned: z.number() };

export const listItem = z.looseObject({
  id: z.number(),
  time: z.number().describe("microseconds since the epoch"),
  kind: z.string(),
  protocol: z.string(),
  verb: z.string().optional(),
  host: z.string().optional(),
  target: z.string().optional(),
  status: z.string().optional(),
  type: z.string().optional(),
  requestBytes: z.number(),
  responseBytes: z.number(),
  duration: z.number().optional().describe("nanoseconds"),
  outcome: z.string().optional(),
  quality: z.string(),
  service: z.string().optional(),
  peer: z.string().optional(),
  route: z.string().optional(),
  traceId: z.string().optional(),
  connection: z.string(),
  isCounted: z.boolean(),
});

export const list = z.object({ ...progress, items: z.array(listItem), cursor: z.string().optional() });

const gap = z.object({ from: z.number(), to: z.number(), reason: z.enum(["no-source", "lost"]) });

export const series = z.object({
  ...progress,
  from: z.number(),
  width: z.number(),
  buckets: z.array(outcomeCounts),
  gaps: z.array(gap).optional().describe("of which not everything is known"),
});

const quantiles = { p50: z.number().optional(), p90: z.number().optional(), p99: z.number().optional() };

export const latency = z.object({ ...progress, count: z.number(), ...quantiles });

export const facets = z.object({
  ...progress,
  total: z.number(),
  facets: z.record(z.string(), z.array(z.object({ value: z.union([z.string(), z.number()]), count: z.number() }))),
});

export const services = z.object({
  routes: z.array(
    z.object({
      service: z.string(),
      method: z.string(),
      route: z.string(),
      counts: outcomeCounts,
      requestBytes: z.number(),
      responseBytes: z.number(),
      ...quantiles,
    }),
  ),
});

export const problem = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

/** One exchange: the document of schema/document.schema.json. */
export const exchange = z.object({
  id: z.number(),
  item: listItem,
  hidden: z.boolean().describe("bodies were left out: they need the role admin"),
  document: z.looseObject({ type: z.literal("exchange"), version: z.number() }),
});
