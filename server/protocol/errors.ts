import type { Caller } from './caller';
import { CATALOGUE, type RefusalCode } from './catalogue';
import type { Template } from './claimRefusals';
import { detailInWords, type Detail } from './details';
import { OTHERWISE } from './otherwise';
import { ENGLISH, type Speaker } from './phrases';

/** One refusal: which entry, and what fills it. */
export type Refusal = {
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, Detail>>;
};

/** Make a refusal. */
export function refusal(code: RefusalCode, details: Refusal['details'] = {}): Refusal {
  return { code, details };
}

/** The refusal of a claim that a person cancelled while it waited for something, with their reason if they gave one. */
export function cancelled(by: Pick<Caller, 'name'>, why: string | null, resource: Detail): Refusal {
  return refusal('CANCELLED', { by: by.name, why: why === null ? '' : ` (${why})`, resource });
}

/** The sentence of a refusal, its details filled in. */
export function sentenceOf({ code, details }: Refusal, speaker: Speaker = ENGLISH): string {
  const otherwise: Partial<Record<RefusalCode, Template>> = OTHERWISE[speaker.of];
  const template = otherwise[code] ?? CATALOGUE[code].sentence;
  return template(speaker.trans).replace(/\{(\w+)\}/g, (_, name: string) => {
    const detail = name === 'option' ? optionOf(String(details['path'])) : details[name];
    return detailInWords(detail ?? `(${name} unknown)`, speaker);
  });
}

/** What the command line calls a hint: `--gpu-memory` for `gpuMemory`. */
function optionOf(path: string): string {
  const hint = /^\w*/.exec(path)![0];
  return `--${hint.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}
