import type { TextSurvey } from "../look/survey-text.ts";
import { isMark } from "../mark.ts";
import type { StemMap } from "../names/stem-grams.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { type JsonNode, readNodes } from "./json-nodes.ts";
import { readSecretPlaceholders, type SecretParameters } from "./sql-placeholders.ts";

/** Whether a text may have a statement with placeholders, and what is given for them. */
export function mayHaveParameters(text: string, { stems, codes }: Pick<TextSurvey, "stems" | "codes">): boolean {
  const isKnown = stems !== undefined && codes !== undefined;
  return (!isKnown || hasStemInValue(stems, codes)) && GIVEN.test(text);
}

/** Whether a word of a secret's name stands elsewhere than at the end of a member's name, where it is in no statement: as in most JSON, none does. */
function hasStemInValue(stems: StemMap, codes: Uint8Array): boolean {
  for (let word = 0; word < stems.length; word++)
    for (let bits = stems[word]!; bits !== 0; bits &= bits - 1) {
      let at = word * 32 + 31 - Math.clz32(bits & -bits);
      while (at < codes.length && IN_NAME[codes[at]!] === 1) at++;
      if (codes[at] !== 0x22 || codes[at + 1] !== 0x3a) return true;
    }
  return false;
}

/**
 * Parameters of SQL that are given apart from their statement, in JSON: `{"sql": "… password = $2", "params": ["bob", "…"]}`, as lists, by names
 * or numbers, as objects with a type and a value, a list a row, or behind the statement in its list (`["INSERT …", "bob", "…"]`).
 */
export function redactSqlParameters(text: string, redaction: TextRedaction): string {
  const found = new ParameterSearch(text, redaction);
  for (const node of readNodes(text)) if (node.items !== undefined) found.lookAt(node);
  return found.join();
}

class ParameterSearch {
  readonly #text: string;
  readonly #redaction: TextRedaction;
  readonly #changes: { readonly start: number; readonly end: number; readonly mark: string }[] = [];

  constructor(text: string, redaction: TextRedaction) {
    this.#text = text;
    this.#redaction = redaction;
  }

  /** A list or an object that may have a statement. */
  lookAt({ isList, items }: JsonNode): void {
    let secrets: SecretParameters | undefined;
    let place = 0;
    for (const [at, item] of items!.entries()) {
      const read = item.isText ? this.#readStatement(item) : undefined;
      if (!isList) {
        if (read !== undefined) for (const one of items!) if (GIVEN_NAME.test(this.#nameOf(one))) this.#hide(one, read);
        continue;
      }
      if (read !== undefined) {
        secrets = read;
        place = at;
      } else if (secrets === undefined) continue;
      else if (item.items !== undefined) this.#hide(item, secrets);
      else this.#mark(item, secrets.get(at - place));
    }
  }

  #readStatement({ start, end }: JsonNode): SecretParameters | undefined {
    const written = this.#text.slice(start, end);
    if (written.length < MIN_STATEMENT || !PLACEHOLDER.test(written)) return undefined;
    return readSecretPlaceholders(decode(written), this.#redaction);
  }

  /** The values given for the placeholders: one value, a list, or an object. */
  #hide(given: JsonNode, secrets: SecretParameters, depth = 0): void {
    if (given.items === undefined) this.#mark(given, secrets.get(1));
    let position = 0;
    for (const item of given.items ?? []) {
      position++;
      const name = given.isList ? this.#givenName(item) : this.#nameOf(item).replace(/^[:@$]/, "");
      const key = name === undefined ? position : /^\d{1,4}$/.test(name) ? Number(name) : name;
      const column = secrets.get(key) ?? (given.isList ? secrets.get(position) : undefined);
      // A list of lists has one for each row.
      if (given.isList && item.items !== undefined && (item.isList || !this.#isTyped(item))) {
        if (depth < MAX_DEPTH) this.#hide(item, secrets, depth + 1);
      } else this.#mark(item, column);
    }
  }

  /** `{"name": "p", "value": …}` */
  #givenName({ items }: JsonNode): string | undefined {
    const name = items?.find((one) => one.isText && /^name$/i.test(this.#nameOf(one)));
    return name && this.#text.slice(name.start + 1, name.end - 1).replace(/^[:@$]/, "");
  }

  /** `{"type": "text", "value": …}` */
  #isTyped({ items }: JsonNode): boolean {
    return items!.some((one) => VALUE_NAME.test(this.#nameOf(one)));
  }

  #mark(value: JsonNode, column: string | undefined, depth = 0): void {
    if (column === undefined) return;
    if (value.items !== undefined) {
      for (const item of value.items)
        if (depth < MAX_DEPTH && (value.isList || VALUE_NAME.test(this.#nameOf(item))))
          this.#mark(item, column, depth + 1);
      return;
    }
    const { marker } = this.#redaction;
    const written = this.#text.slice(value.start, value.end);
    const content = value.isText ? written.replace(/^"|"$/g, "") : written;
    if (isMark(content) || /^(?:null|true|false)?$/.test(content)) return;
    const mark = markNamed(this.#redaction, column, content);
    if (mark === undefined) return;
    const isQuoted = value.isText || !marker.keepsLength;
    const close = value.isText && !(written.length > 1 && written.endsWith('"')) ? "" : '"';
    this.#changes.push({ start: value.start, end: value.end, mark: isQuoted ? `"${mark}${close}` : mark });
  }

  #nameOf({ nameStart, nameEnd }: JsonNode): string {
    return this.#text.slice(nameStart, nameEnd);
  }

  join(): string {
    let result = "";
    let copied = 0;
    for (const { start, end, mark } of this.#changes.sort((a, b) => a.start - b.start)) {
      if (start < copied) continue;
      result += this.#text.slice(copied, start) + mark;
      copied = end;
    }
    return copied === 0 ? this.#text : result + this.#text.slice(copied);
  }
}

/** A text as it is meant; as it stands where it is cut. */
function decode(written: string): string {
  try {
    return JSON.parse(written) as string;
  } catch {
    return written;
  }
}

const PLACEHOLDER = /[\s=(,{](?:[?$:@]|%[s(])/;
/** With what stands before and behind a placeholder in a statement. */
const GIVEN = /[\s=(,](?:[?](?:\d{1,4})?|[$:@]\w{1,64}|%s|%\(\w{1,64}\)s)(?:[\s,;):}|"\\]|$)/;
/** Letters, digits and what joins words. */
const IN_NAME = Uint8Array.from({ length: 0x100 }, (_, code) => (/[\w.-]/.test(String.fromCharCode(code)) ? 1 : 0));
/** `params`, `bindings`, `queryParameters`, `bind_vars`, `sqlArgs` … */
const GIVEN_NAME =
  /(?:^|[^a-z]|[a-z](?=[A-Z]))(?:param(?:eter)?s?|values?|arg(?:ument)?s?|bind(?:ing|s|ings)?|bound|var(?:iable)?s?|replacements|inputs?|data)(?:$|[^a-z])/i;
const VALUE_NAME = /value|^v$|^val$|^data$/i;
const MIN_STATEMENT = 12;
const MAX_DEPTH = 4;
