import { fieldOf, valuesVersion } from "../state/field-values.ts";
import { language, loadLanguage } from "../state/filter-language.ts";
import { showText, UNKNOWN } from "../text/format.ts";
import type { Column } from "./columns.tsx";

/** The names of columns of fields begin with it. */
const MARK = "@";

export const FIELD_CLASS = "field";

/** The name of the column that shows a field: an attribute, or any expression of the filter language. */
export function fieldColumnName(field: string): string {
  return MARK + field;
}

/** The column of such a name; undefined where it is none, or its field is wrong. */
export function fieldColumn(name: string): Column | undefined {
  if (!name.startsWith(MARK)) return undefined;
  const field = name.slice(MARK.length);
  if (language.value === undefined) void loadLanguage();
  else if (fieldProblem(field) !== undefined) return undefined;
  return {
    name,
    className: FIELD_CLASS,
    label: field,
    width: "minmax(90px, 1fr)",
    condition: ({ id }) => fieldOf(id, field)?.condition,
    show: ({ id }) => <FieldCell id={id} field={field} />,
  };
}

/** What is wrong with a field, as the filter language says it; nothing as long as that is not there. */
export function fieldProblem(field: string): string | undefined {
  const loaded = language.value;
  if (loaded === undefined) return undefined;
  const known = PROBLEMS.get(field);
  if (known !== undefined) return known === "" ? undefined : known;
  let problem = "";
  try {
    loaded.compileField(field, { name: "column" });
  } catch (error) {
    problem = (error as Error).message;
  }
  if (PROBLEMS.size > MAX_PROBLEMS) PROBLEMS.clear();
  PROBLEMS.set(field, problem);
  return problem === "" ? undefined : problem;
}

const PROBLEMS = new Map<string, string>();
const MAX_PROBLEMS = 200;

/** Attributes of exchanges, to choose from. */
export function fieldNames(): readonly string[] {
  const attributes = language.value?.ATTRIBUTES ?? [];
  return attributes.filter(({ get }) => get.exchange !== undefined).map(({ name }) => name);
}

function FieldCell({ id, field }: { readonly id: number; readonly field: string }) {
  valuesVersion.value;
  // One that is wrong is not asked for.
  const value = language.value === undefined ? undefined : fieldOf(id, field);
  if (value === undefined) return <span class="grey" />;
  if (value === null) return <i class="unknown">{UNKNOWN}</i>;
  if (value.text === "") return <i class="unknown">‹empty›</i>;
  const text = showText(value.text);
  return <span title={text}>{text}</span>;
}
