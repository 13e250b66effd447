import { FilterFault } from "../filter-error.ts";
import type { CallNode, Node } from "../syntax/node.ts";
import type { Value } from "../value.ts";
import { type Compiled, joinInputs, type Scope, type Variable } from "./compiled.ts";

/**
 * CEL's extension library `block`, the form in which optimizers write what is used several times:
 * `cel.block([a, b], cel.index(0) + cel.index(1))`, with `cel.iterVar(0, 0)` and `cel.accuVar(0, 0)` as names.
 */
export function isBlock({ name, target, args }: CallNode): boolean {
  if (target?.kind !== "name" || target.name !== "cel") return false;
  return (name === "block" && args.length === 2) || NAMES.has(name);
}

const NAMES = new Set(["index", "iterVar", "accuVar"]);

export function compileBlock(node: CallNode, scope: Scope): Compiled {
  if (node.name !== "block") return compileReference(node, scope);
  const [list, body] = node.args as [Node, Node];
  if (list.kind !== "list") throw new FilterFault("cel.block takes a list here", list.start, list.end);
  const variables = new Map(scope.variables);
  const made: { variable: { known: boolean; value: Value | undefined }; part: Compiled }[] = [];
  for (const [i, element] of list.elements.entries()) {
    const part = scope.compile(element.value, { ...scope, variables });
    const slot = { known: false, value: undefined as Value | undefined };
    made.push({ variable: slot, part });
    variables.set(`@index:${i}`, {
      type: part.type,
      value: undefined,
      inputs: part.inputs,
      lookUp: (subject) => {
        if (!slot.known) {
          slot.known = true;
          slot.value = part.evaluate(subject);
        }
        return slot.value;
      },
    } satisfies Variable);
  }
  const result = scope.compile(body, { ...scope, variables });
  return {
    type: result.type,
    evaluate: (subject) => {
      for (const { variable } of made) variable.known = false;
      return result.evaluate(subject);
    },
    node,
    inputs: joinInputs(result, ...made.map(({ part }) => part)),
  };
}

function compileReference(node: CallNode, scope: Scope): Compiled {
  const name = blockName(node)!;
  const variable = scope.variables.get(name);
  if (variable === undefined) throw new FilterFault(`${name.slice(1)} is not bound`, node.start, node.end);
  const { lookUp } = variable;
  return {
    type: variable.type,
    evaluate: lookUp ?? (() => variable.value),
    node,
    inputs: variable.inputs ?? [],
  };
}

/** The variable that `cel.index(0)` or `cel.iterVar(0, 0)` stands for. */
export function blockName(node: Node): string | undefined {
  if (node.kind !== "call" || node.target?.kind !== "name" || node.target.name !== "cel" || !NAMES.has(node.name))
    return undefined;
  const numbers = node.args.map((arg) => (arg.kind === "literal" && typeof arg.value === "bigint" ? arg.value : "?"));
  return `@${[node.name, ...numbers].join(":")}`;
}
