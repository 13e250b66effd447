/** Something that holds an event back for a moment. */
interface TrailingWriter {
  tellTrailing(): void;
}

let young: TrailingWriter[] = [];
let old: TrailingWriter[] = [];
let isScheduled = false;

/**
 * Lets a connection tell of its last write once the event loop has looked at every socket again. When bytes and the half-close
 * after them have both arrived, libuv gives the bytes in one turn of the loop and the half-close in the next:
 *
 *     turn 1   poll: bytes      check: young becomes old
 *     turn 2   poll: half-close check: old is told, unless the half-close or another event did
 */
export function tellTrailingLater(writer: TrailingWriter): void {
  young.push(writer);
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(turn);
}

function turn(): void {
  const due = old;
  old = young;
  young = [];
  isScheduled = old.length > 0;
  if (isScheduled) setImmediate(turn);
  for (const writer of due) writer.tellTrailing();
}
