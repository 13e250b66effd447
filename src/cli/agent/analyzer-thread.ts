import { parentPort, workerData } from "node:worker_threads";
import { loadLibbpf } from "../../source/ebpf/loader/libbpf.ts";
import { AccessLogAnalyzer, type AnalyzerSettings } from "./access-log-analyzer.ts";
import type { AnalyzerMessage, AnalyzerQuestion } from "./threaded-analyzer.ts";

/** An analyzer in a thread of its own: tells what it is made to tell, and answers questions one after the other. */
const port = parentPort!;
const tell = (message: AnalyzerMessage): void => port.postMessage(message);
const analyzer = new AccessLogAnalyzer(await loadLibbpf(), workerData as AnalyzerSettings, {
  onFull: () => tell({ kind: "full" }),
  onProcess: (event) => tell({ kind: "process", event }),
  onLost: (event) => tell({ kind: "lost", event }),
});
port.on("message", async (question: AnalyzerQuestion) => {
  if (question.kind === "take") tell({ kind: "answer", answer: analyzer.take(question.now) });
  else tell({ kind: "answer", answer: await analyzer.finish() });
});
tell({ kind: "answer", answer: undefined });
