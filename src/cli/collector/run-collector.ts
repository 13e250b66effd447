import { pageFolder } from "../../collector/api/page-folder.ts";
import { GrpcServer } from "../../collector/grpc/grpc-server.ts";
import { receiveReports } from "../../collector/ingest/receive-reports.ts";
import { Collector } from "../../collector/server/collector.ts";
import { SqliteStore } from "../../collector/store/sqlite-store.ts";
import { formatEndpoint, type IpEndpoint, Ledger, MemoryBudget, TaplineError } from "../../model/index.ts";
import { isLoopback } from "../../source/loopback.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { createRedactor, type RedactFlags } from "../flags/redact-flags.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";

export interface CollectorFlags extends RedactFlags {
  listen: IpEndpoint;
  ingest: IpEndpoint;
  grpc: IpEndpoint;
  data: string;
  /** Milliseconds. */
  keep: number;
  maxBytes: number;
  token?: string;
  tokens?: string;
  ingestAuth?: string;
  ingestToken?: string;
  hostsToTrace: string;
  memory: number;
}

/** Runs until a signal ends it; then what was taken is kept. Sets the exit code. @throws TaplineError */
export async function runCollector(flags: CollectorFlags): Promise<void> {
  const ingestToken = readIngestAuth(flags);
  const logger = createLogger("info");
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory);
  const words = new LastWords({ ledger, books: "used", budgets: [budget] });
  const store = await SqliteStore.open({ folder: flags.data, keepMillis: flags.keep, maxBytes: flags.maxBytes });
  const collector = new Collector({
    store,
    ledger,
    budget,
    logger,
    redactor: createRedactor(flags),
    listen: flags.listen,
    access: accessOf(flags),
    page: await pageFolder(logger),
    data: flags.data,
  });
  const ingest = receiveReports({
    collector,
    ledger,
    listen: flags.ingest,
    token: ingestToken,
    hostsToTrace: flags.hostsToTrace.split(",").filter((host) => host !== ""),
  });
  const grpc = new GrpcServer({ collector, store, ledger, listen: flags.grpc, token: ingestToken });
  const stopping = stopOnSignals();
  try {
    const page = await collector.start();
    const receives = await ingest.start();
    const receivesGrpc = await grpc.start();
    process.stdout.write(`Page and /api/v1  http://${formatEndpoint(page)}/
Receives          http://${formatEndpoint(receives)}/publish, /api/telemetry
gRPC              ${formatEndpoint(receivesGrpc)} (Envoy's taps, SkyWalking's Rover)
Keeps             ${flags.data}/

`);
    await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    stopping.release();
    await ingest.stop();
    await grpc.stop();
    await collector.stop();
  }
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  process.exitCode = words.finish();
}

/** The tokens of the page. */
export function accessOf({ token = process.env["TAPLINE_TOKEN"], tokens }: Pick<CollectorFlags, "token" | "tokens">) {
  return {
    token: token || undefined,
    ...(tokens !== undefined && { tokens: { file: tokens, text: new TextDecoder().decode(readWholeFile(tokens)) } }),
  };
}

function readIngestAuth({
  ingest,
  grpc,
  ingestAuth,
  ingestToken = process.env["TAPLINE_INGEST_TOKEN"],
}: CollectorFlags) {
  const open = [ingest, grpc].find(({ address }) => !isLoopback(address) && address !== "localhost");
  const how = ingestAuth ?? (ingestToken === undefined ? undefined : "token");
  if (how !== undefined && how !== "token" && how !== "none")
    throw new TaplineError("usage", `--ingest-auth ${how}: token or none is expected`);
  if (how === "token" && !ingestToken)
    throw new TaplineError("usage", "--ingest-auth token needs one", {
      hint: "--ingest-token, or TAPLINE_INGEST_TOKEN",
    });
  if (open !== undefined && how === undefined)
    throw new TaplineError("usage", `${open.address} can be reached from other machines: say who may send`, {
      hint: "--ingest-token TOKEN, or --ingest-auth none (the original wasm filter can send no token)",
    });
  return how === "token" ? ingestToken : undefined;
}
