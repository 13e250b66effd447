/**
 * About how many instructions the program of a regular expression has, before it is made: every character and class is one,
 * and what is repeated `{n,m}` times is there m times. Of a pattern that is none it says anything.
 */
export function estimateProgram(pattern: string): number {
  const groups: { sequence: number; last: number }[] = [{ sequence: 0, last: 0 }];
  for (const [piece] of pattern.matchAll(PIECE)) {
    const group = groups.at(-1)!;
    const repeated = /^\{(\d+)(?:(,)(\d*))?\}$/.exec(piece);
    if (piece.startsWith("(") && piece !== "\\(") groups.push({ sequence: 0, last: 0 });
    else if (piece === ")") {
      if (groups.length === 1) continue;
      groups.pop();
      add(groups.at(-1)!, 2 + group.sequence + group.last);
    } else if (repeated !== null) {
      const times = Math.max(Number(repeated[1]), Number(repeated[3] || 0)) + (repeated[2] === undefined ? 0 : 1);
      group.last = Math.min(MAX, group.last * Math.max(1, times));
    } else if (/^[*+?]/.test(piece)) group.last++;
    else if (piece === "|") add(group, 1);
    else add(group, /^\\[pP]|^\[/.test(piece) ? 1 + Math.ceil(piece.length / 8) : 1);
  }
  return groups.reduce((sum, { sequence, last }) => Math.min(MAX, sum + sequence + last), 0);
}

const MAX = 1e9;

function add(group: { sequence: number; last: number }, size: number): void {
  group.sequence = Math.min(MAX, group.sequence + group.last);
  group.last = size;
}

const PIECE =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pP](?:\{[^}]*\}|.)|\\x\{[^}]*\}|\\[\s\S]|\[\^?\]?(?:\[:[^\]]*:\]|\\[\s\S]|[^\]\\])*\]|\(\?[^)(:]*:|\(|\)|\{\d+(?:,\d*)?\}|[\s\S]/g;
