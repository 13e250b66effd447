import { parentPort } from "node:worker_threads";
import { FileBatchRunner } from "./file-batch-runner.ts";
import type { PackedBatch } from "./file-executor.ts";
import { NODE_FILE_SYSTEM } from "./file-system.ts";
import { unpackSteps } from "./packed-steps.ts";

// The thread of WorkerFileExecutor.
const runner = new FileBatchRunner(NODE_FILE_SYSTEM);

parentPort?.on("message", ({ steps, bytes }: PackedBatch) => {
  const result = runner.run({ steps: unpackSteps(steps), bytes });
  parentPort?.postMessage({ ...result, bytes }, [bytes]);
});
