import { formatLabels } from "../../sink/admin/stats/format-statistics.ts";
import { DURATION_BOUNDS } from "../../sink/otlp/request-meter.ts";
import { type ExchangeRecord, summedColumns } from "../store/record/exchange-record.ts";

/** Services and outcomes that are told apart; those beyond are of the service `(other)`. */
const MAX_ROWS = 2000;

interface Row {
  readonly labels: Readonly<Record<string, string>>;
  readonly buckets: number[];
  count: number;
  timed: number;
  seconds: number;
}

/** Requests by service and outcome, and how long they took, since the collector was started. */
export class TrafficCounts {
  readonly #rows = new Map<string, Row>();

  add(record: ExchangeRecord): void {
    const { service, outcome, duration } = summedColumns(record);
    const row = this.#find(String(service ?? ""), String(outcome ?? "ok"));
    row.count++;
    if (typeof duration !== "number") return;
    const seconds = duration / 1e9;
    const bucket = DURATION_BOUNDS.findIndex((bound) => seconds <= bound);
    row.timed++;
    row.seconds += seconds;
    if (bucket >= 0) row.buckets[bucket]!++;
  }

  /** `tapline_requests_total` and `tapline_request_duration_seconds`, in Prometheus's text exposition format 0.0.4. */
  asPrometheus(): string {
    const rows = [...this.#rows.values()];
    if (rows.length === 0) return "";
    const totals = rows.map(({ labels, count }) => `tapline_requests_total{${formatLabels(labels)}} ${count}\n`);
    return `# TYPE tapline_requests_total counter
${totals.join("")}# TYPE tapline_request_duration_seconds histogram
${rows.map(histogramLines).join("")}`;
  }

  #find(service: string, outcome: string): Row {
    const known = this.#rows.get(`${outcome} ${service}`);
    if (known !== undefined) return known;
    const told = this.#rows.size < MAX_ROWS ? service : "(other)";
    const key = `${outcome} ${told}`;
    const buckets = new Array<number>(DURATION_BOUNDS.length).fill(0);
    const row = this.#rows.get(key) ?? { labels: { service: told, outcome }, buckets, count: 0, timed: 0, seconds: 0 };
    this.#rows.set(key, row);
    return row;
  }
}

function histogramLines({ labels, buckets, timed, seconds }: Row): string {
  const name = "tapline_request_duration_seconds";
  let sum = 0;
  const lines = buckets.map((count, index) => {
    sum += count;
    return `${name}_bucket{${formatLabels({ ...labels, le: String(DURATION_BOUNDS[index]) })}} ${sum}\n`;
  });
  const all = formatLabels({ ...labels, le: "+Inf" });
  const own = formatLabels(labels);
  return `${lines.join("")}${name}_bucket{${all}} ${timed}\n${name}_sum{${own}} ${seconds}\n${name}_count{${own}} ${timed}\n`;
}
