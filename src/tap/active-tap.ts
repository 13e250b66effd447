import type { FilterFailures } from "../analysis/filter/index.ts";
import type { TapConfig } from "./config/tap-config.ts";
import { Matcher } from "./match/matcher.ts";
import { TraceRedactor } from "./trace-redactor.ts";
import { TraceSampler } from "./trace-sampler.ts";
import type { TraceSink } from "./trace-sink.ts";

/** A tap configuration that is in force, and where its traces go. */
export class ActiveTap {
  readonly config: TapConfig;
  readonly sink: TraceSink;
  readonly matcher: Matcher;
  /** Whether its rule is true for connections, as far as it has no expressions: nothing about one can change that. */
  readonly matchesConnections: boolean;
  readonly sampler: TraceSampler;
  readonly redactor: TraceRedactor | undefined;

  /** @param onFilterFailure called where an expression of its rule goes beyond the limits */
  constructor(config: TapConfig, sink: TraceSink, onFilterFailure?: (failures: FilterFailures) => void) {
    this.config = config;
    this.sink = sink;
    this.matcher = new Matcher(config.match, onFilterFailure);
    this.matchesConnections = this.matcher.matchesConnections;
    this.sampler = new TraceSampler(config);
    this.redactor = config.redaction === undefined ? undefined : new TraceRedactor(config.redaction);
  }
}
