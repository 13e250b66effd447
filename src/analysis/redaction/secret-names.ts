import { TextMemo } from "../../wire/text/text-memo.ts";
import { normaliseName, SECRET_ENDING } from "./rules.ts";

/** Which names of parameters, members and fields say that their values are secret. Each name is looked at once. */
export class SecretNames {
  readonly #names: ReadonlySet<string>;
  readonly #excepted: ReadonlySet<string>;
  readonly #known = new TextMemo(MAX_NAMES, (name) => this.#classify(name));

  /** @param names normalised; @param excepted normalised: those that are let through whatever they end in */
  constructor(names: ReadonlySet<string>, excepted: ReadonlySet<string>) {
    this.#names = names;
    this.#excepted = excepted;
  }

  /** @param name as it was sent: percent-encoded maybe, and with what it is a part of: `user[password]`, `user.password` */
  has(name: string): boolean {
    return this.#known.get(name);
  }

  #classify(name: string): boolean {
    const decoded = decodeName(name);
    const last = /(?:^|[[.])([^[\].]{1,64})[\].]*$/.exec(decoded)?.[1] ?? decoded;
    return this.#isSecret(normaliseName(decoded)) || (last !== decoded && this.#isSecret(normaliseName(last)));
  }

  #isSecret(name: string): boolean {
    return this.#names.has(name) || (SECRET_ENDING.test(name) && !this.#excepted.has(name));
  }
}

/** Names that are remembered. */
const MAX_NAMES = 1024;

function decodeName(name: string): string {
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
