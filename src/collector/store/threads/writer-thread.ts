import type { StoreBatch } from "../exchange-store.ts";
import { StoreWriter, type WriterOptions } from "../segment/store-writer.ts";
import { answerQuestions, threadOptions } from "./answer-questions.ts";

// The thread that writes the store of SqliteStore.
let writer: StoreWriter | undefined;

answerQuestions({
  open: () => {
    writer = new StoreWriter(threadOptions<WriterOptions>(), Date.now());
    return writer.problems;
  },
  append: (batch: StoreBatch) => writer!.write(batch, Date.now()),
  senderPosition: (id: string) => writer!.senderPosition(id),
  remove: (ids: readonly number[]) => writer!.remove(ids),
  facts: () => ({ removed: writer!.removed, problems: writer!.problems }),
  close: () => writer?.close(),
});
