import type { Redactor } from "../../analysis/redaction/index.ts";
import type { FilterModule, Metric, Metrics, Plugin, Replay } from "../../wasm-host/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import type { Style } from "../terminal/style.ts";
import { describeEvents, describeReplay, redactLogs, replayDocument } from "./describe-replay.ts";
import type { ReplayEvents } from "./replay-events.ts";

export interface ReplayOutputOptions {
  readonly format: "table" | "ndjson";
  readonly style: Style;
  /** Absent: credentials are shown. */
  readonly redactor: Redactor | undefined;
  readonly events: ReplayEvents;
  readonly write: (text: string) => void;
}

/** Prints a filter's facts and doings, for people or as documents of JSON, one a line. */
export class ReplayOutput {
  readonly #options: ReplayOutputOptions;
  #replays = 0;

  constructor(options: ReplayOutputOptions) {
    this.#options = options;
  }

  /** The module, once its configuration was taken, and what it did then. */
  started(filter: FilterModule, plugin: Plugin): void {
    const { format, style, events, redactor, write } = this.#options;
    const taken = events.take();
    const memory = plugin.machine.memory.size;
    if (format === "ndjson") {
      write(line({ filter: { abi: filter.abi, bytes: filter.size, memory }, ...summary(taken, redactor) }));
      return;
    }
    write(
      `${style.bold("filter")}  proxy-wasm ABI ${filter.abi}, ${filter.size} bytes; configured, ${memory / 1024} KiB of memory\n`,
    );
    for (const text of describeEvents(taken, style, redactor)) write(`  ${text}\n`);
  }

  /** The module did not start, or refused its configuration: what it logged says why. */
  refused(): void {
    const { format, style, events, redactor, write } = this.#options;
    const taken = events.take();
    if (format === "ndjson") write(line(summary(taken, redactor)));
    else for (const text of describeEvents(taken, style, redactor)) write(`${text}\n`);
  }

  readonly replayed = (replay: Replay): void => {
    const { format, events, redactor, write } = this.#options;
    const taken = events.take();
    this.#replays++;
    write(
      format === "ndjson"
        ? line(replayDocument(replay, taken, redactor))
        : describeReplay(replay, taken, this.#options),
    );
  };

  /** Its metrics, and what all of it cost. */
  ended({ machine }: Plugin, metrics: Metrics): void {
    const { format, style, write } = this.#options;
    const memory = machine.memory.size;
    if (format === "ndjson") {
      const values = Object.fromEntries(metrics.all.map(({ name, value }) => [name, Number(value)]));
      write(line({ metrics: values, micros: Math.round(machine.micros), memory }));
      return;
    }
    const told = metrics.all.filter(({ value, count }) => value !== 0n || count > 0);
    if (metrics.all.length > 0) write(`${style.bold("metrics")}${told.length === 0 ? "  all are 0" : ""}\n`);
    for (const metric of told) write(`  ${escapeControl(metric.name)}  ${describeMetric(metric)}\n`);
    const millis = machine.micros / 1000;
    const each = this.#replays === 0 ? "" : `, ${(millis / this.#replays).toFixed(3)} ms an exchange`;
    write(`${style.bold("cost")}  ${millis.toFixed(3)} ms in the filter${each}; ${memory / 1024} KiB of memory\n`);
  }
}

function describeMetric({ value, count }: Metric): string {
  return count > 0 ? `${value} (recorded ${count} times)` : String(value);
}

function summary({ calls, logs }: ReturnType<ReplayEvents["take"]>, redactor: Redactor | undefined): object {
  return {
    calls: calls.map(({ call, ...end }) => ({ cluster: call.cluster, ...end })),
    logs: redactLogs(logs, redactor),
  };
}

function line(document: object): string {
  return `${JSON.stringify(document)}\n`;
}
