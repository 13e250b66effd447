/**
 * Recognises one of a few ASCII words byte by byte, over any split of the input.
 *
 *     for "GET", "GET_PARAMETER", "HEAD":      ROOT ─G─▶ · ─E─▶ · ─T─▶ GET ─_─▶ · … ─R─▶ GET_PARAMETER
 *                                                └──H─▶ · ─E─▶ · ─A─▶ · ─D─▶ HEAD
 */
export class WordTree {
  static readonly ROOT = 1;
  /** 128 successors a node; 0 where there is none. */
  readonly #next: Uint16Array;
  readonly #words: Int16Array;

  constructor(words: readonly string[], options: { ignoreCase?: boolean } = {}) {
    const nodes = 2 + words.reduce((sum, word) => sum + word.length, 0);
    this.#next = new Uint16Array(nodes * 128);
    this.#words = new Int16Array(nodes).fill(-1);
    let used = WordTree.ROOT + 1;
    for (const [index, word] of words.entries()) {
      let node = WordTree.ROOT;
      for (const letter of word) {
        const known = this.next(node, letter.charCodeAt(0));
        const next = known === 0 ? used++ : known;
        for (const form of options.ignoreCase ? [letter.toLowerCase(), letter.toUpperCase()] : [letter])
          this.#next[node * 128 + form.charCodeAt(0)] = next;
        node = next;
      }
      this.#words[node] = index;
    }
  }

  /** The node that `byte` leads to, or 0. */
  next(node: number, byte: number): number {
    return byte < 128 ? this.#next[node * 128 + byte]! : 0;
  }

  /** The index of the word that ends at the node, or -1. */
  wordAt(node: number): number {
    return this.#words[node]!;
  }
}
