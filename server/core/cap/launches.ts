import { refusal, type Refusal } from '../../protocol/errors';
import type { Account } from '../entries';
import type { Event, NewKernel } from '../events';
import { userOf } from '../policy/membership';
import type { State } from '../state';
import { accountsOf, forgetIfEmpty, type Launch } from './account';
import { leftOf } from './counting';

/** A launch whose kernel has not arrived after this long has failed, in ms. */
export const LAUNCH_MAX_MS = 60_000;

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

function accountsOfNew(state: State, kernel: NewKernel): readonly Account[] {
  return accountsOf(state.accounts, userOf(state.shares, kernel, state.nowMs));
}

/**
 * CAP5: why a kernel may not be launched, or null. Counts those that are being launched; a kernel
 * that lives, or is being launched, may be launched again: it counts once.
 */
export function whyNotLaunch(state: State, kernel: NewKernel): Refusal | null {
  if (!state.accounts.isOn || state.holders.has(kernel.id) || state.launches.has(kernel.id)) {
    return null;
  }
  const full = accountsOfNew(state, kernel).find(it => leftOf(it, 'kernels') < 1);
  return full
    ? refusal('KERNELS_CAPPED', {
        whose: { kind: 'capOwner', ...full.owner },
        count: { kind: 'kernels', count: full.used.kernels }
      })
    : null;
}

/** A kernel is being launched: it counts from now on. */
export function onKernelLaunching(state: State, { kernel }: Of<'kernelLaunching'>): void {
  const isCapped = accountsOfNew(state, kernel).some(it => it.most.kernels < Infinity);
  if (isCapped && !state.holders.has(kernel.id)) {
    endLaunch(state, kernel.id);
    const launch = { kernel, accounts: [], sinceMs: state.nowMs };
    state.launches.set(kernel.id, launch);
    enterLaunch(state, launch);
  }
}

/** A launch has failed. */
export function onLaunchFailed(state: State, { holderId }: Of<'launchFailed'>): void {
  endLaunch(state, holderId);
}

/** A launch is over: its kernel lives, or never will. */
export function endLaunch(state: State, holderId: string): void {
  const launch = state.launches.get(holderId);
  state.launches.delete(holderId);
  for (const account of launch?.accounts ?? []) {
    account.launching.delete(holderId);
    account.used.kernels -= 1;
    forgetIfEmpty(state.accounts, account);
  }
}

/** End the launches whose kernel should have arrived long ago. */
export function expireLaunches(state: State): void {
  for (const [holderId, { sinceMs }] of state.launches) {
    state.nowMs - sinceMs > LAUNCH_MAX_MS && endLaunch(state, holderId);
  }
}

/** Count all launches in the accounts of a new configuration. */
export function moveLaunches(state: State): void {
  state.launches.forEach(launch => enterLaunch(state, launch));
}

function enterLaunch(state: State, launch: Launch): void {
  launch.accounts = accountsOfNew(state, launch.kernel);
  for (const account of launch.accounts) {
    account.launching.add(launch.kernel.id);
    account.used.kernels += 1;
  }
}
