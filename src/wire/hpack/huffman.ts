import { computeHuffmanCodes, EOS, HUFFMAN_LENGTHS } from "./huffman-code.ts";

/**
 * Decodes `source[start, end)`, a string in HPACK's Huffman code (RFC 7541 §5.2), into `target` from 0 on, which has room for
 * `2 * (end - start)` bytes.
 *
 * Gives the length of the string, or -1 when it is not one: it holds EOS, or ends in anything but the up to seven highest
 * bits of EOS.
 */
export function decodeHuffman(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
  transitions ??= buildTransitions();
  const table = transitions;
  let state = 0;
  let length = 0;
  let failed = 0;
  for (let at = start; at < end; at++) {
    const entry = table[(state << 8) | source[at]!]!;
    // Both symbols are written whether they are there or not: the next byte overwrites what was not.
    target[length] = entry >>> 8;
    target[length + 1] = entry >>> 16;
    length += (entry >>> 24) & 3;
    failed |= entry;
    state = entry & 0xff;
  }
  return failed < 0 || !mayEndIn(state) ? -1 : length;
}

/**
 * The code is a tree of 256 inner nodes; each is a state. What happens in a state on a byte of input:
 *
 *      31    30 29  26 25 24 23    16 15     8 7      0
 *     ┌────┬────────────┬─────┬────────┬────────┬────────┐
 *     │fail│            │count│ second │ first  │ state  │     count (0 to 2) symbols are complete
 *     └────┴────────────┴─────┴────────┴────────┴────────┘
 *
 * The shortest code has 5 bits, so a byte completes two symbols at most.
 */
let transitions: Int32Array | undefined;
const FAILED = 1 << 31;

/** For each state, whether the bits since its last symbol are at most seven and all ones: what pads the last byte. */
const acceptedStates = new Uint8Array(256);

function mayEndIn(state: number): boolean {
  return acceptedStates[state] === 1;
}

function buildTransitions(): Int32Array {
  const children = buildTree();
  const table = new Int32Array(256 * 256);
  for (let state = 0; state < 256; state++) {
    for (let byte = 0; byte < 256; byte++) {
      let node = state;
      let entry = 0;
      let count = 0;
      for (let bit = 7; bit >= 0; bit--) {
        const child = children[node * 2 + ((byte >> bit) & 1)]!;
        if (child >= 0) {
          node = child;
          continue;
        }
        const symbol = -child - 1;
        node = 0;
        if (symbol === EOS) entry |= FAILED;
        else entry |= symbol << (8 + 8 * count++);
      }
      table[state * 256 + byte] = entry | (count << 24) | node;
    }
  }
  for (let ones = 0, node = 0; ones <= 7; ones++) {
    acceptedStates[node] = 1;
    node = children[node * 2 + 1]!;
  }
  return table;
}

/** Two children for each inner node: the number of an inner node, or `-(symbol + 1)`. The root is 0. */
function buildTree(): Int16Array {
  const children = new Int16Array(2 * 256);
  const codes = computeHuffmanCodes();
  let nodes = 1;
  for (let symbol = 0; symbol < codes.length; symbol++) {
    let node = 0;
    for (let bit = HUFFMAN_LENGTHS[symbol]! - 1; bit > 0; bit--) {
      const side = node * 2 + ((codes[symbol]! >> bit) & 1);
      if (children[side] === 0) children[side] = nodes++;
      node = children[side]!;
    }
    children[node * 2 + (codes[symbol]! & 1)] = -(symbol + 1);
  }
  return children;
}
