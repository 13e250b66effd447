import { type Place, TaplineError } from "../../../model/index.ts";
import { type DocumentNode, describeNode } from "../../../wire/config-document/index.ts";
import { expandValue, readFlag } from "./read-rover-values.ts";
import { SAMPLE_OF_HOST, SAMPLE_OF_POD } from "./sample-context.ts";
import { parseCondition, parseTemplate, type Template, type TemplateContext } from "./template.ts";

/** Names for the processes that it applies to. */
export interface ProcessNames {
  readonly layer: string;
  readonly service: Template;
  readonly instance: Template;
  readonly process: Template;
  readonly labels: readonly string[];
}

/** Names for processes in pods, where all filters are true. */
export interface ProcessAnalyzer extends ProcessNames {
  readonly isActive: boolean;
  readonly matches: (context: TemplateContext) => boolean;
  readonly filters: readonly string[];
}

/** Names for any processes: what is given must all be so. */
export interface ProcessRule extends ProcessNames {
  readonly command: string | undefined;
  readonly port: number | undefined;
  readonly cgroup: string | undefined;
  readonly pid: number | undefined;
  readonly unit: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The fields of an analyzer or a rule: texts, and lists of texts, as the file has them; and where. */
export interface NameFields {
  readonly place?: Place | undefined;
  readonly texts: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

const NAME_FIELDS = ["layer", "service_name", "instance_name", "process_name", "labels"];

/** @throws TaplineError (`configuration`) with line and column */
export function readAnalyzer(node: DocumentNode, environment: Environment): ProcessAnalyzer {
  return makeAnalyzer(readFields(node, ["active", "filters", ...NAME_FIELDS]), environment);
}

/** @throws TaplineError (`configuration`), also for a field or a method that templates do not have */
export function makeAnalyzer(fields: NameFields, environment: Environment): ProcessAnalyzer {
  const { place, lists } = fields;
  const texts = expandTexts(fields, environment);
  const text = texts.get("filters");
  const listed = lists.get("filters")?.map((one) => expandValue(one, environment).text);
  const filters = listed ?? (text === undefined ? [] : [text]);
  const conditions = filters.map((filter) =>
    placed(place, () => {
      const condition = parseCondition(filter);
      condition(SAMPLE_OF_POD);
      return condition;
    }),
  );
  return {
    ...readNames(place, texts, SAMPLE_OF_POD, "K8S_SERVICE", "{{.Pod.Name}}"),
    isActive: readFlag({ text: texts.get("active") || "true", from: "file", ...(place && { place }) }, "active"),
    filters,
    matches: (context) => conditions.every((condition) => condition(context)),
  };
}

/** @throws TaplineError (`configuration`) with line and column */
export function readRule(node: DocumentNode, environment: Environment): ProcessRule {
  const fields = readFields(node, ["command", "port", "cgroup", "pid", "unit", ...NAME_FIELDS]);
  const texts = expandTexts(fields, environment);
  const number = (name: string): number | undefined => {
    const text = texts.get(name);
    if (text !== undefined && !/^\d{1,9}$/.test(text))
      refuse(node.place, `${name}: expected a number, found '${text}'`);
    return text === undefined ? undefined : Number(text);
  };
  const rule = {
    ...readNames(node.place, texts, SAMPLE_OF_HOST, "OS_LINUX", "{{.Rover.HostName}}"),
    command: texts.get("command"),
    port: number("port"),
    cgroup: texts.get("cgroup"),
    pid: number("pid"),
    unit: texts.get("unit"),
  };
  if ((rule.command ?? rule.port ?? rule.cgroup ?? rule.pid ?? rule.unit) === undefined)
    refuse(node.place, "a rule says which processes: command, port, cgroup, pid or unit");
  return rule;
}

/** Each template is tried on a sample: a field that there is not is found now, not when a process comes. */
function readNames(
  place: Place | undefined,
  texts: ReadonlyMap<string, string>,
  sample: TemplateContext,
  layer: string,
  instance: string,
): ProcessNames {
  const template = (name: string, otherwise?: string): Template => {
    const text = texts.get(name) || otherwise;
    if (text === undefined) return refuse(place, `${name} is missing`);
    return placed(place, () => {
      const parsed = parseTemplate(text);
      parsed.render(sample);
      return parsed;
    });
  };
  return {
    layer: texts.get("layer") || layer,
    service: template("service_name"),
    instance: template("instance_name", instance),
    process: template("process_name", "{{.Process.ExeName}}"),
    labels: (texts.get("labels") ?? "").split(",").filter((label) => label !== ""),
  };
}

function readFields(node: DocumentNode, known: readonly string[]): NameFields {
  if (node.kind !== "mapping") return refuse(node.place, `expected keys, found ${describeNode(node)}`);
  const texts = new Map<string, string>();
  const lists = new Map<string, string[]>();
  for (const { key, keyPlace, value } of node.entries) {
    const name = key.toLowerCase();
    if (!known.includes(name)) refuse(keyPlace, `there is no key ${key} here; there are ${known.join(", ")}`);
    if (value.kind === "sequence") lists.set(name, value.items.map(readText));
    else texts.set(name, readText(value));
  }
  return { place: node.place, texts, lists };
}

function readText(value: DocumentNode): string {
  if (value.kind !== "scalar") return refuse(value.place, `expected a value, found ${describeNode(value)}`);
  return value.value === null ? "" : String(value.value);
}

function expandTexts({ texts }: NameFields, environment: Environment): Map<string, string> {
  return new Map([...texts].map(([name, text]) => [name, expandValue(text, environment).text]));
}

function placed<Result>(place: Place | undefined, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (error instanceof TaplineError)
      throw new TaplineError("configuration", error.message, {
        ...(place !== undefined && { place }),
        ...(error.hint !== undefined && { hint: error.hint }),
      });
    throw error;
  }
}

function refuse(place: Place | undefined, message: string): never {
  throw new TaplineError("configuration", message, place === undefined ? {} : { place });
}
