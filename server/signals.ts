import { hasTerminal } from './host/terminal';
import type { Options } from './options';

/** After a hang-up a terminal is gone within this time, in ms, if it was closed. */
const HANGUP_MS = 100;

/** Stop at the first signal, or when the parent is gone. */
export function stopWhenAsked({ withParent }: Options, stop: (why: string) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop(signal));
  }
  if (withParent) {
    process.stdin.on('error', () => stop('the parent is gone'));
    process.stdin.on('close', () => stop('the parent is gone'));
    process.stdin.resume();
  }
}

/**
 * SIGHUP asks to read the configuration again, as of any daemon; but it also
 * comes when the terminal is closed that a sidecar runs in, and then it is to
 * end. What tells them apart is whether the terminal is still there.
 */
export function reloadWhenAsked(stop: (why: string) => void, reload: () => Promise<void>): void {
  const hadTerminal = hasTerminal();
  let isAsked = false;
  const decide = () => {
    isAsked = false;
    hadTerminal && !hasTerminal() ? stop('its terminal was closed') : void reload();
  };
  process.on('SIGHUP', () => {
    isAsked || setTimeout(decide, HANGUP_MS);
    isAsked = true;
  });
}
