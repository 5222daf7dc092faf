import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

import type { NodeFacts } from './core/events';
import { systemClock, type IClock } from './daemon/clock';
import { ConfigFiles, problemsOf } from './daemon/config/configFile';
import { stderrLog, type LogFormat } from './daemon/log';
import { openInstance, type Instance } from './daemon/instance';
import { ServedElsewhereError, beOnNode, watchNeighbours, type Presence } from './daemon/presence';
import { Sidecar } from './daemon/sidecar';
import type { IEnforcer } from './enforce/enforcer';
import { probe } from './enforce/probe';
import { GateServer } from './gates/server';
import { readDescriptorsMax } from './host/descriptors';
import { DiskFiles } from './host/files';
import { GpuMeter } from './host/gpuMeter';
import { findPacking } from './host/packing';
import { UserNames } from './host/users';
import { listenHttp } from './http/server';
import { UndoStack } from './lib/disposable';
import type { Caller } from './protocol/caller';
import { hostMeters, hostProcesses } from './daemon/meters';
import { Metrics } from './metrics/metrics';
import { Ending, EXIT } from './ending';
import { parseCheck, parseOptions, type Check, type Options } from './options';
import { reloadWhenAsked, stopWhenAsked } from './signals';

/** Put in by scripts/bundle.mjs. */
declare const CELLGRANT_VERSION: string;

let logFormat: LogFormat = 'text';
const log = stderrLog(() => logFormat);
const ending = new Ending(log);
const files = new DiskFiles();

/** The name of a user, or the number where it has none. */
function nameOf(uid: number): string {
  try {
    const me = userInfo();
    return me.uid === uid ? me.username : String(uid);
  } catch {
    return String(uid); // a container's user may have no entry
  }
}

/** Descriptors that the sidecar needs for itself: files, programs that it runs, pipes. */
const OWN_DESCRIPTORS = 128;

/** How many connections there may be, so that descriptors are left to look at kernels with. */
function connectionsMax(descriptors: number): { readonly gates: number; readonly api: number } {
  const left = Math.max(16, descriptors - OWN_DESCRIPTORS);
  const api = Math.min(1024, Math.floor(left / 4));
  return { gates: Math.min(4096, left - api), api };
}

/** Start where no other sidecar of this user runs; the stack undoes it. */
async function startOnNode(
  options: Options,
  instance: Instance,
  stack: UndoStack
): Promise<Sidecar> {
  const presence = await beOnNode(files, options.scope, instance.directory.uid, options.dir).catch(
    (failure: unknown) => leadOn(options, instance, failure)
  );
  // Undone before the directory is free: whoever takes it next is to find the node free, too.
  stack.add(presence.leave);
  return start(options, instance, presence, stack);
}

/** ENF11: kernels that were started with our directory know no other, and whoever joins that sidecar wants them gated. */
function leadOn({ dir, failure }: Options, instance: Instance, why: unknown): never {
  const served = why instanceof ServedElsewhereError ? why.served : null;
  const isAnother = served && isAbsolute(served.directory) && served.directory !== dir;
  if (isAnother && served.failure === failure) {
    instance.leadTo(served.directory);
  }
  throw why;
}

/** What is configured, read; null where no file is named. */
function configOf({ config: names }: Options, clock: IClock): ConfigFiles | null {
  const config = names.length ? new ConfigFiles(names, log) : null;
  config?.read(clock.nowMs());
  return config;
}

/** Measures GPUs, and tells the sidecar of it once there is one. */
function gpuMeterOf(
  { gpus }: NodeFacts,
  enforcer: IEnforcer,
  users: UserNames,
  sidecar: () => Sidecar | null
): GpuMeter {
  return new GpuMeter({
    gpus,
    holderOf: pid => enforcer.holderOf(pid),
    ownerOf: pid => users.ownerOf(pid),
    onMeasured: () => sidecar()?.gpusMeasured(),
    onNotices: it => sidecar()?.notice('gpus', it)
  });
}

/** Put everything together and start it; the stack undoes it. */
async function start(
  options: Options,
  instance: Instance,
  presence: Presence,
  stack: UndoStack
): Promise<Sidecar> {
  const clock = systemClock();
  // One user as yet: whoever reaches the sockets is the owner of their directory.
  const owner = ownerOf(instance);
  const config = configOf(options, clock);
  let sidecar: Sidecar | null = null;
  const { node, enforcer, spreader, notices } = await probe({
    ...options,
    own: instance.directory,
    reservedCpus: config?.configuration.reservedCpus,
    fencesGpus: config?.configuration.fencesGpus,
    onFailure: (holderId, failure) => sidecar?.failed(holderId, failure),
    onBroughtBack: (holderId, what) => sidecar?.broughtBack(holderId, what)
  });
  stack.add(() => enforcer.close());
  const users = new UserNames(files);
  const cpuIds = node.cpus.map(it => it.id);
  const gpus = gpuMeterOf(node, enforcer, users, () => sidecar);
  sidecar = new Sidecar({
    processes: hostProcesses(files),
    meters: hostMeters(files, node, gpus),
    node,
    enforcer,
    clock,
    config,
    spreader,
    findPacking: () => findPacking(files, cpuIds),
    log,
    fatal: why => ending.fatal(why),
    version: CELLGRANT_VERSION,
    failure: options.failure,
    directory: instance.directory,
    owner
  });
  const connections = connectionsMax(readDescriptorsMax(files));
  const gates = new GateServer(sidecar, owner, log, connections.gates);
  stack.add(sidecar.start(options.policy, [...notices, ...presence.notices]));
  stack.add(tellOfNeighbours(sidecar, options.scope, users));
  stack.add(gpus.start());
  const { listenForApi } = instance;
  const metrics = metricsOf(sidecar, config);
  stack.add(await listenHttp(listenForApi, sidecar, metrics, owner, log, connections.api));
  stack.add(await gates.listen(instance.listenForGates));
  return sidecar;
}

function ownerOf({ directory: { uid } }: Instance): Caller {
  return { uid, name: nameOf(uid) };
}

/** Figures of what a sidecar decides, from here on. */
function metricsOf({ arbiter, node }: Sidecar, config: ConfigFiles | null): Metrics {
  const { name: tier } = node.tier;
  const namesUsers = () => config?.configuration.metricsNameUsers ?? false;
  const metrics = new Metrics({ version: CELLGRANT_VERSION, tier, arbiter, namesUsers });
  arbiter.onStep(metrics.observe.bind(metrics));
  return metrics;
}

/** ENF11: other sidecars are told in the panel, by `cellgrant status`, and in the log. */
function tellOfNeighbours(sidecar: Sidecar, scope: string, users: UserNames): () => void {
  return watchNeighbours({
    files,
    scope,
    ownerOf: pid => users.ownerOf(pid),
    tell: notices => {
      sidecar.notice('neighbours', notices);
      notices.length
        ? log('warning', notices.join(' '))
        : log('info', 'no other sidecar runs on this node any more');
    }
  });
}

async function run(args: readonly string[]): Promise<void> {
  const toCheck = parseCheck(args);
  if (toCheck) {
    return check(toCheck);
  }
  const options = parseOptions(args, process.env);
  ({ logFormat } = options);
  const instance = await openInstance(options.dir, log);
  const stack = new UndoStack();
  stack.add(instance.leave);
  const starting = startOnNode(options, instance, stack).catch(async (failure: unknown) => {
    await stack.dispose();
    throw failure;
  });
  const stop = ending.stopper(async () => {
    // What is only half started cannot be undone well.
    await starting;
    await stack.dispose();
  });
  stopWhenAsked(options, stop);
  reloadWhenAsked(stop, async () => (await starting).administration.reload());
  const sidecar = await starting;
  stack.add(instance.watch(why => stop(why, EXIT.again)));
  const tier = sidecar.node.tier.name;
  const { gatePath: gate, apiPath: api } = instance;
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, gate, api, tier })}\n`);
}

/** Tell what is wrong with a file, as the sidecar would. */
function check({ file, before }: Check): void {
  const problems = problemsOf(file, before);
  process.stdout.write(
    problems.length ? `${problems.join('\n')}\n` : `${file}: nothing is wrong\n`
  );
  process.exitCode = problems.length ? EXIT.problems : EXIT.ok;
}

// Whoever reads our log may be gone; that is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.on('uncaughtException', failure => ending.fatal(`a mistake: ${failure.stack}`));
process.on('unhandledRejection', failure => ending.fatal(`a mistake: ${String(failure)}`));
run(process.argv.slice(2)).catch((failure: unknown) => ending.giveUp(failure));
