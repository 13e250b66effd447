import { parentPort } from "node:worker_threads";
import type { FileBatch } from "./file-batch.ts";
import { FileBatchRunner } from "./file-batch-runner.ts";
import { NODE_FILE_SYSTEM } from "./file-system.ts";

// The thread of WorkerFileExecutor.
const runner = new FileBatchRunner(NODE_FILE_SYSTEM);

parentPort?.on("message", (batch: FileBatch) => {
  const result = runner.run(batch);
  parentPort?.postMessage({ ...result, bytes: batch.bytes }, [batch.bytes]);
});
