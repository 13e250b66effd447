/**
 * What a list shows of one exchange beside what all have (times, ends, duration, quality). Texts as they are on the wire: whoever
 * shows them escapes control characters. What is absent is shown as not known.
 */
export interface ExchangeCells {
  /** What is done, in a word: the method, the command, the type of question. Absent: the protocol's name stands there. */
  readonly verb?: string | undefined;
  /** Whom it is asked of; absent: the TLS server name, where there is one. */
  readonly host?: string | undefined;
  /** What it is done to: the path, the key, the name. */
  readonly target?: string | undefined;
  /** The answer's status, short. */
  readonly status?: string | undefined;
  readonly tone?: Tone | undefined;
  /** What the content is, or what runs inside, as short as it is still understood. */
  readonly type?: string | undefined;
  /** Bytes of content in each direction. */
  readonly sizes: { readonly request: number; readonly response: number };
}

/** How a status is coloured. */
export type Tone = "quiet" | "good" | "elsewhere" | "warning" | "bad";
