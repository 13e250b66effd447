import { TaplineError } from "../../model/index.ts";
import type { ReadFlags } from "./read-flags.ts";

/**
 * Refuses flags that say nothing about what is shown: ignored, they would give an answer to another question.
 *
 * @param sum what asks for a sum, as it was written (`-z io,stat`)
 * @throws TaplineError (`usage`)
 */
export function refuseOtherViews(flags: ReadFlags, sum = "--summary"): void {
  const view = viewOf(flags);
  for (const { name, isGiven, views, hint } of FLAGS) {
    if (views.has(view) || !isGiven(flags)) continue;
    const hinted = hint?.(view);
    throw new TaplineError("usage", `${name(flags)} ${REFUSALS[view]({ flags, sum })}`, {
      ...(hinted !== undefined && { hint: hinted }),
    });
  }
}

/**
 * Refuses other outputs where what moved on connections is shown: no exchanges are made there, and they would stay empty.
 * @throws TaplineError (`usage`)
 */
export function refuseOutputs(flags: ReadFlags): void {
  const view = viewOf(flags);
  if (view !== "events" && view !== "bytes") return;
  throw new TaplineError("usage", `what is written, sent or kept ${REFUSALS[view]({ flags, sum: "" })}`, {
    hint: `leave out ${view === "events" ? "--events" : "-z"}`,
  });
}

/** `bytes` are one connection's; `list` is every form of exchanges one by one. */
type View = "list" | "fields" | "sum" | "events" | "bytes";

function viewOf({ summaryOf, follow, events, type }: ReadFlags): View {
  if (summaryOf !== undefined) return "sum";
  if (follow !== undefined) return /^\s*follow\s*,\s*(?:http2?|tls)\b/.test(follow) ? "list" : "bytes";
  if (events === true) return "events";
  return type === "fields" ? "fields" : "list";
}

const REFUSALS: Readonly<Record<View, (asked: { readonly flags: ReadFlags; readonly sum: string }) => string>> = {
  list: () => "says how -T fields prints, and that is not there",
  fields: () => "does not go with -T fields: that prints what -e names",
  sum: ({ sum }) => `is of single exchanges, and ${sum} sums them up`,
  events: () => "does not go with --events: that shows what moved on connections",
  bytes: ({ flags: { follow } }) => `does not go with -z ${follow}: that shows the bytes of one connection`,
};

interface ViewFlag {
  readonly name: (flags: ReadFlags) => string;
  readonly isGiven: (flags: ReadFlags) => boolean;
  readonly views: ReadonlySet<View>;
  readonly hint?: (view: View) => string | undefined;
}

function flag(
  name: string | ((flags: ReadFlags) => string),
  isGiven: ViewFlag["isGiven"],
  views: readonly View[],
  hint?: ViewFlag["hint"],
): ViewFlag {
  return {
    name: typeof name === "string" ? () => name : name,
    isGiven,
    views: new Set(views),
    ...(hint && { hint }),
  };
}

const forBytes = (view: View): string | undefined =>
  view === "bytes" ? "-z follow,http,ascii,ID shows its exchanges" : undefined;

/** Each flag that some view has no use for. What chooses a view stands before what is of one. */
const FLAGS: readonly ViewFlag[] = [
  flag("-T", ({ type }) => type !== undefined, ["fields", "list"]),
  flag("-w", ({ write }) => write !== undefined, ["list", "fields", "events", "bytes"]),
  flag("--events", ({ events }) => events !== undefined, ["events"]),
  flag("-z", ({ follow }) => follow !== undefined, ["bytes", "list"]),
  flag(
    "-e",
    ({ field }) => field.length > 0,
    ["fields"],
    (view) => (view === "list" ? "-T fields -e request.path -e response.code" : undefined),
  ),
  flag(
    "-E",
    ({ fieldOption }) => fieldOption.length > 0,
    ["fields"],
    (view) => (view === "list" ? "-T fields -e request.path -E header=y; titles of the table: --header" : undefined),
  ),
  flag("-Y", ({ filter }) => filter !== undefined, ["list", "fields", "sum", "events"], forBytes),
  flag(
    ({ output }) => `-o ${output}`,
    ({ output }) => output !== "table",
    ["list", "sum", "events"],
    (view) => (view === "fields" ? "-E separator=, -E quote=d, or -o csv --columns" : forBytes(view)),
  ),
  flag(
    "--columns",
    ({ columns }) => columns !== undefined,
    ["list"],
    (view) =>
      view === "fields" ? "-e names what is printed" : view === "sum" ? "--by names what to group by" : forBytes(view),
  ),
  flag("--header", ({ header }) => header !== undefined, ["list", "fields"]),
  flag("-v", ({ verbose }) => verbose > 0, ["list"], forBytes),
  flag("--explain", ({ explain }) => explain !== undefined, ["list"]),
  flag(
    "--sort",
    ({ sort }) => sort !== undefined,
    ["list", "fields"],
    (view) => (view === "sum" ? "tapline summary has a --sort for groups" : forBytes(view)),
  ),
  flag("--since", ({ since }) => since !== undefined, ["list", "fields", "sum"], forBytes),
  flag("--until", ({ until }) => until !== undefined, ["list", "fields", "sum"], forBytes),
  flag(
    "--last",
    ({ last }) => last !== undefined,
    ["list", "fields"],
    (view) =>
      view === "sum" ? "--since TIME, or --last 10m -o ndjson into a pipe: | tapline summary -" : forBytes(view),
  ),
  flag("--trace", ({ trace }) => trace !== undefined, ["list", "fields", "sum"], forBytes),
  flag("-c", ({ count }) => count !== undefined, ["list", "fields", "sum", "events"], forBytes),
];
