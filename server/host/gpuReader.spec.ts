import { behaving, SMI as command } from '../testing/standInGpu';
import { GpuReader } from './gpuReader';

describe('the reader', () => {
  /** Run a reader until enough was told. */
  async function listen(
    behaviour: Readonly<Record<string, string>>,
    enough: (told: readonly string[]) => boolean
  ): Promise<readonly string[]> {
    const told: string[] = [];
    await behaving(
      behaviour,
      () =>
        new Promise<void>(resolve => {
          const tell = (what: string): void => {
            told.push(what);
            if (enough(told)) {
              reader.stop();
              resolve();
            }
          };
          const reader = new GpuReader(
            {
              onReadings: readings => tell(`${readings.length} GPUs`),
              onTrouble: trouble => tell(trouble ?? 'well')
            },
            { command, patienceMs: 300, pauseMs: 10 }
          );
          reader.start();
        })
    );
    return told;
  }

  it('tells every log of one process', async () => {
    const told = await listen({}, it => it.length === 3);
    expect(told).toEqual(['2 GPUs', '2 GPUs', '2 GPUs']);
  });

  it('starts a program again that ended, and says when it is well', async () => {
    const told = await listen({ STANDIN_MODE: 'once' }, it => it.includes('well'));
    expect(told.slice(0, 3)).toEqual([
      '2 GPUs',
      `GPU figures are missing: ${command} ended with code 0. It is started again.`,
      '0 GPUs'
    ]);
  });

  it.each([
    ['hang', 'printed no log for 0.3 s'],
    ['garbage', 'ended with code 0: NVIDIA-SMI has a bad day'],
    [
      'fail',
      "ended with code 9: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA " +
        'driver. Make sure that the latest NVIDIA driver is installed and running'
    ]
  ])('tells once what is wrong: %s', async (mode, what) => {
    const told = await listen({ STANDIN_MODE: mode }, it => it.length === 2);
    expect(told[0]).toBe(`GPU figures are missing: ${command} ${what}. It is started again.`);
    expect(told[1]).toBe('0 GPUs');
  });

  it('says nothing where there is no driver', async () => {
    const told: string[] = [];
    const tell = (what: unknown): void => void told.push(String(what));
    const reader = new GpuReader(
      { onReadings: tell, onTrouble: tell },
      { command: '/nowhere/nvidia-smi', patienceMs: 50, pauseMs: 1 }
    );
    reader.start();
    await new Promise(resolve => setTimeout(resolve, 100));
    reader.stop();
    expect(told).toEqual([]);
  });
});
