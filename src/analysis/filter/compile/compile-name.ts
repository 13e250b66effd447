import { type Getters, resolverOf, type SubjectKind } from "../attributes/attribute.ts";
import type { StreamPhase } from "../attributes/stream-phase.ts";
import { findAttribute } from "../attributes/table.ts";
import { TypeValue } from "../dynamic/values.ts";
import type { Node } from "../syntax/node.ts";
import { nameForm } from "../syntax/short-forms.ts";
import type { Compiled, Evaluate, Scope } from "./compiled.ts";
import { unknownName } from "./unknown-name.ts";

/** A variable of a macro, an attribute, a type, or a short form that is a name. */
export function compileName(names: readonly string[], node: Node, scope: Scope): Compiled {
  const name = names.join(".").replace(/^\./, "");
  const variable = scope.variables.get(name);
  if (variable !== undefined)
    return { type: variable.type, evaluate: () => variable.value, node, inputs: variable.inputs ?? [] };
  const attribute = findAttribute(name);
  if (attribute === undefined) return compileOther(name, node, scope);
  scope.attributes.add(name);
  if (attribute.ofBodies === true) scope.bodies.reads++;
  const { holdsWithoutBodies } = attribute;
  const { get, phase, withPort, entry, normalizeKey, values, form, octets, entryOctets, holds } = attribute;
  const own: Compiled = {
    type: attribute.type,
    evaluate: evaluatorOf(get, scope.kind, phase),
    node,
    inputs: [],
    label: name,
    missingWith: name,
    phase,
    ...(withPort === undefined ? {} : { withPort: evaluatorOf(withPort, scope.kind, phase) }),
    ...(entry === undefined ? {} : { entry: (key: string) => evaluatorOf(entry(key), scope.kind, phase) }),
    ...(normalizeKey === undefined ? {} : { normalizeKey }),
    ...(octets === undefined ? {} : { octets: evaluatorOf(octets, scope.kind, phase) }),
    ...(entryOctets === undefined
      ? {}
      : { entryOctets: (key: string) => evaluatorOf(entryOctets(key), scope.kind, phase) }),
    ...(holds === undefined ? {} : { holds: (item: string) => evaluatorOf(holds(item), scope.kind, phase) }),
    ...(holdsWithoutBodies && { holdsWithoutBodies }),
    ...(values === undefined ? {} : { values }),
    ...(form === undefined ? {} : { form }),
  };
  return { ...own, inputs: [own] };
}

function compileOther(name: string, node: Node, scope: Scope): Compiled {
  const type = TYPES.has(name) ? new TypeValue(name) : undefined;
  if (type !== undefined) return { type: "type", evaluate: () => type, constant: type, node, inputs: [] };
  const form = nameForm(name);
  if (form !== undefined && node.kind === "name")
    return scope.compile({ kind: "short", cel: form, start: node.start, end: node.end }, scope);
  if (scope.isChecked) throw unknownName(name, node, scope.text);
  return { type: "dyn", evaluate: () => undefined, node, inputs: [] };
}

/** Names of types, which are values. */
const TYPES: ReadonlySet<string> = new Set([
  ..."bool int uint double string bytes list map null_type type optional_type".split(" "),
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);

/** Whether a name means something by itself. */
export function isKnownName(name: string, scope: Scope): boolean {
  return scope.variables.has(name) || findAttribute(name) !== undefined || TYPES.has(name);
}

function evaluatorOf(getters: Getters, kind: SubjectKind, phase: StreamPhase): Evaluate {
  return (resolverOf(getters, kind, phase) as Evaluate | undefined) ?? (() => undefined);
}
