import { LOG_LEVELS, Status } from "../abi.ts";
import type { Guest } from "../context.ts";

export const SYSTEM_FUNCTIONS = {
  proxy_log(guest: Guest, level: number, text: number, size: number): number {
    const name = LOG_LEVELS[level];
    if (name === undefined) return Status.BadArgument;
    const message = guest.memory.text(text, size);
    if (level >= LOG_LEVELS.indexOf(guest.services.logLevel)) guest.services.log(name, message);
    return Status.Ok;
  },

  proxy_get_log_level(guest: Guest, level: number): number {
    guest.memory.writeUint32(level, LOG_LEVELS.indexOf(guest.services.logLevel));
    return Status.Ok;
  },

  proxy_get_current_time_nanoseconds(guest: Guest, time: number): number {
    guest.memory.writeUint64(time, guest.services.now());
    return Status.Ok;
  },

  proxy_set_tick_period_milliseconds(guest: Guest, millis: number): number {
    if (guest.context === undefined) return Status.BadArgument;
    guest.setTick(guest.context.rootId, millis >>> 0);
    return Status.Ok;
  },

  proxy_set_effective_context: (guest: Guest, id: number): number =>
    guest.switchContext(id >>> 0) ? Status.Ok : Status.BadArgument,

  proxy_done: (guest: Guest): number => guest.done(),

  // Emscripten's, which proxies have too.
  emscripten_notify_memory_growth: (): number => 0,
  pthread_equal: (_guest: Guest, a: number, b: number): number => (a === b ? 1 : 0),
};
