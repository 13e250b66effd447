import type { SubjectKind, Subjects } from "./attributes/attribute.ts";
import type { StreamPhase } from "./attributes/stream-phase.ts";
import type { Expr, SyntaxTree } from "./syntax.ts";
import type { Value, ValueType } from "./value.ts";

/** An expression ready to run. A missing value (CEL's error) is undefined, and so is whatever needs it. */
export interface Compiled {
  readonly type: ValueType;
  readonly evaluate: Evaluate;
  /** Where it stands in the filter's text. */
  readonly range: Range;
  /** Its value, when it is a literal. */
  readonly constant?: Value;
  /** The condition's own conditions, where it is a `&&`, `||`, `!` or `?:`. */
  readonly conditions?: readonly Compiled[];
  /** What it takes from the subject: attributes and entries of attributes. */
  readonly inputs: readonly Compiled[];
  /** What an input is called. */
  readonly label?: string;
  /** From when on an input is known of a stream that goes on. */
  readonly phase?: StreamPhase;
  /** Finds an entry of a map by a key that is known now. */
  readonly entry?: (key: string) => Evaluate;
  /** An address with its port. */
  readonly withPort?: Evaluate;
}

export type Subject = Subjects[SubjectKind];
export type Evaluate = (subject: Subject) => Value | undefined;

/** Offsets in the filter's text: `start` is in it, `end` is not. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What a comprehension's variable is bound to while its body runs. */
export interface Variable {
  readonly type: ValueType;
  value: Value | undefined;
}

/** The inputs of several expressions, each once. */
export function joinInputs(...parts: readonly Compiled[]): Compiled[] {
  const byLabel = new Map(parts.flatMap(({ inputs }) => inputs.map((input) => [input.label, input])));
  return [...byLabel.values()];
}

/** What compiling a node needs to know: the tree, the kind of subject, and the variables of the macros around it. */
export interface Scope {
  readonly tree: SyntaxTree;
  readonly kind: SubjectKind;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly depth: number;
  /** Collects the names of the attributes that are read. */
  readonly attributes: Set<string>;
  /** Checks the types of an expression in a scope and makes it a closure. */
  readonly compile: (node: Expr, scope: Scope) => Compiled;
}
