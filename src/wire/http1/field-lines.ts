import { COLON, CR, FIELD_VALUE, LF, SPACE, TAB, TOKEN } from "./characters.ts";
import { FRAMING_FIELD_TREE, FramingFieldParser, findFramingField } from "./framing-fields.ts";
import { DONE, FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";
import { WordTree } from "./word-tree.ts";

const LINE_START = 0;
const NAME = 1;
const INVALID_NAME = 2;
const SPACE_BEFORE_COLON = 3;
const BEFORE_VALUE = 4;
const EMPTY_VALUE_LF = 5;
const AFTER_EMPTY_VALUE = 6;
const FRAMING_VALUE = 7;
const VALUE = 8;
const VALUE_END = 9;
const VALUE_LF = 10;
const AFTER_VALUE = 11;
const SECTION_LF = 12;

/**
 * A section of field lines and the empty line after it (RFC 9112 §5): of a head, or trailers.
 *
 *     line start ─▶ name ─▶ ':' ─▶ before value ─▶ value ─▶ CR LF ─▶ after value ─▶ line start …
 *                                                   ▲                    │
 *                                                   └─ obsolete folding ─┘
 *
 * That a line is over is known with the first byte of the next one, because of folding. Lines that are wholly in the buffer
 * and hold nothing peculiar are read by `#parsePlainLines`, which gives the same events at several times the speed.
 */
export class FieldLinesParser {
  readonly #message: MessageState;
  readonly #framing: FramingFieldParser;
  #state = LINE_START;
  #node = 0;
  #start = 0;
  #nameEnd = 0;
  /** The current line's field in `FRAMING_FIELD_TREE`, or -1. */
  #field = -1;
  /** The section's fields can frame: those of a trailer section do not, though llhttp reads them so. */
  #framesMessage = true;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
    this.#framing = new FramingFieldParser(message);
  }

  begin(trailers: boolean): void {
    this.#state = LINE_START;
    this.#framesMessage = !trailers || this.#message.strict;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    const { handler } = message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case LINE_START: {
          const after = this.#parsePlainLines(data, p, end, base);
          if (after > p) {
            p = after;
            continue;
          }
          if (c === CR) {
            p++;
            this.#state = SECTION_LF;
          } else if (c === LF) {
            p++;
            if (!message.tolerates("bare-lf", "INVALID_HEADER_TOKEN", "Invalid header field char", base + p))
              return FAILED;
            return this.#end(p);
          } else if (c === COLON && message.strict)
            return message.fail("INVALID_HEADER_TOKEN", "Invalid header token", base + p);
          else {
            this.#start = base + p;
            this.#node = this.#framesMessage ? WordTree.ROOT : 0;
            this.#field = -1;
            this.#state = NAME;
          }
          continue;
        }
        case NAME: {
          let node = this.#node;
          while (p < end && TOKEN[data[p]!] === 1) {
            if (node !== 0) node = FRAMING_FIELD_TREE.next(node, data[p]!);
            p++;
          }
          this.#node = node;
          if (p === end) continue;
          const field = node === 0 ? -1 : FRAMING_FIELD_TREE.wordAt(node);
          if (data[p] === COLON) {
            if (!this.#endName(field, base + p, base + p + 1)) return FAILED;
            p++;
          } else if (!message.strict) {
            this.#field = field;
            this.#state = data[p] === SPACE || data[p] === TAB ? SPACE_BEFORE_COLON : INVALID_NAME;
            if (this.#state === SPACE_BEFORE_COLON) this.#nameEnd = base + p;
          } else if (field >= 0 && data[p] === SPACE) {
            handler.span("fieldName", this.#start, base + p);
            return message.fail("INVALID_HEADER_TOKEN", "Invalid header field char", base + p + 1);
          } else return message.fail("INVALID_HEADER_TOKEN", "Invalid header token", base + p);
          continue;
        }
        case SPACE_BEFORE_COLON:
          if (c === SPACE || c === TAB) p++;
          else if (c === COLON) {
            handler.violation("space-before-colon", base + p);
            if (!this.#endName(this.#field, this.#nameEnd, base + p + 1)) return FAILED;
            p++;
          } else this.#state = INVALID_NAME;
          continue;
        case INVALID_NAME:
          while (p < end && data[p] !== COLON && data[p] !== CR && data[p] !== LF) p++;
          if (p === end) continue;
          handler.violation("invalid-field-name", base + p);
          this.#endName(-1, base + p, base + p);
          if (data[p] === COLON) p++;
          continue;
        case BEFORE_VALUE:
          if (c === SPACE || c === TAB) p++;
          else if (c === CR) {
            p++;
            this.#state = EMPTY_VALUE_LF;
          } else if (c === LF) {
            p++;
            if (!message.tolerates("bare-lf", "INVALID_HEADER_TOKEN", "Invalid header value char", base + p))
              return FAILED;
            this.#state = AFTER_EMPTY_VALUE;
          } else {
            this.#start = base + p;
            if (this.#field < 0) this.#state = VALUE;
            else if (this.#framing.begin(this.#field, base + p) === FAILED) return FAILED;
            else this.#state = FRAMING_VALUE;
          }
          continue;
        case EMPTY_VALUE_LF:
          if (c !== LF) return message.fail("STRICT", "Expected LF after CR", base + p);
          p++;
          this.#state = AFTER_EMPTY_VALUE;
          continue;
        case AFTER_EMPTY_VALUE:
          if (c === SPACE || c === TAB) {
            p++;
            if (!message.tolerates("obsolete-folding", "INVALID_HEADER_TOKEN", "Invalid header value char", base + p))
              return FAILED;
            this.#state = BEFORE_VALUE;
          } else {
            if (!this.#framing.allowsEmpty(this.#field, base + p)) return FAILED;
            handler.span("fieldValue", base + p, base + p);
            handler.complete("fieldValue", base + p);
            this.#state = LINE_START;
          }
          continue;
        case FRAMING_VALUE: {
          const progress = this.#framing.parse(data, p, end, base);
          if (progress === FAILED) return FAILED;
          p = this.#framing.position;
          if (progress === DONE) this.#state = VALUE;
          continue;
        }
        case VALUE:
          while (p < end && FIELD_VALUE[data[p]!] === 1) p++;
          if (p < end) this.#state = VALUE_END;
          continue;
        case VALUE_END:
          if (c === CR || c === LF) {
            handler.span("fieldValue", this.#start, base + p);
            const reason = "Missing expected CR after header value";
            if (c === LF && !message.tolerates("bare-lf", "CR_EXPECTED", reason, base + p)) return FAILED;
            p++;
            this.#state = c === CR ? VALUE_LF : AFTER_VALUE;
          } else {
            if (message.strict) handler.span("fieldValue", this.#start, base + p);
            if (
              !message.tolerates("invalid-field-value", "INVALID_HEADER_TOKEN", "Invalid header value char", base + p)
            )
              return FAILED;
            p++;
            this.#state = VALUE;
          }
          continue;
        case VALUE_LF:
          if (c !== LF) return message.fail("LF_EXPECTED", "Missing expected LF after header value", base + p);
          p++;
          this.#state = AFTER_VALUE;
          continue;
        case AFTER_VALUE:
          if (c === SPACE || c === TAB) {
            const reason = "Unexpected whitespace after header value";
            if (!message.tolerates("obsolete-folding", "INVALID_HEADER_TOKEN", reason, base + p)) return FAILED;
            this.#framing.continueLine();
            this.#state = this.#field < 0 ? VALUE : FRAMING_VALUE;
          } else {
            if (this.#field >= 0) this.#framing.endLine();
            handler.complete("fieldValue", base + p);
            this.#state = LINE_START;
          }
          continue;
        case SECTION_LF:
          if (c !== LF) return message.fail("STRICT", "Expected LF after headers", base + p);
          return this.#end(p + 1);
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    const { handler } = this.#message;
    if (this.#state === NAME || this.#state === INVALID_NAME) handler.span("fieldName", this.#start, at);
    else if (this.#state === VALUE || this.#state === FRAMING_VALUE) handler.span("fieldValue", this.#start, at);
  }

  /**
   * Reads lines that are complete in the buffer, with the first byte of the line after them, and that are not empty, folded or
   * against the grammar, nor say more about framing than is plain. Gives the position after the last of them.
   */
  #parsePlainLines(data: Uint8Array, from: number, end: number, base: number): number {
    const { handler } = this.#message;
    let line = from;
    for (;;) {
      let p = line;
      while (p < end && TOKEN[data[p]!] === 1) p++;
      const nameEnd = p;
      if (p + 4 > end || data[p] !== COLON || nameEnd === line) return line;
      const mayFrame = this.#framesMessage && mayBeFraming(data[line]! | 0x20, nameEnd - line);
      const field = mayFrame ? findFramingField(data, line, nameEnd) : -1;
      p++;
      while (p < end && (data[p] === SPACE || data[p] === TAB)) p++;
      const valueStart = p;
      while (p < end && FIELD_VALUE[data[p]!] === 1) p++;
      if (p + 2 >= end || p === valueStart || data[p] !== CR || data[p + 1] !== LF) return line;
      const next = data[p + 2]!;
      if (next === SPACE || next === TAB) return line;
      if (field >= 0 && !this.#framing.readPlain(field, data, valueStart, p)) return line;
      handler.span("fieldName", base + line, base + nameEnd);
      handler.complete("fieldName", base + nameEnd + 1);
      handler.span("fieldValue", base + valueStart, base + p);
      line = p + 2;
      handler.complete("fieldValue", base + line);
    }
  }

  /** False when the field may not stand in this head. */
  #endName(field: number, end: number, after: number): boolean {
    const { handler } = this.#message;
    handler.span("fieldName", this.#start, end);
    handler.complete("fieldName", after);
    this.#field = field;
    this.#state = BEFORE_VALUE;
    return field < 0 || this.#framing.allows(field, after);
  }

  #end(p: number): typeof DONE {
    this.position = p;
    return DONE;
  }
}

/** Whether a name of that length and first letter (in lower case) may be one of the framing fields. */
function mayBeFraming(letter: number, length: number): boolean {
  switch (letter) {
    case 0x63:
      return length === 10 || length === 14;
    case 0x74:
      return length === 17;
    case 0x70:
      return length === 16;
    case 0x75:
      return length === 7;
    default:
      return false;
  }
}
