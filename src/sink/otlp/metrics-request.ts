import { create, toBinary } from "@bufbuild/protobuf";
import type { Statistic } from "../../model/index.ts";
import {
  ExportMetricsServiceRequestSchema,
  HistogramDataPointSchema,
  type Metric,
  MetricSchema,
  NumberDataPointSchema,
  ResourceMetricsSchema,
} from "../../wire/otlp/gen/opentelemetry/metrics/metrics_service_pb.js";
import { keyValues, resourceOf, SCOPE } from "./exchange-span.ts";
import { DURATION_BOUNDS, type MeteredRow } from "./request-meter.ts";

/** `AGGREGATION_TEMPORALITY_CUMULATIVE` */
const CUMULATIVE = 2;

/** When something was counted: nanoseconds since the epoch. */
export interface CountedTime {
  readonly start: bigint;
  readonly now: bigint;
}

/**
 * `ExportMetricsServiceRequest`: how long requests took by service (`http.server.request.duration`, in seconds), and the process's own figures
 * as those of the service `tapline`.
 */
export function metricsRequest(
  rows: readonly MeteredRow[],
  statistics: readonly Statistic[],
  time: CountedTime,
): Uint8Array {
  const byService = Map.groupBy(rows, ({ service }) => service);
  const resources = [...byService].map(([service, of]) => resourceMetrics(service, [durations(of, time)]));
  if (statistics.length > 0) resources.push(resourceMetrics("tapline", figures(statistics, time)));
  return toBinary(
    ExportMetricsServiceRequestSchema,
    create(ExportMetricsServiceRequestSchema, { resourceMetrics: resources }),
  );
}

function resourceMetrics(service: string, metrics: Metric[]) {
  return create(ResourceMetricsSchema, { resource: resourceOf(service), scopeMetrics: [{ scope: SCOPE, metrics }] });
}

function durations(rows: readonly MeteredRow[], { start, now }: CountedTime): Metric {
  const dataPoints = rows.map(({ attributes, buckets, count, sum }) =>
    create(HistogramDataPointSchema, {
      startTimeUnixNano: start,
      timeUnixNano: now,
      count: BigInt(count),
      sum,
      bucketCounts: buckets.map(BigInt),
      explicitBounds: [...DURATION_BOUNDS],
      attributes: keyValues(attributes),
    }),
  );
  return create(MetricSchema, {
    name: "http.server.request.duration",
    description: "Duration of requests, as they were seen.",
    unit: "s",
    data: { case: "histogram", value: { dataPoints, aggregationTemporality: CUMULATIVE } },
  });
}

function figures(statistics: readonly Statistic[], { start, now }: CountedTime): Metric[] {
  return [...Map.groupBy(statistics, ({ family }) => family)].map(([name, of]) => {
    const dataPoints = of.map(({ labels, value }) =>
      create(NumberDataPointSchema, {
        startTimeUnixNano: start,
        timeUnixNano: now,
        asDouble: value,
        attributes: keyValues(new Map(Object.entries(labels))),
      }),
    );
    const isSum = of[0]!.kind === "counter";
    return create(MetricSchema, {
      name,
      data: isSum
        ? { case: "sum", value: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
        : { case: "gauge", value: { dataPoints } },
    });
  });
}
