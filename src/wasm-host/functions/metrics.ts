import { MetricKind, Status } from "../abi.ts";
import type { Guest } from "../context.ts";

export const METRIC_FUNCTIONS = {
  proxy_define_metric(guest: Guest, kind: number, name: number, size: number, number: number): number {
    const defined = guest.services.metrics.define(kind >>> 0, guest.memory.text(name, size));
    if (defined === undefined) return Status.BadArgument;
    guest.memory.writeUint32(number, defined);
    return Status.Ok;
  },

  proxy_increment_metric(guest: Guest, number: number, by: bigint): number {
    const metric = guest.services.metrics.at(number >>> 0);
    if (metric === undefined) return Status.NotFound;
    if (metric.kind === MetricKind.Histogram || (metric.kind === MetricKind.Counter && by < 0n))
      return Status.BadArgument;
    metric.value += by;
    return Status.Ok;
  },

  proxy_record_metric(guest: Guest, number: number, value: bigint): number {
    const metric = guest.services.metrics.at(number >>> 0);
    if (metric === undefined) return Status.NotFound;
    if (metric.kind === MetricKind.Counter) return Status.BadArgument;
    const unsigned = BigInt.asUintN(64, value);
    metric.value = metric.kind === MetricKind.Gauge ? unsigned : metric.value + unsigned;
    metric.count++;
    return Status.Ok;
  },

  proxy_get_metric(guest: Guest, number: number, value: number): number {
    const metric = guest.services.metrics.at(number >>> 0);
    if (metric === undefined) return Status.NotFound;
    if (metric.kind === MetricKind.Histogram) return Status.BadArgument;
    guest.memory.writeUint64(value, BigInt.asUintN(64, metric.value));
    return Status.Ok;
  },
};
