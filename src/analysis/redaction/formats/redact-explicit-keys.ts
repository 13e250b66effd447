import { replaceValue } from "../content/replace-value.ts";
import type { TextRedaction } from "../text-redaction.ts";

/** YAML's explicit keys (YAML 1.2.2 §8.2.2): `? password`, and on the next line `: …`. */
export function redactExplicitKeys(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  for (const match of text.matchAll(KEY)) {
    const [whole, before, quote, name] = match as unknown as [string, string, string, string];
    const start = match.index + whole.length;
    const kind = redaction.names.judge(name).kind;
    if (start < copied || (kind !== "strong" && kind !== "weak")) continue;
    const site = { text, name, begin: match.index + before.length, start, quote: undefined, joint: ":" };
    const found = replaceValue(quote === "" ? site : { ...site, begin: site.begin - 1 }, redaction);
    if (found === undefined) continue;
    result += text.slice(copied, start) + found.text;
    copied = found.end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const KEY =
  /(?<=^|\n)([ \t]{0,64}(?:-[ \t]{1,8})?\?[ \t]{1,8}(["']?))([A-Za-z_][\w.$-]{1,63})\2[ \t]{0,8}\r?\n[ \t]{0,64}:[ \t]{1,8}/g;
