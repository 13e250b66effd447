import type { SubjectKind, Subjects, TextForm } from "../attributes/attribute.ts";
import { hasReached, latestPhase, type StreamPhase, type StreamView } from "../attributes/stream-phase.ts";
import type { FilterLimits } from "../budget.ts";
import type { Node } from "../syntax/node.ts";
import type { Value, ValueType } from "../value.ts";

/** An expression ready to run. A missing value (CEL's error) is undefined, and so is whatever needs it. */
export interface Compiled {
  readonly type: ValueType;
  readonly evaluate: Evaluate;
  readonly node: Node;
  /** Its value, when it is a literal. */
  readonly constant?: Value;
  /** The condition's own conditions, where it is a `&&`, `||`, `!` or `?:`. */
  readonly conditions?: readonly Compiled[];
  /** Its inputs from the subject: attributes and entries of attributes. */
  readonly inputs: readonly Compiled[];
  /** The name of an input. */
  readonly label?: string;
  /** From when on an input is known of a stream that goes on. */
  readonly phase?: StreamPhase;
  /** Finds an entry of a map by a key that is known now. */
  readonly entry?: (key: string) => Evaluate;
  /** The octets of a text: comparing with ASCII needs no more. */
  readonly octets?: Evaluate;
  readonly entryOctets?: (key: string) => Evaluate;
  /** The form in which a map has a key that comes with the subject. */
  readonly normalizeKey?: (key: string) => string;
  /** An address with its port. */
  readonly withPort?: Evaluate;
  /** All that an attribute may be, where that is a closed set. */
  readonly values?: readonly string[];
  /** The form that it has. */
  readonly form?: TextForm;
  /** For a list: whether it has an item that is known now, without making the list. */
  readonly holds?: (item: string) => Evaluate;
  /** Whether `holds` needs no body for this item. */
  readonly holdsWithoutBodies?: (item: string) => boolean;
  /** It is missing where the input of this label is, and only there. */
  readonly missingWith?: string;
  /** It asks whether the input of this label is there. */
  readonly asksFor?: string;
}

export type Subject = Subjects[SubjectKind];
export type Evaluate = (subject: Subject) => Value | undefined;

/** The value that a comprehension's variable is bound to while its body runs. */
export interface Variable {
  readonly type: ValueType;
  value: Value | undefined;
  /** Gives its value where that is made only when it is asked for. */
  readonly lookUp?: Evaluate;
  /** Its inputs from the subject. */
  readonly inputs?: readonly Compiled[];
}

/** All that compiling a node needs: the text, the kind of subject, and the variables of the macros around it. */
export interface Scope {
  readonly text: string;
  readonly kind: SubjectKind;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly depth: number;
  readonly limits: FilterLimits;
  /** Whether types that do not go together are refused; if not, that is seen when it runs. */
  readonly isChecked: boolean;
  /** Collects the names of the attributes that are read. */
  readonly attributes: Set<string>;
  /** How often something is read that bodies tell. */
  readonly bodies: { reads: number };
  /** Checks the types of an expression in a scope and makes it a closure. */
  readonly compile: (node: Node, scope: Scope) => Compiled;
  /** The same where a condition has to stand: `404` and `h2` are short forms there. */
  readonly compileCondition: (node: Node, scope: Scope) => Compiled;
}

/** The inputs of several expressions, each once. */
export function joinInputs(...parts: readonly Compiled[]): Compiled[] {
  const byLabel = new Map(parts.flatMap(({ inputs }) => inputs.map((input) => [input.label, input])));
  return [...byLabel.values()];
}

/** Where something is present or not: says nothing as long as its inputs may still come. */
export function onceKnown(evaluate: Evaluate, inputs: readonly Compiled[], kind: SubjectKind): Evaluate {
  if (kind !== "stream") return evaluate;
  const phase = latestPhase(inputs.map((input) => input.phase ?? "made"));
  return (subject: Subject) => (hasReached((subject as StreamView).phase, phase) ? evaluate(subject) : undefined);
}
