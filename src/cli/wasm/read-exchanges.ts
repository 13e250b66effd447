import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { createTlsDetector } from "../../analysis/tls/tls-detector.ts";
import { type ExchangeSink, type Ledger, MemoryBudget } from "../../model/index.ts";
import { groupCaptures } from "../../source/capture-file/group-captures.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import type { LastWords } from "../last-words.ts";
import type { Stopping } from "../process/signals.ts";
import { loadFilterLanguage } from "../read/filter-language.ts";

export interface ReadExchangesOptions {
  readonly ledger: Ledger;
  /** Bytes, for all that is buffered. */
  readonly memory: number;
  readonly filter: string | undefined;
  readonly count: number | undefined;
  readonly sink: ExchangeSink;
  readonly stopping: Stopping;
  readonly words: LastWords;
  /** Called after each part of a file, when the sink has taken what came of it. */
  readonly drained: () => Promise<void>;
}

/** Hands the exchanges of files to a sink as they were recorded: bodies in their content codings, nothing redacted. */
export async function readExchanges(
  files: readonly string[],
  { ledger, memory, filter, count, sink, stopping, words, drained }: ReadExchangesOptions,
): Promise<ExchangePipeline> {
  const language = await loadFilterLanguage({ ...(filter !== undefined && { filter }), field: [] });
  const keyLog = new KeyLog();
  const pipeline = new ExchangePipeline({
    ledger,
    budget: new MemoryBudget((memory / 3) * 2),
    filter: filter === undefined ? undefined : language!.compileFilter(filter),
    count,
    enough: () => stopping.stop(),
    decode: decodeContent,
    detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: true }), ...DETECTORS],
    outputs: [{ exchanges: sink }],
  });
  const drain = async (): Promise<void> => {
    await pipeline.flush();
    await drained();
  };
  for (const paths of await groupCaptures(files)) {
    if (stopping.signal.aborted) break;
    await readInput(paths, {
      observer: pipeline,
      exchange: (exchange) => pipeline.exchange(exchange),
      flow: (event) => pipeline.flow(event),
      tlsSecrets: (text) => {
        keyLog.push(new TextDecoder().decode(text));
        keyLog.end();
      },
      problem: (problem) => void (stopping.signal.aborted || words.problem(problem)),
      drain: () => {
        stopping.active();
        return drain();
      },
      isFull: () => pipeline.isFull,
      signal: stopping.signal,
      ledger,
      budget: new MemoryBudget(memory / 3),
    });
    pipeline.finishInput();
    await drain();
  }
  await pipeline.close(Number.POSITIVE_INFINITY);
  return pipeline;
}
