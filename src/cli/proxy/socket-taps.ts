import type { ConnectionTap, Ledger, MemoryBudget } from "../../model/index.ts";
import type { TapRegistry } from "../../sink/admin/tap-registry.ts";
import type { TapSinks } from "../../sink/tap-sinks.ts";
import type { DownstreamTransportSocket, UpstreamTransportSocket } from "../../source/dial/transport-socket.ts";
import type { Counters } from "../../source/proxy/counters.ts";
import { nameTransportTapStatistic } from "../../source/proxy/statistic-names.ts";
import {
  type ActiveTap,
  Capture,
  type CaptureConfig,
  type CommonTapConfig,
  SocketTap,
  type SocketTapConfig,
} from "../../tap/index.ts";

export interface TapsOptions {
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly sinks: TapSinks;
  /** Taps that are asked for at run time. */
  readonly registry: TapRegistry;
}

/** The taps and captures that a transport socket is configured with, outermost first. */
export function createSocketTaps(
  socket: DownstreamTransportSocket | UpstreamTransportSocket,
  options: TapsOptions,
): readonly ConnectionTap[] {
  const taps: ConnectionTap[] = [];
  for (let current = socket; current.kind !== "raw" && current.kind !== "tls"; current = current.inner)
    if (current.kind === "tap") taps.push(createTap(current.config, options));
    else if (current.kind === "capture") taps.push(createCapture(current.config, options));
  return taps;
}

/** Supplies the configurations in force: the one of the file, or those that were posted to `/tap`. */
export function currentTaps(common: CommonTapConfig, { sinks, registry }: TapsOptions): () => readonly ActiveTap[] {
  if (common.kind === "admin") return () => registry.active(common.configId);
  const fixed = [sinks.activate(common.tap)];
  return () => fixed;
}

function createTap(config: SocketTapConfig, options: TapsOptions): ConnectionTap {
  const tap = new SocketTap({ ...options, current: currentTaps(config.common, options), socket: config });
  const { counters } = tap;
  const expose = (what: string, read: () => number) =>
    options.counters.expose(nameTransportTapStatistic(config.statsPrefix, what), read);
  expose("streamed_submit", () => counters.streamedSubmit);
  expose("buffered_submit", () => counters.bufferedSubmit);
  expose("cx_sampled_out", () => counters.sampledOut);
  return tap;
}

function createCapture(config: CaptureConfig, { sinks, ledger }: TapsOptions): ConnectionTap {
  return new Capture({ sink: sinks.createCapture(config), ledger });
}
