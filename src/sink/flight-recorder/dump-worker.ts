import { parentPort } from "node:worker_threads";
import { giveWay, restAfterWork } from "../give-way.ts";
import { type DumpJob, writeDump } from "./write-dump.ts";

// The thread of FlightRecorder: a slow disk holds nothing else up.
giveWay();
parentPort?.on("message", (job: DumpJob) => {
  void writeDump(job, restAfterWork()).then((result) => parentPort?.postMessage(result));
});
