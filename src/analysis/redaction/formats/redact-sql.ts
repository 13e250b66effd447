import { isMark } from "../mark.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";

/** `INSERT INTO users (name, password) VALUES ('bob', '…'), …`: the values of columns whose names say that they are secret. */
export function redactInserts(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  INSERT.lastIndex = 0;
  for (let match = INSERT.exec(text); match !== null; match = INSERT.exec(text)) {
    const columns = match[1]!.split(",").map((column) => column.trim().replace(/^["'`[]|["'`\]]$/g, ""));
    if (!columns.some((column) => redaction.names.judge(column).kind !== "none")) continue;
    let at = INSERT.lastIndex;
    let column = 0;
    /** Brackets that are open: behind a row there are other rows, or the statement is over. */
    let depth = 0;
    for (ITEM.lastIndex = at; ITEM.lastIndex < text.length; ) {
      const item = ITEM.exec(text);
      if (item === null) break;
      const [whole, quoted, bare] = item as unknown as [string, string?, string?];
      if (whole === "(") depth++;
      else if (whole === ")") depth--;
      else if (depth <= 0 && whole !== "," && whole.trim() !== "") break;
      const value = quoted?.slice(1, -1) ?? bare;
      const start = item.index;
      at = start + whole.length;
      if (whole === "(" || whole === ",")
        column = whole === "(" && depth === 1 ? 0 : whole === "," && depth === 1 ? column + 1 : column;
      const name = columns[column];
      if (value === undefined || name === undefined || isMark(value) || PLACEHOLDER.test(whole)) continue;
      const mark = markNamed(redaction, name, value);
      if (mark === undefined) continue;
      result += text.slice(copied, start) + (quoted === undefined ? mark : quoted[0] + mark + quoted[0]);
      copied = at;
    }
    INSERT.lastIndex = Math.max(INSERT.lastIndex, at);
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const INSERT =
  /\binsert\s{1,8}(?:or\s{1,8}\w{1,16}\s{1,8})?into\s{1,8}[\w."`[\]]{1,128}\s{0,8}\(([^()]{1,4096})\)\s{0,8}values\s{0,8}/gi;
/** A bracket, a comma, white space, a text in quotes, or anything else up to the next of them; a semicolon ends the statement. */
const ITEM = /[(),]|\s+|('(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")|([^\s(),;'"]+)/y;
/** Stands for a value that is given apart from the statement. */
const PLACEHOLDER = /^(?:\?\d{0,4}|\$\d{1,4}|[:@$]\w{1,64}|%s|%\(\w{1,64}\)s)$/;
