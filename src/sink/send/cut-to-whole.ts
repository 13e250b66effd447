/** The whole documents of a batch, each with its line feed, `most` at most. */
export function cutToWhole(content: Uint8Array, most: number): { content: Uint8Array; documents: number } {
  let [documents, end] = [0, 0];
  for (let at = content.indexOf(LF); at !== -1 && documents < most; at = content.indexOf(LF, end)) {
    documents++;
    end = at + 1;
  }
  return { content: content.subarray(0, end), documents };
}

const LF = 0x0a;
