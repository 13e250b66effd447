/** One command line of a block, without its comment. */
export interface CommandLine {
  readonly text: string;
  /** Counted from the block's first line. */
  readonly line: number;
}

/** The commands of a shell's block: lines that go on (an open quotation, a backslash at the end) are one; comments are none. */
export function splitCommands(block: string): CommandLine[] {
  const commands: CommandLine[] = [];
  let gathered = "";
  let begin = 0;
  block.split("\n").forEach((line, at) => {
    if (gathered === "") begin = at;
    gathered += gathered === "" ? line : `\n${line}`;
    if (isOpen(gathered)) return;
    const text = stripComment(gathered).trim();
    if (text !== "") commands.push({ text, line: begin });
    gathered = "";
  });
  if (gathered !== "") throw new Error(`a command is not closed: ${gathered}`);
  return commands;
}

function isOpen(text: string): boolean {
  return text.endsWith("\\") || quotesOf(text) !== undefined;
}

/** The quotation mark that is open at the end of a text. A comment has none. */
function quotesOf(text: string): string | undefined {
  let open: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "\\" && open !== "'") at++;
    else if (open !== undefined) {
      if (character === open) open = undefined;
    } else if (character === "'" || character === '"') open = character;
    else if (character === "#" && (at === 0 || /\s/.test(text[at - 1]!))) {
      const end = text.indexOf("\n", at);
      if (end < 0) return undefined;
      at = end;
    }
  }
  return open;
}

function stripComment(text: string): string {
  for (let at = text.indexOf("#"); at >= 0; at = text.indexOf("#", at + 1))
    if ((at === 0 || /\s/.test(text[at - 1]!)) && quotesOf(text.slice(0, at)) === undefined) {
      const end = text.indexOf("\n", at);
      return stripComment(text.slice(0, at) + (end < 0 ? "" : text.slice(end)));
    }
  return text;
}
