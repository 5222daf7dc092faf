import type { Effect } from '../core/effects';
import { EVEN_SHARING, plainGroup, type Group, type Sharing } from '../core/policy/groups';
import { shareOf } from '../core/policy/shareTree';
import { bytesInWords } from '../protocol/amounts';
import { listOrNull, type Grant } from '../protocol/grant';
import { parseTags } from '../protocol/hintEntries';
import { parseBytes, parseSpan } from '../protocol/hints';
import { ANN, cpusOf, gpusOf, Harness, nodeOf, slicesOf } from './harness';

/** A configuration of groups, of which only what differs is said. */
export function sharingOf(
  groups: readonly (Partial<Group> & { readonly name: string })[],
  more: Partial<Sharing> = {}
): Sharing {
  return {
    ...EVEN_SHARING,
    ...more,
    groups: groups.map(it => ({ ...plainGroup(it.name), ...it }))
  };
}

/** What one line of a scenario says: a verb, its words, and what is expected of it. */
type Line = { readonly verb: string; readonly words: readonly string[]; readonly expected: string };

function parseLine(text: string): Line {
  const [action = '', expected = ''] = text.split('->').map(part => part.trim());
  const [verb = '', ...words] = action.split(/\s+/);
  return { verb, words, expected };
}

/** `name=value` words as a record. */
function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map(word => word.split('=') as [string, string]));
}

/**
 * `node 2 cores x 2 threads, 1 gpus, 64 GiB, masks`: a machine; the first line.
 * A cache spans 4 cores and a memory node 8; 4 GiB are kept back; slices are of
 * one GPU instance.
 */
function nodeFrom(text: string): Harness {
  const number = (unit: string, otherwise: number) =>
    Number(new RegExp(`(\\d+) ${unit}`).exec(text)?.[1] ?? otherwise);
  const cpus = cpusOf({
    cores: number('cores', 4),
    threads: number('threads', 1),
    coresPerCache: 4,
    coresPerNuma: 8
  });
  return new Harness(
    nodeOf({
      cpus,
      gpus: [...gpusOf(number('gpus', 0)), ...slicesOf(number('slices', 0))],
      memoryBytes: number('GiB', 64) * 1024 ** 3,
      sharesByWeight: !text.includes('masks')
    })
  );
}

/** Threads are told where a grant is about nothing else. */
function grantInWords(grant: Grant): string {
  const isAboutCpus = grant.cpus === null && grant.memoryBytes === null && !grant.gpus.length;
  const parts = [
    listOrNull(grant.cpus) ?? 'all',
    isAboutCpus && grant.threads !== null ? `with ${grant.threads} threads` : '',
    grant.memoryBytes === null ? '' : bytesInWords(grant.memoryBytes),
    ...grant.gpus
  ];
  return parts.filter(Boolean).join(' ');
}

/**
 * A table of what happens and what the core answers, on a simulated clock.
 *
 * #### Notes
 * Lines: `kernel NAME [owner=U] [group=A/B] [inside=KERNEL]`, `claim KERNEL [hint=value ...]`,
 * `end KERNEL`, `gone KERNEL`, `cancel KERNEL`, `up KERNEL`, `release KERNEL`, `use KERNEL [cpus=1] [seconds=2]
 * [memory=1GiB]`, `others AMOUNT`, `wait SPAN`, `policy NAME`, `packs threads` or `packs nothing`;
 * and questions: `held KERNEL`, `share KERNEL`, `writes`. After `->` stands what is ordered beside
 * confinements, of other kernels with their names; nothing means nothing.
 * A kernel comes with its first claim. Every line checks all invariants.
 */
class Scenario {
  constructor(
    private readonly _harness: Harness,
    sharing: Sharing | null
  ) {
    sharing && _harness.send({ type: 'configured', sharing });
  }

  /** Do one line; what was answered. */
  answer({ verb, words }: Line): string {
    const [subject = '', ...rest] = words;
    const it = this._harness;
    switch (verb) {
      case 'kernel': {
        const { owner = 'user', group = '', inside = null } = pairs(rest);
        const path = group.split('/').filter(Boolean);
        return this._told(subject, it.holder(subject, owner, path, inside));
      }
      case 'claim':
        return this._told(subject, this._claim(subject, rest));
      case 'end':
        return this._told(subject, it.end(this._latest(subject)));
      case 'gone':
        return this._told(subject, it.send({ type: 'holderGone', holderId: subject }));
      case 'cancel': {
        const claimId = this._latest(subject);
        return this._told(subject, it.send({ type: 'claimCancelled', claimId, by: ANN }));
      }
      case 'up':
        return this._told(subject, it.send({ type: 'movedUp', claimId: this._latest(subject) }));
      case 'release':
        return this._told(subject, it.send({ type: 'holdReleased', holderId: subject, by: ANN }));
      case 'use':
        return this._told(subject, this._use(subject, pairs(rest)));
      case 'wait':
        return this._told('', it.wait(parseSpan(words.join(' ')) ?? 0));
      case 'packs': {
        const packs = subject === 'threads';
        return this._told('', it.send({ type: 'packingFound', packs }));
      }
      case 'others': {
        const totalBytes = it.state.node?.memoryBytes ?? 0;
        const bytes = parseBytes(subject) ?? 0;
        return this._told('', it.send({ type: 'othersMeasured', bytes, totalBytes }));
      }
      case 'policy':
        return this._told(
          '',
          it.send({ type: 'policyChosen', policy: subject as 'naive', by: ANN })
        );
      default:
        return this._question(verb, subject);
    }
  }

  private _question(verb: string, subject: string): string {
    const it = this._harness;
    const { cpus, weight, idle, memoryBytes } = it.confinement(subject);
    switch (verb) {
      case 'held':
        return [
          listOrNull(cpus) ?? 'all',
          weight === 100 ? '' : `weight ${weight}`,
          idle ? 'idle' : '',
          memoryBytes === null ? '' : bytesInWords(memoryBytes)
        ]
          .filter(Boolean)
          .join(' ');
      case 'share': {
        const { running } = it.state.holders.get(subject)!;
        const shares = [...running].map(({ phase: { leaf } }) =>
          leaf ? shareOf(it.state.shares, leaf) : 0
        );
        return String(Number(shares.reduce((sum, share) => sum + share, 0).toFixed(2)));
      }
      case 'writes':
        return String(it.writes);
      default:
        throw new Error(`a scenario has no line "${verb}"`);
    }
  }

  private _claim(kernel: string, words: readonly string[]): Effect[] {
    this._harness.state.holders.has(kernel) || this._harness.holder(kernel);
    const source = words.find(word => word.startsWith('source='))?.slice('source='.length);
    const tags = words.filter(word => !word.startsWith('source='));
    const { hints, problems } = parseTags(tags);
    if (problems.length || Object.keys(hints).length < tags.length) {
      throw new Error(`a scenario has a claim "${words.join(' ')}" that is no hint`);
    }
    this._made += 1;
    const id = `${kernel}.${this._made}`;
    this._last.set(kernel, id);
    return this._harness.claim(id, kernel, hints, source ? { sourceHash: source } : {});
  }

  private _use(holderId: string, figures: Record<string, string>): Effect[] {
    return this._harness.measure(holderId, {
      cpusBusy: Number(figures.cpus ?? 0),
      cpuSeconds: Number(figures.seconds ?? 0),
      memoryBytes: parseBytes(figures.memory) ?? 0
    });
  }

  private _latest(kernel: string): string {
    return this._last.get(kernel) ?? `${kernel} never claimed`;
  }

  private _told(subject: string, effects: readonly Effect[]): string {
    return effects
      .flatMap(effect => {
        const said = this._inWords(effect);
        const whose =
          'holderId' in effect && effect.holderId !== subject ? `${effect.holderId} ` : '';
        return said === null ? [] : [`${whose}${said}`];
      })
      .join(', ');
  }

  private _inWords(effect: Effect): string | null {
    const waiting = (claimId: string) =>
      this._harness.state.queue.find(entry => entry.claim.id === claimId)?.phase.reason.resource;
    switch (effect.type) {
      case 'confine':
      case 'bind':
      case 'stand':
      case 'remask':
      case 'keep':
      case 'attend':
      case 'cull':
      case 'culled':
      case 'executed':
      case 'assign':
        return null;
      case 'grant':
        return `gets ${grantInWords(effect.grant)}`;
      case 'regrant':
        return `moves to ${listOrNull(effect.grant.cpus) ?? 'all'}`;
      case 'wait':
        return `waits ${waiting(effect.claimId)} ${effect.position}`;
      case 'refuse':
        return `refused ${effect.refusal.code}`;
      case 'interrupt':
        return `interrupted ${effect.refusal.code}`;
      case 'free':
        return `is asked to free ${effect.gpus.join(' ')}`;
      case 'killed':
        return `was killed ${effect.refusal.code}`;
    }
  }

  private _made = 0;
  private readonly _last = new Map<string, string>();
}

/** A test from a table of events and answers; its name quotes the rule. */
export function scenario(name: string, table: string, sharing: Sharing | null = null): void {
  it(name, () => {
    const lines = table.split('\n').filter(line => line.trim() !== '');
    const machine = lines[0]?.trim() ?? '';
    const run = new Scenario(nodeFrom(machine), sharing);
    const rest = machine.startsWith('node') ? lines.slice(1) : lines;
    const seen = rest.map(text => {
      const line = parseLine(text);
      const answer = run.answer(line);
      return answer === line.expected ? text : `${text.split('->')[0]!.trimEnd()}   -> ${answer}`;
    });
    expect(seen.join('\n')).toBe(rest.join('\n'));
  });
}
