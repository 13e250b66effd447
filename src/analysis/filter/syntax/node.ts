/** A node of a filter's syntax tree, with its place in the text: `start` is in it, `end` is not; parentheses around it count. */
export type Node =
  | LiteralNode
  | NameNode
  | SelectNode
  | IndexNode
  | CallNode
  | ChainNode
  | BinaryNode
  | UnaryNode
  | ConditionalNode
  | ListNode
  | MapNode
  | ShortFormNode;

interface Place {
  readonly start: number;
  readonly end: number;
}

export interface LiteralNode extends Place {
  readonly kind: "literal";
  readonly type: "bool" | "int" | "uint" | "double" | "string" | "bytes" | "null";
  readonly value: boolean | bigint | number | string | Uint8Array | null;
}

export interface NameNode extends Place {
  readonly kind: "name";
  readonly name: string;
}

/** `operand.field`, `operand.?field`. */
export interface SelectNode extends Place {
  readonly kind: "select";
  readonly operand: Node;
  readonly field: string;
  readonly optional: boolean;
}

/** `operand[index]`, `operand[?index]`. */
export interface IndexNode extends Place {
  readonly kind: "index";
  readonly operand: Node;
  readonly index: Node;
  readonly optional: boolean;
}

/** `name(…)`, `target.name(…)`; macros too. */
export interface CallNode extends Place {
  readonly kind: "call";
  readonly name: string;
  /** Where the name stands. */
  readonly nameStart: number;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
}

/** `a && b && c`: one node, however long. */
export interface ChainNode extends Place {
  readonly kind: "and" | "or";
  readonly parts: readonly Node[];
}

export interface BinaryNode extends Place {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

export interface UnaryNode extends Place {
  readonly kind: "not" | "negate";
  readonly operand: Node;
}

export interface ConditionalNode extends Place {
  readonly kind: "conditional";
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}

export interface ListNode extends Place {
  readonly kind: "list";
  readonly elements: readonly { readonly value: Node; readonly optional: boolean }[];
}

export interface MapNode extends Place {
  readonly kind: "map";
  readonly entries: readonly { readonly key: Node; readonly value: Node; readonly optional: boolean }[];
}

/** `5xx`, `GET /users*`, `port 80`: a condition in short, with the CEL that it means. */
export interface ShortFormNode extends Place {
  readonly kind: "short";
  readonly cel: string;
  /** The `src port` that `or 443` leaves out. */
  readonly keyword?: string;
}
