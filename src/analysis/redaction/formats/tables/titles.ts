import { markNamed, type TextRedaction } from "../../text-redaction.ts";
import { looksSecret } from "../../values/secret-value.ts";

/**
 * The titles of a table's columns: which of its cells are secret. Of a column whose title is a secret's name all are; where there is one of
 * names and one of values (`name,value`), the values beside names of secrets.
 */
export class Titles {
  readonly count: number;
  readonly #titles: readonly string[];
  readonly #isSecret: readonly boolean[];
  readonly #redaction: TextRedaction;
  readonly #nameColumn: number;
  readonly #valueColumn: number;
  readonly #isCertain: boolean;

  private constructor(
    titles: readonly string[],
    isSecret: readonly boolean[],
    redaction: TextRedaction,
    isCertain: boolean,
  ) {
    this.count = titles.length;
    this.#titles = titles;
    this.#redaction = redaction;
    this.#valueColumn = titles.findIndex((title) => VALUE_TITLE.test(title));
    this.#nameColumn = this.#valueColumn < 0 ? -1 : titles.findIndex((title) => NAME_TITLE.test(title));
    this.#isSecret = isSecret.map((secret, column) => secret && column !== this.#nameColumn);
    this.#isCertain = isCertain || titles.some((title) => COMMON_TITLE.test(title));
  }

  /**
   * @param titles trimmed, without quotes
   * @param isCertain whether the text says that these are titles. If not, and no usual title stands beside the
   * secret's, it may be one of names and values: only what looks like a secret is hidden
   * @returns undefined where no cell is secret by them
   */
  static read(titles: readonly string[], redaction: TextRedaction, isCertain: boolean): Titles | undefined {
    if (titles.length > MAX_COLUMNS) return undefined;
    const isSecret = titles.map((title) => {
      const { kind } = redaction.names.judge(title);
      return kind === "strong" || kind === "weak";
    });
    if (!isCertain) {
      if (!titles.every((title) => WORDS.test(title) && !looksSecret(title))) return undefined;
    }
    const read = new Titles(titles, isSecret, redaction, isCertain);
    return read.#isSecret.includes(true) || read.#nameColumn >= 0 ? read : undefined;
  }

  /** There is a column of names, and one of values. */
  get hasNames(): boolean {
    return this.#nameColumn >= 0;
  }

  /**
   * The text to write for a cell of a row, or undefined where it stays.
   * @param cells all of the row's, without quotes
   * @param value the cell's, where it is not the only one of it
   */
  mark(cells: readonly string[], column: number, value = cells[column] ?? ""): string | undefined {
    if (this.#isSecret[column] === true) {
      if (!this.#isCertain && !looksSecret(value, { chosen: true })) return undefined;
      return markNamed(this.#redaction, this.#titles[column]!, value);
    }
    if (column !== this.#valueColumn || this.#nameColumn < 0) return undefined;
    const name = cells[this.#nameColumn] ?? "";
    return NAME.test(name) ? markNamed(this.#redaction, name, value) : undefined;
  }
}

const MAX_COLUMNS = 256;
/** Up to three words. */
const WORDS = /^\p{L}[\p{L}\p{N}]{0,39}(?:[ _.-]\p{L}?[\p{L}\p{N}]{0,39}){0,2}$/u;
const NAME_TITLE =
  /^(?:(?:setting|property|variable|param(?:eter)?|field|option|secret|env(?:ironment)?|config)?[ _-]?(?:name|key)|setting|property|variable|param(?:eter)?|field|option)$/i;
const VALUE_TITLE = /^(?:value|val|content|data|(?:default|current|new|old|string)[ _-]?value)$/i;
const NAME = /^[\p{L}$_][\p{L}\p{N}_.$:/ -]{0,63}$/u;
/** Whether a text is what columns are often called, and rather a title than a value. */
export function isCommonTitle(text: string): boolean {
  return COMMON_TITLE.test(text);
}

/** Titles that tables have. */
const COMMON_TITLE =
  /^(?:#|no|(?:(?:user|login|account|customer|client|display|first|last|full|host|file|service)[ _-]?)?(?:name|id)|user|login|e-?mail|account|host|server|url|uri|role|type|created(?:[ _-]?at)?|updated(?:[ _-]?at)?|description|notes?|comments?|address|phone|age|service|environment|port|city|country|status|group|key|value)$/i;
