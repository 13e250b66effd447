import type { Command } from "commander";
import { type Ledger, type Logger, type MemoryBudget, type Statistic, TaplineError } from "../../model/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";

/** The flags' values, as they were written. */
export interface OtlpFlags {
  otlp?: string;
}

export function defineOtlpFlags(command: Command): void {
  command.option(
    "--otlp <url>",
    "hand spans and metrics to an OpenTelemetry backend: http://HOST:4318 (OTEL_EXPORTER_OTLP_HEADERS)",
  );
}

/** The process that hands on. */
export interface OtlpEnvironment {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly logger: Logger;
  readonly statistics: () => readonly Statistic[];
}

/**
 * Undefined where none is named. Headers and certificates are read from OpenTelemetry's own variables
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). @throws TaplineError (`usage`)
 */
export async function createOtlp({ otlp }: OtlpFlags, { ledger, budget, logger, statistics }: OtlpEnvironment) {
  if (otlp === undefined) return undefined;
  const { OtlpSink } = await import("../../sink/otlp/otlp-sink.ts");
  const file = (name: string): Uint8Array | undefined => {
    const path = process.env[`OTEL_EXPORTER_OTLP_${name}`];
    return path === undefined || path === "" ? undefined : readWholeFile(path);
  };
  const [ca, certificate, key] = [file("CERTIFICATE"), file("CLIENT_CERTIFICATE"), file("CLIENT_KEY")];
  return new OtlpSink({
    url: otlp,
    headers: readHeaders(process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? ""),
    tls: { ...(ca && { ca }), ...(certificate && { certificate }), ...(key && { key }) },
    ledger,
    budget: budget.child(Math.floor(budget.limit / 8)),
    logger,
    statistics,
  });
}

/** `name=value,…`, values percent-encoded. */
function readHeaders(text: string): Record<string, string> {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  return Object.fromEntries(
    parts.map((part) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*([\x21-\x7e ]*?)\s*$/.exec(part) ?? [];
      if (name === undefined || value === undefined)
        throw new TaplineError("usage", "OTEL_EXPORTER_OTLP_HEADERS: name=value, separated by commas, is expected");
      return [name.toLowerCase(), decodeValue(value)];
    }),
  );
}

function decodeValue(value: string): string {
  try {
    const decoded = decodeURIComponent(value);
    return /^[\t\x20-\x7e]*$/.test(decoded) ? decoded : value;
  } catch {
    return value;
  }
}
