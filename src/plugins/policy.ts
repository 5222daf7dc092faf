import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { HolderView, Snapshot } from '../../server/protocol/view';
import { baseName } from '../format';
import type { IArbiter } from '../tokens';

/** How CPUs can be shared; the names are those of the API. */
export const POLICIES = ['dynamic', 'partitioned', 'naive'] as const;

/** How many notebooks of one owner are named. */
const NAMED_MAX = 4;

/** How long a refusal stays visible, in ms. */
const SHOWN_MS = 8000;

/**
 * Adds the command that chooses how the node shares its CPUs.
 *
 * #### Notes
 * It affects everybody's kernels, so it asks first, and names the owners.
 */
export function addPolicyCommand(
  commands: CommandRegistry,
  id: string,
  arbiter: IArbiter,
  trans: TranslationBundle
): void {
  const labels: Readonly<Record<string, string>> = {
    dynamic: trans.__('Share CPUs Dynamically'),
    partitioned: trans.__('Share CPUs by Fixed Partition'),
    naive: trans.__('Do Not Arbitrate CPUs')
  };
  commands.addCommand(id, {
    label: ({ policy }) => labels[String(policy)] ?? trans.__('Set the CPU Policy'),
    caption: trans.__('Choose how this node shares its CPUs, for everybody on it'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          policy: {
            type: 'string',
            description: trans.__('How CPUs are shared'),
            oneOf: POLICIES.map(policy => ({ const: policy, title: labels[policy] ?? policy }))
          }
        },
        required: ['policy']
      }
    },
    isToggled: ({ policy }) => arbiter.snapshot?.node.policy === policy,
    isEnabled: () => arbiter.connection.state === 'live',
    execute: async ({ policy }) => {
      const { snapshot } = arbiter;
      const wanted = String(policy);
      if (snapshot?.node.policy === wanted) {
        return;
      }
      const title = trans.__('%1?', labels[wanted] ?? wanted);
      if (snapshot && !(await ask(title, wordsOf(snapshot, wanted, trans), trans))) {
        return;
      }
      try {
        await arbiter.setPolicy(wanted);
      } catch (error) {
        Notification.error((error as Error).message, { autoClose: SHOWN_MS });
      }
    }
  });
}

async function ask(title: string, body: string, trans: TranslationBundle): Promise<boolean> {
  const { button } = await showDialog({
    title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Leave It') }),
      Dialog.warnButton({ label: trans.__('For the Whole Node') })
    ],
    defaultButton: 0
  });
  return button.accept;
}

/** What would change, and for which owners. */
function wordsOf({ node, holders }: Snapshot, policy: string, trans: TranslationBundle): string {
  const running = holders.filter(it => it.state === 'running').length;
  const of = new Map<string, HolderView[]>();
  for (const kernel of holders) {
    of.set(kernel.owner, [...(of.get(kernel.owner) ?? []), kernel]);
  }
  const whose = [...of].map(([owner, theirs]) => ofOwner(owner, theirs, trans));
  return [
    trans.__(
      'This changes how the whole node %1 shares its CPUs, until it is changed again.',
      node.name
    ),
    policy === 'naive' ? trans.__('Cells that want the same CPUs will slow each other down.') : '',
    holders.length
      ? whose.length === 1
        ? trans.__('It concerns %1.', whose[0])
        : trans.__('It concerns %1 kernels: %2.', holders.length, whose.join('; '))
      : trans.__('No kernel runs on it now.'),
    running ? trans._n('One runs a cell now.', '%1 of them run cells now.', running) : ''
  ]
    .filter(Boolean)
    .join(' ');
}

/** The kernels of one owner: `3 kernels of ann (a.ipynb, b.ipynb, c.ipynb)`. */
function ofOwner(owner: string, kernels: readonly HolderView[], trans: TranslationBundle): string {
  const names = kernels.slice(0, NAMED_MAX).map(it => baseName(it.name));
  const more = kernels.length - names.length;
  const listed = more ? trans.__('%1 and %2 more', names.join(', '), more) : names.join(', ');
  return trans._n('%1 kernel of %2 (%3)', '%1 kernels of %2 (%3)', kernels.length, owner, listed);
}
