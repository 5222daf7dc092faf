import { hasTerminal } from './host/terminal';
import type { Options } from './options';

/** After a hangup a closed terminal is gone within this time, in ms. */
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
 * SIGHUP requests a reload of the configuration, as for any daemon; but it is
 * also sent when the sidecar's terminal is closed, and then the sidecar must
 * stop. The two differ in whether the terminal still exists.
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
