import { type NameTable, SECRET } from "./name-table.ts";
import { mayHaveStem, type StemMap } from "./stem-grams.ts";

/** A text's characters, and what was seen of them. */
export interface SurveyedText {
  readonly codes: Uint8Array;
  readonly stems: StemMap;
  readonly meanings: number;
}

/** Judges the names in a text, each where it stands. */
export class TextNames {
  readonly text: string;
  /** The text's `characterCodes`. */
  readonly codes: Uint8Array;
  readonly stems: StemMap;
  /** The sum of what its signs mean (`text-signs.ts`). */
  readonly meanings: number;
  readonly #table: NameTable;

  constructor(text: string, { codes, stems, meanings }: SurveyedText, table: NameTable) {
    this.text = text;
    this.codes = codes;
    this.stems = stems;
    this.meanings = meanings;
    this.#table = table;
  }

  /** Whether a secret's name may be within that part of the text. */
  mayHaveSecret(from: number, to: number): boolean {
    return mayHaveStem(this.stems, Math.max(0, from), Math.min(to, this.codes.length));
  }

  /** Whether that part of the text is a secret's name. */
  isSecret(from: number, to: number): boolean {
    return this.mayHaveSecret(from, to) && (this.#table.lookUp(this.text, this.codes, from, to) & SECRET) !== 0;
  }

  /** `SECRET`, `NAMING`, `TYPING`, `STRUCTURE`, several or 0, of that part of the text. */
  lookUp(from: number, to: number): number {
    return this.#table.lookUp(this.text, this.codes, from, to);
  }

  /** Whether a name that may never come again is a secret's. */
  isSecretName(name: string): boolean {
    return this.#table.isSecret(name);
  }
}
