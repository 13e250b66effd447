import { fork } from "node:child_process";
import { once } from "node:events";
import { chooseRunKey, runKeyOfMarks } from "../../analysis/redaction/node-redactor.ts";
import { VERSION, worstExitCode } from "../../model/index.ts";
import { createDumpRoute } from "../../sink/admin/dump-route.ts";
import { createProcessRoutes } from "../../sink/admin/routes.ts";
import { createStatsRoutes } from "../../sink/admin/stats/stats-routes.ts";
import type { IdShare } from "../../tap/index.ts";
import { handleDumpSignal, handleSignals } from "../process/signals.ts";
import { runningConfiguration } from "./create-proxy.ts";
import { refuseSharing } from "./refuse-sharing.ts";
import type { ProxyProcessOptions } from "./run-proxy-process.ts";
import { startAdmin } from "./start-admin.ts";
import { askForStatistics } from "./worker-questions.ts";

/** Tells a worker which of how many it is, when the first started, and the key of the marks of all. */
const SHARE = "TAPLINE_WORKER";

interface WorkerShare extends IdShare {
  /** Base64. */
  readonly markKey: string;
}

/** This process's share: the whole, unless it was started as a worker; its marks are those of the other workers then. */
export function workerShare(): IdShare {
  const share = process.env[SHARE];
  if (share === undefined) return { index: 0, count: 1, startedMillis: Date.now() };
  delete process.env[SHARE];
  const { markKey, ...own } = JSON.parse(share) as WorkerShare;
  chooseRunKey(Buffer.from(markKey, "base64"));
  return own;
}

export interface WorkersOptions extends ProxyProcessOptions {
  /** Each worker keeps the last exchanges of its own (`--keep-last`). */
  readonly keeps: boolean;
}

/**
 * Runs the same command in several processes that listen on the same ports; the kernel spreads the connections over them
 * (`SO_REUSEPORT`). This process hands signals on, serves the admin listener with the sum of the workers' counters, and ends with the worst of their exit codes.
 */
export async function runWorkers(count: number, options: WorkersOptions): Promise<void> {
  const { logger, keeps } = options;
  const config = await options.load();
  refuseSharing(config);
  const startedMillis = Date.now();
  const markKey = Buffer.from(runKeyOfMarks()).toString("base64");
  const workers = Array.from({ length: count }, (_, index) => {
    const share: WorkerShare = { index, count, startedMillis, markKey };
    const env = { ...process.env, [SHARE]: JSON.stringify(share) };
    return fork(process.argv[1]!, process.argv.slice(2), { env, execArgv: process.execArgv });
  });
  let draining = false;
  const signal = (name: NodeJS.Signals) => () => {
    for (const worker of workers) worker.kill(name);
  };
  const drain = () => {
    draining = true;
    signal("SIGTERM")();
  };
  let configuration = runningConfiguration(config);
  const reload = () => {
    signal("SIGHUP")();
    // The workers report what they refuse.
    options.load().then(
      (next) => {
        configuration = runningConfiguration(next);
      },
      () => {},
    );
  };
  handleSignals({ reload, drain, stop: (name) => signal(name)() });
  const dump = signal("SIGUSR2");
  if (keeps) handleDumpSignal(dump);
  const ended = workers.map(async (worker, index) => {
    const [code, killedBy] = (await once(worker, "exit")) as [number | null, NodeJS.Signals | null];
    if (code !== 0 && code !== 130)
      logger.error({ worker: index, code, signal: killedBy }, "a worker ended; the others are drained");
    if (!draining) drain();
    return code ?? 1;
  });
  const dumpEach = async () => {
    dump();
    return { asked: `${count} workers, each for a file of its own` };
  };
  const routes = [
    ...createProcessRoutes({
      version: VERSION,
      state: () => (draining ? "DRAINING" : "LIVE"),
      configuration: () => configuration,
    }),
    ...createStatsRoutes(() => askForStatistics(workers)),
    ...(keeps ? [createDumpRoute(dumpEach)] : []),
  ];
  const admin = await startAdmin(config.admin, routes, logger);
  const codes = await Promise.all(ended);
  admin?.close();
  process.exitCode = worstExitCode(codes);
}
