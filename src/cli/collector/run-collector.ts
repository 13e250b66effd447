import { join } from "node:path";
import { pageFolder } from "../../collector/api/page-folder.ts";
import { OapRelay } from "../../collector/forward/oap-relay.ts";
import { GrpcServer } from "../../collector/grpc/grpc-server.ts";
import { receiveReports } from "../../collector/ingest/receive-reports.ts";
import { Collector } from "../../collector/server/collector.ts";
import { type ClickHouseAddress, formatClickHouse } from "../../collector/store/clickhouse/clickhouse-address.ts";
import type { ExchangeStore } from "../../collector/store/exchange-store.ts";
import { RawKeeper } from "../../collector/store/raw-keeper.ts";
import { SqliteStore } from "../../collector/store/sqlite-store.ts";
import { formatEndpoint, type IpEndpoint, Ledger, type Logger, MemoryBudget } from "../../model/index.ts";
import { collectLedgerStatistics, collectMemoryStatistics } from "../../sink/admin/stats/process-statistics.ts";
import { createOapClient } from "../../sink/skywalking/oap-client.ts";
import { openHostList } from "../../source/receive-traces/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { createRedactor } from "../flags/create-redactor.ts";
import { createOtlp, type OtlpFlags } from "../flags/otlp-flags.ts";
import { createPublishing, type PublishFlags } from "../flags/publish-flags.ts";
import type { RedactFlags } from "../flags/redact-flags.ts";
import { loadSending, type SendFlags } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";
import { type IngestAccessFlags, readIngestAccess } from "./ingest-access.ts";

export interface CollectorFlags extends RedactFlags, IngestAccessFlags, PublishFlags, SendFlags, OtlpFlags {
  listen: IpEndpoint;
  data: string;
  store?: ClickHouseAddress;
  spillBytes: number;
  /** Milliseconds. */
  keep: number;
  maxBytes: number;
  /** Milliseconds. */
  keepRaw?: number;
  rawMaxBytes: number;
  token?: string;
  tokens?: string;
  hostsToTrace: string;
  forwardOap?: IpEndpoint;
  memory: number;
}

/** Runs until a signal ends it; then what was taken is kept. Sets the exit code. @throws TaplineError */
export async function runCollector(flags: CollectorFlags): Promise<void> {
  const { token, tls } = readIngestAccess(flags);
  const logger = createLogger("info");
  // Before anything is made: a wrong flag leaves nothing behind.
  const redactor = createRedactor(flags);
  const hosts = openHostList("--hosts-to-trace", flags.hostsToTrace, logger);
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory);
  const words = new LastWords({ ledger, books: "used", budgets: [budget] });
  const send = await loadSending(flags, (text) => logger.warn({}, text));
  const publishing = await createPublishing(flags, { ledger, budget, mode: "live" });
  const statistics = () => [...collectLedgerStatistics(ledger), ...collectMemoryStatistics(budget)];
  const otlp = await createOtlp(flags, { ledger, budget, logger, statistics });
  const relay = createRelay(flags.forwardOap, { ledger, budget, logger });
  const sender = send?.({ ledger, budget, mode: "live" });
  const store = await openStore(flags, logger);
  const raw = await openRaw(flags, { ledger, budget, logger });
  const collector = new Collector({
    raw,
    store,
    ledger,
    budget,
    logger,
    redactor,
    listen: flags.listen,
    access: accessOf(flags),
    page: await pageFolder(logger),
    data: flags.data,
    forward: [sender, publishing?.output, otlp && { exchanges: otlp }].filter((output) => output !== undefined),
    measure: otlp && ((exchange) => otlp.measure(exchange)),
  });
  const ingest = receiveReports({
    collector,
    ledger,
    listen: flags.ingest,
    token,
    ...(tls !== undefined && { tls }),
    hosts,
  });
  const grpc = new GrpcServer({ collector, store, ledger, listen: flags.grpc, token, tls, relay });
  const stopping = stopOnSignals();
  try {
    const page = await collector.start();
    const receives = await ingest.start();
    const receivesGrpc = await grpc.start();
    const secure = tls === undefined ? "" : "s";
    collector.listeners.push(
      { kind: "ingest", url: `http${secure}://${formatEndpoint(receives)}` },
      { kind: "grpc", url: `grpc${secure}://${formatEndpoint(receivesGrpc)}` },
    );
    process.stdout.write(`Page and /api/v1  http://${formatEndpoint(page)}/
Receives          http${secure}://${formatEndpoint(receives)}/publish, /api/telemetry
gRPC              ${formatEndpoint(receivesGrpc)} (Envoy's taps, SkyWalking's Rover)
Keeps             ${flags.store === undefined ? `${flags.data}/` : `in ${formatClickHouse(flags.store)}`}

`);
    await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    stopping.release();
    await ingest.stop();
    await grpc.stop();
    await relay?.close();
    await collector.stop();
  }
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  process.exitCode = words.finish();
}

/** Only who asks for a database loads what speaks to it. */
async function openStore(
  { data, store, keep: keepMillis, maxBytes, spillBytes }: CollectorFlags,
  logger: Logger,
): Promise<ExchangeStore> {
  if (store === undefined) return SqliteStore.open({ folder: data, keepMillis, maxBytes });
  const { ClickHouseStore } = await import("../../collector/store/clickhouse/clickhouse-store.ts");
  const tell = (text: string): void => logger.warn({}, text);
  return ClickHouseStore.open({ address: store, keepMillis, maxBytes, spill: join(data, "spill"), spillBytes, tell });
}

async function openRaw(
  { keepRaw, rawMaxBytes, data }: CollectorFlags,
  { ledger, budget, logger }: { ledger: Ledger; budget: MemoryBudget; logger: Logger },
): Promise<RawKeeper | undefined> {
  if (keepRaw === undefined) return undefined;
  logger.warn({ folder: `${data}/raw` }, "credentials are kept as they come");
  const own = budget.child(Math.floor(budget.limit / 8));
  return RawKeeper.open({ data, keepMillis: keepRaw, maxBytes: rawMaxBytes, ledger, budget: own, logger });
}

function createRelay(
  address: IpEndpoint | undefined,
  { ledger, budget, logger }: { ledger: Ledger; budget: MemoryBudget; logger: Logger },
): OapRelay | undefined {
  if (address === undefined) return undefined;
  const none = { certificate: "", key: "", authority: "", skipsVerification: false };
  const authentication = process.env["TAPLINE_OAP_TOKEN"] ?? "";
  const client = createOapClient({ address: formatEndpoint(address), tls: false, authentication, ...none });
  return new OapRelay({ client, ledger, budget: budget.child(Math.floor(budget.limit / 8)), logger });
}

/** The tokens of the page. */
export function accessOf({ token = process.env["TAPLINE_TOKEN"], tokens }: Pick<CollectorFlags, "token" | "tokens">) {
  return {
    token: token || undefined,
    ...(tokens !== undefined && { tokens: { file: tokens, text: new TextDecoder().decode(readWholeFile(tokens)) } }),
  };
}
