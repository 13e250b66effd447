import { type Command, InvalidArgumentError, Option } from "commander";
import { type ClickHouseAddress, readClickHouseAddress } from "../collector/store/clickhouse/clickhouse-address.ts";
import { formatEndpoint, type IpEndpoint } from "../model/index.ts";
import { defineCopies } from "./collector/copy-store.ts";
import { type CollectorFlags, runCollector } from "./collector/run-collector.ts";
import { parseEndpoint, parseSize } from "./flags/option-values.ts";
import { defineOtlpFlags } from "./flags/otlp-flags.ts";
import { definePublishFlags } from "./flags/publish-flags.ts";
import { defineRedactFlags } from "./flags/redact-flags.ts";
import { defineSendFlags } from "./flags/send-flags.ts";

const on = (port: number): IpEndpoint => ({ kind: "ip", address: "127.0.0.1", port });

/** `tapline collector`: receives from every agent, keeps, answers, and serves the page. */
export function define(command: Command): void {
  command
    .addOption(endpoint("--listen <host:port>", "the page and /api/v1", on(9004)))
    .addOption(endpoint("--ingest <host:port>", "POST /publish, /api/telemetry", on(9000)))
    .addOption(endpoint("--grpc <host:port>", "gRPC: Envoy's TapSinkService, SkyWalking's Rover", on(11800)))
    .option("--data <folder>", "where exchanges are kept", "tapline-data")
    .addOption(
      new Option(
        "--store <address>",
        "keep them in a ClickHouse instead: clickhouse://[USER@]HOST[:PORT][/DATABASE]",
      ).argParser(parseStore),
    )
    .option("--spill-bytes <size>", "with --store: how much waits in --data while it is away", parseSize, 1024 ** 3)
    .addOption(new Option("--keep <time>", "how long: 12h, 7d").argParser(parseKeep).default(7 * DAY, "7d"))
    .option("--max-bytes <size>", "how much at most: 20G", parseSize, 20 * 1024 ** 3)
    .addOption(
      new Option("--keep-raw [time]", "also keep what comes unredacted, for administrators alone, so long")
        .argParser(parseKeep)
        .preset("1h"),
    )
    .option("--raw-max-bytes <size>", "how much of it at most", parseSize, 1024 ** 3)
    .option("--token <token>", "an administrator's, for the page (default: TAPLINE_TOKEN); off loopback one is needed")
    .option("--tokens <file>", "lines of a role (viewer, admin) and the SHA-256 of a token")
    .addOption(
      new Option(
        "--ingest-auth <how>",
        "who may send: token (--ingest-token, TAPLINE_INGEST_TOKEN), mtls (--tls-ca), or none; off loopback it has to be written out",
      ).choices(["token", "mtls", "none"]),
    )
    .option("--ingest-token <token>", "what senders carry: Authorization: Bearer, or X-Trace-Source-Token")
    .option("--tls-cert <file>", "--ingest and --grpc over TLS: the certificate, PEM")
    .option("--tls-key <file>", "its key: PEM")
    .option("--tls-ca <file>", "with --ingest-auth mtls: only senders whose certificate it signed, PEM")
    .option(
      "--hosts-to-trace <hosts>",
      "the answer to GET /api/hostsToTrace: host:port,…, *, or @FILE, read again when it changes",
      "*",
    )
    .option("--memory <size>", "bytes of what waits and is analysed", parseSize, 256 * 1024 ** 2);
  command.option(
    "--forward-oap <host:port>",
    "pass access logs and processes on to a SkyWalking OAP, too (gRPC)",
    parseEndpoint,
  );
  definePublishFlags(command);
  defineSendFlags(command);
  defineOtlpFlags(command);
  defineRedactFlags(command, "keep credentials that senders left in");
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline collector
  tapline collector --data /var/lib/tapline --keep 30d --max-bytes 200G
  tapline collector --listen 0.0.0.0:9004 --token "$(openssl rand -hex 16)"
  tapline collector --data /var/lib/tapline backup /mnt/backup/monday
  tapline collector --data /var/lib/tapline restore /mnt/backup/monday
  tapline collector --store clickhouse://tapline@clickhouse:8123/tapline --keep 90d
  tapline collector --publish http://apiclarity:9000 --publish-format apiclarity
  tapline collector --send grpc://central:11800 --spool spool --forward-oap oap:11800`,
    )
    .action((flags: CollectorFlags) => runCollector(flags));
  defineCopies(command);
}

const DAY = 24 * 3600 * 1000;

function endpoint(flag: string, what: string, by: IpEndpoint): Option {
  return new Option(flag, what).argParser(parseEndpoint).default(by, formatEndpoint(by));
}

function parseStore(text: string): ClickHouseAddress {
  return readClickHouseAddress(text);
}

/** Gives milliseconds. */
function parseKeep(text: string): number {
  const match = /^(\d{1,6})([mhd])$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new InvalidArgumentError("Expected a time, such as 12h or 7d.");
  return Number(match[1]) * { m: 60_000, h: 3_600_000, d: DAY }[match[2] as "m" | "h" | "d"];
}
