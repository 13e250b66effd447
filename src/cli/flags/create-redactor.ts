import {
  PERSONAL_CLASSES,
  type PersonalClass,
  type Redactor,
  type RedactorOptions,
} from "../../analysis/redaction/index.ts";
import { chooseRunKey, createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { TaplineError } from "../../model/index.ts";
import { readRedactionKey } from "../../source/redaction-key.ts";
import { type RedactFlags, splitNames } from "./redact-flags.ts";

/** Undefined: nothing is to be hidden. @throws TaplineError (`usage`) */
export function createRedactor(flags: RedactFlags): Redactor | undefined {
  if (flags.redact !== false) return createNodeRedactor(readRules(flags));
  const { redactNames, redactHeaders, redactExcept, redactPii, redactKey } = flags;
  if (redactNames ?? redactHeaders ?? redactExcept ?? redactPii ?? redactKey)
    throw new TaplineError("usage", "--no-redact hides nothing, and the other --redact flags say what to hide");
  return undefined;
}

/** Has every mark of this process made with the key of `--redact-key`, whoever writes it. @throws TaplineError (`usage`) */
export function useRedactKey({ redactKey }: RedactFlags): void {
  if (redactKey !== undefined) chooseRunKey(readRedactionKey(redactKey));
}

/** @throws TaplineError (`usage`) */
export function readRules(flags: RedactFlags): RedactorOptions {
  useRedactKey(flags);
  const { redactNames: names = [], redactHeaders: headers = [], redactExcept: except = [], redactPii } = flags;
  return {
    also: { names, headers },
    except,
    personal: readClasses(redactPii),
  };
}

function readClasses(flag: true | string | undefined): readonly PersonalClass[] {
  if (flag === undefined) return [];
  if (flag === true) return PERSONAL_CLASSES;
  return splitNames(flag).map((name) => {
    const known = PERSONAL_CLASSES.find((one) => one === name);
    if (known !== undefined) return known;
    throw new TaplineError("usage", `--redact-pii: there is no class ${name}`, { hint: PERSONAL_CLASSES.join(", ") });
  });
}
