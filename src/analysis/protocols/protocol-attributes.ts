import type { Exchange, ExchangeKind } from "../../model/index.ts";
import type { Attribute, Resolver } from "../filter/attributes/attribute.ts";
import { latestPhase } from "../filter/attributes/stream-phase.ts";
import type { KindAttribute } from "./kind-attribute.ts";
import { PROTOCOLS } from "./table.ts";

/** Every name that the protocols' rows have, each once, with the getter of the exchange's own kind behind it. */
export function listProtocolAttributes(): readonly Attribute[] {
  const byName = new Map<string, Map<ExchangeKind, KindAttribute<Exchange>>>();
  for (const { kind, attributes } of Object.values(PROTOCOLS))
    for (const attribute of attributes as unknown as readonly KindAttribute<Exchange>[]) {
      const kinds = byName.get(attribute.name) ?? new Map<ExchangeKind, KindAttribute<Exchange>>();
      byName.set(attribute.name, kinds.set(kind, attribute));
    }
  return [...byName.values()].map(joinKinds);
}

/** The documentation is the first kind's. */
function joinKinds(kinds: ReadonlyMap<ExchangeKind, KindAttribute<Exchange>>): Attribute {
  const rows = [...kinds.values()];
  const { name, type, doc, entry, octets, entryOctets, values, form, normalizeKey } = rows[0]!;
  return {
    name,
    type,
    doc,
    kinds: [...kinds.keys()],
    phase: latestPhase(rows.map(({ phase }) => phase)),
    get: { exchange: chooseByKind(kinds, ({ get }) => get) },
    ...(values && rows.length === 1 && { values }),
    ...(form && rows.length === 1 && { form }),
    ...(rows.some(({ ofBodies }) => ofBodies) && { ofBodies: true }),
    ...(normalizeKey && { normalizeKey }),
    ...(octets && rows.length === 1 && { octets: { exchange: chooseByKind(kinds, (one) => one.octets!) } }),
    ...(entryOctets &&
      rows.length === 1 && {
        entryOctets: (key: string) => ({ exchange: chooseByKind(kinds, (one) => one.entryOctets!(key)) }),
      }),
    ...(entry && { entry: (key) => ({ exchange: chooseByKind(kinds, (one) => one.entry!(key)) }) }),
  };
}

function chooseByKind(
  kinds: ReadonlyMap<ExchangeKind, KindAttribute<Exchange>>,
  getterOf: (attribute: KindAttribute<Exchange>) => Resolver<Exchange>,
): Resolver<Exchange> {
  let choose: Resolver<Exchange> = () => undefined;
  for (const [kind, attribute] of [...kinds].reverse()) {
    const [get, others] = [getterOf(attribute), choose];
    choose = (exchange) => (exchange.kind === kind ? get(exchange) : others(exchange));
  }
  return choose;
}
