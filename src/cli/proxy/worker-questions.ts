import type { ChildProcess } from "node:child_process";
import type { StatisticsSnapshot } from "../../sink/admin/stats/stats-routes.ts";
import { sumStatistics } from "./sum-statistics.ts";

/** How long a worker has to answer before its numbers are left out. */
const MAX_ANSWER_MILLIS = 2000;

/** Questions from parent to worker, with their answers. */
interface Question {
  readonly question: "statistics";
  readonly id: number;
}
interface Answer extends StatisticsSnapshot {
  readonly id: number;
}

let nextQuestion = 0;

/** The statistics of all workers, added up; the ledger's lines one by one. Says which worker did not answer. */
export async function askForStatistics(workers: readonly ChildProcess[]): Promise<StatisticsSnapshot> {
  const answers = await Promise.all(workers.map(ask));
  return {
    statistics: sumStatistics(answers.map((answer) => answer?.statistics ?? [])),
    ledger: answers.flatMap((answer, index) =>
      (answer?.ledger ?? ["does not answer"]).map((line) => `worker ${index}: ${line}`),
    ),
  };
}

function ask(worker: ChildProcess): Promise<StatisticsSnapshot | undefined> {
  if (!worker.connected) return Promise.resolve(undefined);
  const id = nextQuestion++;
  return new Promise((resolve) => {
    const finish = (answer: StatisticsSnapshot | undefined) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("exit", onExit);
      resolve(answer);
    };
    const onMessage = (message: unknown) => {
      if ((message as Answer).id === id) finish(message as Answer);
    };
    const onExit = () => finish(undefined);
    const timer = setTimeout(onExit, MAX_ANSWER_MILLIS);
    worker.on("message", onMessage).once("exit", onExit);
    worker.send({ question: "statistics", id } satisfies Question);
  });
}

/** As one of several workers: answers the parent's questions, and ends when the parent is gone. */
export function answerParent(statistics: () => StatisticsSnapshot, orphaned: () => void): void {
  if (process.send === undefined) return;
  process.on("message", ({ id }: Question) => process.send?.({ ...statistics(), id } satisfies Answer));
  process.on("disconnect", orphaned);
}
