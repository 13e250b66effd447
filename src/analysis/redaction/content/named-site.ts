/** Where a name was found: it begins at `begin`, what may be its value at `start`. */
export interface Site {
  readonly text: string;
  readonly name: string;
  readonly begin: number;
  readonly start: number;
  /** Around the name. */
  readonly quote: string | undefined;
  /** Between name and value: `=`, `:`, `=>`, `:=`. */
  readonly joint: string;
}

/** The text to write from `start` to `end`. */
export interface Replacement {
  readonly text: string;
  readonly end: number;
}
