import { StoreWriter, type WriterOptions } from "../segment/store-writer.ts";
import { answerQuestions, threadOptions } from "./answer-questions.ts";
import { type PackedBatch, unpackBatch } from "./packed-batch.ts";

// The thread that writes the store of SqliteStore.
let writer: StoreWriter | undefined;

answerQuestions({
  open: () => {
    writer = new StoreWriter(threadOptions<WriterOptions>(), Date.now());
    return writer.problems;
  },
  append: (batch: PackedBatch) => writer!.writePacked(unpackBatch(batch), Date.now()),
  senderPosition: (id: string) => writer!.senderPosition(id),
  remove: (ids: readonly number[]) => writer!.remove(ids),
  facts: () => ({ removed: writer!.removed, problems: writer!.problems }),
  close: () => writer?.close(),
});
