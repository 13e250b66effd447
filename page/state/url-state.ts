/** The part of the page that its address holds: a link opens the same for a colleague. */
export interface UrlState {
  /** A file that was opened in the page, by its name; absent: the collector that served it. */
  readonly file?: string | undefined;
  readonly view: "exchanges" | "losses";
  readonly filter: string;
  /** `15m`, `1h`, …, or absolute microseconds `FROM-TO`. */
  readonly range: string;
  readonly selected?: number | undefined;
  readonly tab?: string;
  readonly columns?: string | undefined;
  readonly order?: string;
}

export const DEFAULTS: UrlState = { view: "exchanges", filter: "", range: "15m" };

export function readUrl(hash: string): UrlState {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const selected = Number(parameters.get("id") ?? Number.NaN);
  const text = (name: string): string | undefined => parameters.get(name) ?? undefined;
  return {
    view: parameters.get("view") === "losses" ? "losses" : "exchanges",
    filter: text("filter") ?? "",
    range: text("range") ?? DEFAULTS.range,
    ...(text("file") !== undefined && { file: text("file")! }),
    ...(Number.isSafeInteger(selected) && selected > 0 && { selected }),
    ...(text("tab") !== undefined && { tab: text("tab")! }),
    ...(text("columns") !== undefined && { columns: text("columns")! }),
    ...(text("order") !== undefined && { order: text("order")! }),
  };
}

export function writeUrl({ file, view, filter, range, selected, tab, columns, order }: UrlState): string {
  const parameters = new URLSearchParams();
  if (file !== undefined) parameters.set("file", file);
  if (view !== DEFAULTS.view) parameters.set("view", view);
  if (filter !== "") parameters.set("filter", filter);
  if (range !== DEFAULTS.range) parameters.set("range", range);
  if (order !== undefined && order !== "newest") parameters.set("order", order);
  if (columns !== undefined) parameters.set("columns", columns);
  if (selected !== undefined) parameters.set("id", String(selected));
  if (tab !== undefined && selected !== undefined) parameters.set("tab", tab);
  const text = parameters.toString();
  return text === "" ? "#" : `#${text}`;
}

/** Microseconds since the epoch. */
export function resolveRange(range: string, nowMillis: number): { from?: number; to?: number } {
  if (range === "all") return {};
  const ago = /^(\d+)([smhd])$/.exec(range);
  if (ago !== null)
    return {
      from: Math.floor(nowMillis * 1000 - Number(ago[1]) * { s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 }[ago[2] as "s"]!),
    };
  const fixed = /^(\d+)-(\d+)$/.exec(range);
  return fixed === null ? {} : { from: Number(fixed[1]), to: Number(fixed[2]) };
}

/** Whether its end is now. */
export function isLiveRange(range: string): boolean {
  return !/^\d+-\d+$/.test(range);
}
