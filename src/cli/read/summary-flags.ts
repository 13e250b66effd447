import { TaplineError } from "../../model/index.ts";
import type { SummaryFlags } from "./read-flags.ts";

/** Flags of `read` that sum up. */
export interface SummaryCommandFlags {
  readonly summary?: true;
  readonly by?: string;
  readonly top?: number;
}

export const DEFAULT_TOP = 20;

/** tshark's statistics (`-z`), by what they group by: absent where they are of all. */
const STATISTICS: readonly (readonly [form: RegExp, by: string])[] = [
  [/^http,tree(?:,|$)/, "request.method,response.code"],
  [/^http_req,tree(?:,|$)/, "request.host,request.path"],
  [/^io,stat(?:,|$)/, "protocol"],
  [/^conv,tcp(?:,|$)/, "source.address,destination.address"],
];

/**
 * The sums that are asked for; undefined where each exchange is printed.
 * @param statistic `-z`, where that names one of tshark's statistics
 * @throws TaplineError (`usage`)
 */
export function readSummaryFlags(
  { summary, by, top }: SummaryCommandFlags,
  statistic: string | undefined,
): SummaryFlags | undefined {
  const found = STATISTICS.find(([form]) => form.test(statistic ?? ""));
  if (summary !== true && found === undefined) {
    if (by !== undefined || top !== undefined) throw new TaplineError("usage", "--by and --top go with --summary");
    return undefined;
  }
  const groups = by ?? found?.[1];
  return { top: top ?? DEFAULT_TOP, sort: "requests", ...(groups !== undefined && { by: groups }) };
}
