import { parentPort } from "node:worker_threads";
import { type DumpJob, writeDump } from "./write-dump.ts";

// The thread of FlightRecorder: a slow disk holds nothing else up.
parentPort?.on("message", (job: DumpJob) => void writeDump(job).then((result) => parentPort?.postMessage(result)));
