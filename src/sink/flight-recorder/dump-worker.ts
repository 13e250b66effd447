import { parentPort } from "node:worker_threads";
import { giveWay, restAfterWork } from "../give-way.ts";
import { type DumpJob, writeDump } from "./write-dump.ts";

// The thread of FlightRecorder: a slow disk holds nothing else up.
giveWay();
parentPort?.on("message", (job: DumpJob) => {
  const rest = restAfterWork();
  const restUnlessLate = async () => {
    if (job.hurry === undefined || Atomics.load(job.hurry, 0) === 0) await rest();
  };
  void writeDump(job, restUnlessLate).then((result) => parentPort?.postMessage(result));
});
