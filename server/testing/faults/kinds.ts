import { rmdirSync } from 'node:fs';

import { removePlace } from '../places';
import { exitOf, spawnSidecar } from '../sidecar';
import { pause, type FaultWorld } from './world';

/** How long a start or a stop may go on before it is cut short, in ms. */
const START_MS_MAX = 400;
const STOP_MS_MAX = 20;
const FROZEN_MS_MAX = 600;
const CROWD = 30;
const YEAR_MS = 365 * 86_400_000;

/** Breaks something; resolves when as much as there was before is there again. */
export type Fault = (world: FaultWorld) => void | Promise<void>;

const sidecarFaults: Readonly<Record<string, Fault>> = {
  'sidecar killed': world => world.restart(() => world.sidecar.kill()),
  'sidecar stopped': world => world.restart(() => world.sidecar.stop()),
  'sidecar killed while it starts': world =>
    world.restart(async () => {
      await world.sidecar.kill();
      const child = spawnSidecar(
        ['--dir', world.sidecar.dir, ...world.options],
        world.surroundings()
      );
      await pause(world.random.whole(0, START_MS_MAX));
      child.kill('SIGKILL');
      await exitOf(child);
    }),
  'sidecar killed while it stops': world =>
    world.restart(async () => {
      world.sidecar.signal('SIGTERM');
      await pause(world.random.whole(0, STOP_MS_MAX));
      await world.sidecar.kill();
    }),
  'sidecar frozen': async world => {
    world.sidecar.signal('SIGSTOP');
    await pause(world.random.whole(1, FROZEN_MS_MAX));
    world.sidecar.signal('SIGCONT');
  },
  'two sidecars started at once': async world => {
    await world.sidecar.kill();
    await world.startTwoSidecars();
  },
  'another sidecar started': async world => {
    const child = spawnSidecar(
      ['--dir', world.sidecar.dir, ...world.options],
      world.surroundings()
    );
    const code = await exitOf(child);
    if (code !== 3) {
      world.wrongs.push(`a second sidecar ended with ${code}`);
    }
  },
  'server killed': world => world.restart(() => world.killServer())
};

const kernelFaults: Readonly<Record<string, Fault>> = {
  'kernel killed': world => world.any().kill(),
  'kernel without a gate killed': world => world.silent.kill().then(),
  'kernel restarted': async world => {
    const kernel = world.any();
    world.kernels[world.kernels.indexOf(kernel)] = world.birth(kernel.id);
    await kernel.kill();
  },
  'kernel and sidecar killed': world => {
    const kernel = world.any();
    return world.restart(() => Promise.all([world.sidecar.kill(), kernel.kill()]));
  },
  'gate killed': world => world.any().killGate(),
  'many kernels at once': async world => {
    const crowd = Array.from({ length: CROWD }, () => world.birth());
    crowd.forEach(it => void it.run(null, () => pause(world.random.whole(0, 50))));
    await pause(world.random.whole(0, 100));
    await Promise.all(crowd.map(it => it.kill()));
  }
};

const connectionFaults: Readonly<Record<string, Fault>> = {
  'connection broken mid-line': world => world.any().breakConnection(),
  'all connections broken': world => world.kernels.forEach(it => it.breakConnection()),
  'garbage said': world => world.any().babble('{"type":"claim","id":5}\n[]\n\u0000\n'),
  'endless line said': world => world.any().babble('x'.repeat(300_000))
};

const machineFaults: Readonly<Record<string, Fault>> = {
  'place removed': world => void removePlace(world.sidecar, world.any()),
  'all places removed': world => {
    world.living().forEach(it => removePlace(world.sidecar, it));
    world.sidecar.places().forEach(removeEmpty);
  },
  'clock jump': async world => {
    world.clock.jump(world.random.whole(-YEAR_MS, YEAR_MS));
    world.sidecar.signal('SIGUSR2');
    if (world.random.chance(0.5)) {
      await world.restart(() => world.sidecar.kill());
    }
  }
};

const diskFaults: Readonly<Record<string, Fault>> = {
  'disk full': async world => {
    world.disk!.fill();
    try {
      await pause(world.random.whole(0, 60));
      await world.random.pick([
        async () => undefined,
        () => world.any().kill(),
        () => world.silent.kill().then(),
        () => world.restart(() => world.sidecar.kill()),
        () => world.restart(() => world.sidecar.stop())
      ])();
      await world.replaceDead();
    } finally {
      world.disk!.free();
    }
    await world.remembered();
  }
};

/** What can break in a world, by name. */
export function faultsOf(world: FaultWorld): Readonly<Record<string, Fault>> {
  return {
    ...sidecarFaults,
    ...kernelFaults,
    ...connectionFaults,
    ...machineFaults,
    ...(world.disk && diskFaults)
  };
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody has a place there again: that is what is tested.
  }
}
