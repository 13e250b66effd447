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
const STATISTICS: Readonly<Record<string, string>> = {
  "http,tree": "request.method,response.code",
  "http_req,tree": "request.host,request.path",
  "io,stat": "protocol",
  "conv,tcp": "source.address,source.port,destination.address,destination.port",
};
/** As many groups as there are. */
const ALL = 5000;

/**
 * The sums that are asked for; undefined where each exchange is printed.
 * @param statistic `-z`, where that names one of tshark's statistics
 * @throws TaplineError (`usage`)
 */
export function readSummaryFlags(
  { summary, by, top }: SummaryCommandFlags,
  statistic: string | undefined,
): SummaryFlags | undefined {
  const asked = statistic === undefined ? undefined : readStatistic(statistic);
  if (summary !== true && asked === undefined) {
    if (by !== undefined || top !== undefined) throw new TaplineError("usage", "--by and --top go with --summary");
    return undefined;
  }
  if (by === undefined && asked?.interval !== undefined)
    return { top: top ?? ALL, sort: "key", interval: asked.interval };
  const groups = by ?? asked?.by;
  return { top: top ?? DEFAULT_TOP, sort: "requests", ...(groups !== undefined && { by: groups }) };
}

/** Undefined where it is another of `-z`; an interval of 0 is all the time. @throws TaplineError (`usage`) */
function readStatistic(text: string): { readonly by: string; readonly interval?: number } | undefined {
  const [layer, kind, ...rest] = text.split(",");
  const name = `${layer},${kind}`;
  const by = STATISTICS[name];
  if (by === undefined) return undefined;
  const interval = name === "io,stat" ? Number(rest.shift() ?? 0) : 0;
  if (!(interval >= 0 && interval <= LONGEST))
    throw new TaplineError("usage", `-z ${text}: an interval is a number of seconds`, { hint: "-z io,stat,60" });
  if (rest.length > 0 && rest.join(",") !== "")
    throw new TaplineError("usage", `-z ${text}: ${name} takes no filter here`, {
      hint: `-z ${[name, ...(interval === 0 ? [] : [interval])].join(",")} -Y '${rest.join(",")}' sums up what matches`,
    });
  return interval === 0 ? { by } : { by, interval };
}

/** Seconds: a year. */
const LONGEST = 366 * 86_400;
