import {
  ASPECTS,
  type Aspect,
  type Difference,
  type Measure,
  type ShareMeasure,
} from "../../../analysis/comparison/difference.ts";
import { showMarks } from "../../../analysis/redaction/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { formatDuration, formatSize } from "../units.ts";

/** The differences of one aspect, as a table. */
export interface DifferenceTable {
  readonly title: string;
  readonly rows: readonly DifferenceRow[];
}

export interface DifferenceRow {
  /** The route, and what of it. */
  readonly subject: string;
  readonly a: string;
  readonly b: string;
  readonly change: string;
  readonly chance: string;
}

/** By aspect, in the order in which differences come; what many routes have in common is one row. */
export function tablesOf(differences: readonly Difference[]): DifferenceTable[] {
  const byAspect = new Map<Aspect, Difference[]>();
  for (const difference of differences) {
    const known = byAspect.get(difference.aspect);
    if (known === undefined) byAspect.set(difference.aspect, [difference]);
    else known.push(difference);
  }
  return [...byAspect].map(([aspect, all]) => ({ title: ASPECTS[aspect].title, rows: [...fold(all)].map(rowOf) }));
}

interface Folded {
  readonly first: Difference;
  readonly routes: number;
}

/** One row for the same header field, member or the like on several routes, changed in the same direction. */
function fold(differences: readonly Difference[]): Iterable<Folded> {
  const folded = new Map<string, { first: Difference; routes: number }>();
  for (const difference of differences) {
    const { aspect, key, name, ratio } = difference;
    const isCommon = FOLDED.has(aspect) && name !== undefined;
    const id = JSON.stringify(isCommon ? [aspect, name, ratio > 1] : [aspect, name, key]);
    const known = folded.get(id);
    if (known === undefined) folded.set(id, { first: difference, routes: 1 });
    else known.routes++;
  }
  return folded.values();
}

const FOLDED: ReadonlySet<Aspect> = new Set(["response-header", "request-header", "response-member", "request-member"]);

function rowOf({ first, routes }: Folded): DifferenceRow {
  const { key, name, aspect, a, b } = first;
  const route = key.map(showText).join("  ");
  const where = routes === 1 ? route : `${route} and ${routes - 1} more`;
  const parts =
    aspect === "latency-tail" ? [where, `> ${formatDuration(Number(name))}`] : [where, name && showText(name)];
  return {
    subject: parts.filter((part) => part !== undefined && part !== "").join("  ") || "all",
    a: showMeasure(a, aspect),
    b: showMeasure(b, aspect),
    change: showChange(first),
    chance: first.p <= 1e-6 ? "< 1e-6" : first.p.toPrecision(1),
  };
}

function showMeasure(measure: Measure, aspect: Aspect): string {
  if (!("unit" in measure)) return showShare(measure, aspect);
  const show = (value: number): string => {
    if (measure.unit === "nanoseconds") return formatDuration(value);
    return measure.unit === "bytes" ? formatSize(value) : String(Math.round(value));
  };
  return `p50 ${show(measure.p50)}, p90 ${show(measure.p90)}`;
}

function showShare({ count, of, mix }: ShareMeasure, aspect: Aspect): string {
  if (aspect === "status" && mix !== undefined) return showText(mix);
  const share = `${count} of ${of}`;
  return mix === undefined || count === 0 ? share : `${share}: ${showText(mix)}`;
}

/** `+20 %`, `× 3.4`, `new`, `gone`. */
function showChange({ ratio, interval }: Difference): string {
  if (ratio === Number.POSITIVE_INFINITY) return "new";
  if (ratio === 0) return "gone";
  const show = (value: number): string => {
    if (value >= 2) return `× ${value.toPrecision(2)}`;
    const percent = (value - 1) * 100;
    return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(Math.abs(percent) < 9.5 ? 1 : 0)} %`;
  };
  return interval === undefined ? show(ratio) : `${show(ratio)} (${show(interval.low)} to ${show(interval.high)})`;
}

function showText(text: string): string {
  return showMarks(escapeControl(text));
}
