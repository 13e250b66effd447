import type { TapKind } from "../../tap/config/tap-site.ts";
import type { ActiveTap } from "../../tap/index.ts";

/**
 * Which `config_id`s the running configuration has, and which taps were asked for on each of them. Any number may be attached
 * at once, on one id too (Envoy allows one in the whole process).
 */
export class TapRegistry {
  #ids = new Map<string, Set<TapKind>>();
  readonly #taps = new Map<string, readonly ActiveTap[]>();

  /** These are the extensions with `admin_config` from now on. Taps that are attached stay, whether their id does or not. */
  configure(extensions: readonly { readonly configId: string; readonly kind: TapKind }[]): void {
    this.#ids = new Map();
    for (const { configId, kind } of extensions)
      this.#ids.set(configId, (this.#ids.get(configId) ?? new Set()).add(kind));
  }

  /** The kinds of taps under an id. */
  kindsOf(configId: string): readonly TapKind[] {
    return [...(this.#ids.get(configId) ?? [])];
  }

  /** Whether there is any extension: otherwise there is no `/tap`. */
  get hasExtensions(): boolean {
    return this.#ids.size > 0;
  }

  has(configId: string): boolean {
    return this.#ids.has(configId);
  }

  /** The taps in force for an id, in the order in which they were attached. */
  active(configId: string): readonly ActiveTap[] {
    return this.#taps.get(configId) ?? NONE;
  }

  /** How many taps are attached, to all ids together. */
  get attachedCount(): number {
    let count = 0;
    for (const taps of this.#taps.values()) count += taps.length;
    return count;
  }

  /** Puts a tap in force for streams and connections that begin from now on. Gives what ends that. */
  attach(configId: string, tap: ActiveTap): () => void {
    this.#taps.set(configId, [...this.active(configId), tap]);
    return () => {
      const left = this.active(configId).filter((other) => other !== tap);
      if (left.length === 0) this.#taps.delete(configId);
      else this.#taps.set(configId, left);
    };
  }

  /** For `/tap/status`: how many taps are attached to each id. */
  status(): { readonly configId: string; readonly attached: number }[] {
    return [...this.#ids.keys()].sort().map((configId) => ({ configId, attached: this.active(configId).length }));
  }
}

const NONE: readonly ActiveTap[] = [];
