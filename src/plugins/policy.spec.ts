import { CommandRegistry } from '@lumino/commands';

import { TestArbiter } from '../testing/arbiter';
import { trans } from '../testing/draw';
import { kernel, node, snapshot } from '../testing/facts';
import { addPolicyCommand } from './policy';

// JupyterLab draws its dialogs by itself.
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = false;

async function dialog(): Promise<HTMLElement> {
  for (;;) {
    const found = document.querySelector<HTMLElement>('.jp-Dialog');
    // Its header is drawn a moment later, by React.
    if (found?.querySelector('.jp-Dialog-header')?.textContent) {
      return found;
    }
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}

function press(host: HTMLElement, label: string): void {
  [...host.querySelectorAll('button')].find(it => it.textContent === label)!.click();
}

describe('[UI8] the command that chooses how the node shares its CPUs', () => {
  let test: TestArbiter;
  let commands: CommandRegistry;
  const choose = (policy: string) => commands.execute('policy', { policy });

  beforeEach(() => {
    test = new TestArbiter();
    commands = new CommandRegistry();
    addPolicyCommand(commands, 'policy', test.model, trans);
    const ann = ['a', 'b', 'c', 'd', 'e'].map(it =>
      kernel({ id: it, name: `x/${it}.ipynb`, owner: 'ann', state: 'idle' })
    );
    const bob = kernel({ id: 'z', name: 'z.ipynb', owner: 'bob', state: 'running' });
    const holders = [...ann, bob];
    test.push(snapshot({ node: node({ name: 'n1', policy: 'dynamic' }), holders, claims: [] }));
  });

  afterEach(() => test.model.dispose());

  it('asks, says whom it concerns, and changes nothing when it is left', async () => {
    const chosen = choose('naive');
    const host = await dialog();
    expect(host.textContent).toContain('Do Not Arbitrate CPUs?');
    expect(host.textContent).toContain('how the whole node n1 shares its CPUs');
    expect(host.textContent).toContain(
      'It concerns 6 kernels: 5 kernels of ann (a.ipynb, b.ipynb, c.ipynb, d.ipynb and 1 more); ' +
        '1 kernel of bob (z.ipynb). One runs a cell now.'
    );
    press(host, 'Leave It');
    await chosen;
    expect(test.client.sent).toEqual([]);
  });

  it('names one owner once', async () => {
    test.push(snapshot({ node: node({ name: 'n1' }), holders: [kernel({ owner: 'ann' })] }));
    const chosen = choose('naive');
    const host = await dialog();
    expect(host.textContent).toContain('It concerns 1 kernel of ann (');
    press(host, 'Leave It');
    await chosen;
  });

  it('does it once that is agreed to', async () => {
    const chosen = choose('partitioned');
    press(await dialog(), 'For the Whole Node');
    await chosen;
    expect(test.client.sent).toEqual([['putPolicy', 'partitioned']]);
  });

  it('asks nothing where nothing would change', async () => {
    await choose('dynamic');
    expect(document.querySelector('.jp-Dialog')).toBeNull();
    expect(test.client.sent).toEqual([]);
  });
});
