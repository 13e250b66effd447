import { ATTRIBUTES, isAttributeGroup, UNAVAILABLE } from "./attributes/table.ts";
import type { Range } from "./compiled.ts";
import { FilterFault } from "./filter-error.ts";
import { suggestAttribute } from "./suggestion.ts";

/** What is wrong with a name that no attribute has. */
export function unknownName(name: string, { start, end }: Range, text: string): FilterFault {
  const reason = UNAVAILABLE[name];
  if (reason !== undefined) return new FilterFault(`${name} is not available here: ${reason}`, start, end);
  if (isAttributeGroup(name)) {
    const members = ATTRIBUTES.filter((attribute) => attribute.name.startsWith(`${name}.`));
    const some = members.slice(0, 4).map((attribute) => attribute.name);
    return new FilterFault(`${name} is a group of attributes`, start, end, `choose one: ${some.join(", ")}, …`);
  }
  const header = /(\w+\.(?:headers|trailers))\.([\w]+)\s*-\s*$/.exec(text.slice(0, start));
  if (header !== null)
    return new FilterFault(
      `${header[2]}-${name} has to be quoted`,
      header.index,
      end,
      `write ${header[1]}['${header[2]}-${name}']`,
    );
  if (/^[A-Z]+$/.test(name))
    return new FilterFault(`${name} is no attribute`, start, end, `a text is quoted: '${name}'`);
  return new FilterFault(`there is no attribute ${name}`, start, end, suggestAttribute(name));
}
