import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import type { Filter } from "../../analysis/filter/index.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { createTlsDetector } from "../../analysis/tls/tls-detector.ts";
import { type Exchange, type ExchangeSink, type Ledger, MemoryBudget } from "../../model/index.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { groupCaptures } from "../../source/capture-file/group-captures.ts";
import { listFiles } from "../../source/capture-file/index.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import type { LastWords } from "../last-words.ts";
import { errorLine } from "../process/error-line.ts";
import type { Stopping } from "../process/signals.ts";
import type { parseLimits } from "./read-limits.ts";

export interface ReadExchangesOptions {
  readonly ledger: Ledger;
  /** Bytes, for all that is buffered. */
  readonly memory: number;
  readonly filter: Filter | undefined;
  readonly count?: number | undefined;
  /** Chooses beside the filter. */
  readonly selectExchange?: ((exchange: Exchange) => boolean) | undefined;
  /** By default bodies come in their content codings. */
  readonly showsBodies?: boolean;
  /** By default nothing is redacted. */
  readonly redactor?: Redactor | undefined;
  readonly limits?: ReturnType<typeof parseLimits>;
  /** Where secrets of TLS are looked up. */
  readonly keyLog?: KeyLog;
  readonly sink: ExchangeSink;
  readonly stopping: Stopping;
  readonly words: LastWords;
  /** Called after each part of a file, when the sink has taken what came of it. */
  readonly drained?: () => Promise<void>;
}

/** Hands the exchanges of files to a sink. */
export async function readExchanges(
  files: readonly string[],
  { ledger, memory, sink, stopping, words, drained, limits, keyLog = new KeyLog(), ...choice }: ReadExchangesOptions,
): Promise<ExchangePipeline> {
  const { showsBodies = false } = choice;
  refuseInputs("-", files);
  const pipeline = new ExchangePipeline({
    ...choice,
    ledger,
    budget: new MemoryBudget((memory / 3) * 2),
    filter: choice.filter,
    ...(limits && { limits: limits.analysis }),
    enough: () => stopping.stop(),
    decode: decodeContent,
    detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: true }), ...DETECTORS],
    outputs: [{ exchanges: sink, showsBodies }],
  });
  const drain = async (): Promise<void> => {
    await pipeline.flush();
    await drained?.();
  };
  for (const paths of groupCaptures(listFiles(files))) {
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
      note: (note) => words.note(errorLine(note)),
      drain: () => {
        stopping.active();
        return drain();
      },
      isFull: () => pipeline.isFull,
      ...(limits && { reassemblyLimits: limits.reassembly }),
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
