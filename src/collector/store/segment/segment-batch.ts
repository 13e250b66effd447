import type { StoreBatch } from "../exchange-store.ts";
import { PackedDocuments } from "./packed-documents.ts";
import type { SegmentBatch } from "./segment.ts";

/** A batch as segments take it. */
export function segmentBatch<Batch extends Omit<StoreBatch, "uncounted">>({
  exchanges,
  ...rest
}: Batch): SegmentBatch & Omit<Batch, "exchanges"> {
  return {
    ...rest,
    rows: exchanges.map(({ values }) => values),
    documents: PackedDocuments.of(exchanges.map(({ document }) => document)),
  };
}
