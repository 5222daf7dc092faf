import { Dialog, type ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { DeathDialog } from './deathDialog';

const why = 'The kernel of this cell was killed: it reached the 1 GiB of memory granted.';
const path = 'a/work.ipynb';

describe('the dialog that a kernel died', () => {
  const statusChanged = new Signal<ISessionContext, Kernel.Status>({} as ISessionContext);
  let status: Kernel.Status;
  let death: DeathDialog;
  let opened: Dialog<unknown>[];

  beforeEach(() => {
    status = 'autorestarting';
    opened = [];
    const session = {
      path,
      get kernel() {
        return { status };
      }
    };
    death = new DeathDialog({ sessionContext: { session, statusChanged } } as never);
  });

  afterEach(() => {
    death.dispose();
    opened.forEach(it => it.dispose());
  });

  /** As the notebook panel opens it. */
  function open(body = `The kernel for ${path} appears to have died.`): Dialog<unknown> {
    const title = 'Kernel Restarting';
    const dialog = new Dialog({ title, body });
    opened.push(dialog);
    return dialog;
  }

  const told = (dialog: Dialog<unknown>) => dialog.node.querySelector('.cg-Death')?.textContent;

  it.each([['before it opens'], ['while it is open']])(
    '[MEM3] gives the reason, known %s',
    when => {
      when === 'before it opens' && death.explain(why);
      const dialog = open();
      when === 'while it is open' && death.explain(why);
      expect(told(dialog)).toBe(why);
      expect(dialog.node.getAttribute('aria-label')).toContain(why);
    }
  );

  it('says nothing in other dialogs, nor the reason of an earlier death', () => {
    death.explain(why);
    const other = open('The kernel for other.ipynb appears to have died.');
    status = 'busy';
    const later = open();
    statusChanged.emit('idle');
    status = 'autorestarting';
    expect([other, later, open()].map(told)).toEqual([undefined, undefined, undefined]);
  });
});
