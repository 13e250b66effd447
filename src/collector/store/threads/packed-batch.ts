import type { StoreBatch } from "../exchange-store.ts";
import { RECORD_COLUMNS, type StoredValue } from "../record/columns.ts";
import { PackedDocuments } from "../segment/packed-documents.ts";
import type { SegmentBatch } from "../segment/segment.ts";

/** A batch on its way to another thread: what is copied there piece by piece costs more than all of it at once. */
export interface PackedBatch extends Pick<StoreBatch, "flows" | "senders" | "uncounted"> {
  /** They make `PackedDocuments`, and are moved, not copied. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array<ArrayBuffer>;
  /** In the order of `RECORD_COLUMNS`. */
  readonly columns: readonly PackedColumn[];
}

/** A column that is the same in all records has it once: most of them are. */
type PackedColumn = { readonly same: StoredValue } | readonly StoredValue[];

/** Gives also what is moved with it. */
export function packBatch({ exchanges, ...rest }: StoreBatch): { packed: PackedBatch; moved: ArrayBuffer[] } {
  const { bytes, starts } = PackedDocuments.of(exchanges.map(({ document }) => document));
  const columns = RECORD_COLUMNS.map((_, column): PackedColumn => {
    const same = exchanges[0]?.values[column] ?? null;
    const differs = exchanges.some(({ values }) => values[column] !== same);
    return differs ? exchanges.map(({ values }) => values[column] ?? null) : { same };
  });
  return { packed: { ...rest, bytes, starts, columns }, moved: [bytes.buffer, starts.buffer] };
}

export function unpackBatch({ bytes, starts, columns, ...rest }: PackedBatch): SegmentBatch & StoreRest {
  const documents = new PackedDocuments(bytes, starts);
  const rows = Array.from({ length: documents.count }, (_, row) =>
    columns.map((column) => ("same" in column ? column.same : column[row]!)),
  );
  return { ...rest, rows, documents };
}

type StoreRest = Pick<StoreBatch, "uncounted">;
