import { nullTranslator } from '@jupyterlab/translation';
import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';

import type { KeeperCalls } from '../components/KeeperActions';

/** Recorded calls about keepers. */
export function keepersTo(calls: string[]): KeeperCalls {
  return {
    onFree: id => void calls.push(`free ${id}`),
    onRestart: id => void calls.push(`restart ${id}`),
    onRequest: (id, claimId) => void calls.push(`request ${id} for ${claimId}`),
    onDecline: id => void calls.push(`decline ${id}`),
    onRelease: id => void calls.push(`release ${id}`),
    onKeep: id => void calls.push(`keep ${id}`),
    onShutDown: id => void calls.push(`shut down ${id}`)
  };
}

/** Untranslated texts. */
export const trans = nullTranslator.load('jupyterlab_cellgrant');

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const drawn: { root: Root; host: HTMLElement }[] = [];

/** Draw an element into the document; {@link erase} removes it. */
export function draw(element: React.ReactElement): HTMLElement {
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  drawn.push({ root, host });
  React.act(() => root.render(element));
  return host;
}

/** Draw another element in place of a drawn one, and wait for what it starts. */
export async function redraw(host: HTMLElement, element: React.ReactElement): Promise<void> {
  await React.act(async () => drawn.find(it => it.host === host)!.root.render(element));
}

/** Remove everything that was drawn. */
export function erase(): void {
  for (const { root, host } of drawn.splice(0)) {
    React.act(() => root.unmount());
    host.remove();
  }
}

/** Click as a person does. */
export function click(element: Element | null): void {
  React.act(() => {
    element!.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
}

/** Type into an input of React, which listens to the setter of the prototype. */
export function type(input: HTMLInputElement, text: string): void {
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!;
  React.act(() => {
    set!.call(input, text);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

/** The button with this text. */
export function button(host: HTMLElement, text: string): HTMLButtonElement | null {
  return (
    [...host.querySelectorAll('button')].find(it => it.textContent?.trim().startsWith(text)) ?? null
  );
}
