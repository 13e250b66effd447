/**
 * The cells of a list that differ by kind; all exchanges have the others (times, ends, duration, quality). Texts as they are on the wire: whoever
 * shows them escapes control characters. What is absent is shown as not known.
 */
export interface ExchangeCells {
  /** The action in a word: the method, the command, the type of question. Absent: the protocol's name stands there. */
  readonly verb?: string | undefined;
  /** Whom it is asked of; absent: the TLS server name, where there is one. */
  readonly host?: string | undefined;
  /** The object of the action: the path, the key, the name. */
  readonly target?: string | undefined;
  /** The answer's status, short. */
  readonly status?: string | undefined;
  readonly tone?: Tone | undefined;
  /** The type of the content, or the application inside, as short as can be understood. */
  readonly type?: string | undefined;
  /** Bytes of content in each direction. */
  readonly sizes: { readonly request: number; readonly response: number };
}

/** How a status is coloured. */
export type Tone = "quiet" | "good" | "elsewhere" | "warning" | "bad";
