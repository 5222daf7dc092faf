import { isAbsolute, join } from 'node:path';

import { Administrators } from './daemon/administrators';
import { systemClock } from './daemon/clock';
import { ConfigFiles } from './daemon/config/configFile';
import { configurationOf } from './daemon/config/configSaid';
import type { Instance } from './daemon/instance';
import { hostMeters, hostProcesses } from './daemon/meters';
import type { Log } from './daemon/ports';
import { ServedElsewhereError, beOnNode, watchNeighbours } from './daemon/presence';
import { Sidecar } from './daemon/sidecar';
import { probe, type Probed } from './enforce/probe';
import { GateServer } from './gates/server';
import { findAccount } from './host/accounts';
import { readDescriptorsMax } from './host/descriptors';
import { DiskFiles } from './host/files';
import { GpuMeter } from './host/gpuMeter';
import { findPacking } from './host/packing';
import { nameOf } from './host/userName';
import { UserNames } from './host/users';
import { listenHttp } from './http/server';
import type { UndoStack } from './lib/disposable';
import { Metrics } from './metrics/metrics';
import type { Options } from './options';
import type { Caller } from './protocol/caller';
import type { Execution } from './protocol/execution';
import { History } from './store/history';
import { boundsOf, type UserBounds } from './users/bounds';
import { Users } from './users/users';

/** Inserted by scripts/bundle.mjs. */
declare const CELLGRANT_VERSION: string;

const files = new DiskFiles();
const NO_CONFIGURATION = configurationOf({});

/** The arguments for starting a sidecar. */
export type ServeParts = {
  readonly options: Options;
  readonly instance: Instance;
  readonly log: Log;
  /** Ends the process at once. */
  readonly fatal: (why: string) => void;
  /** Undoes everything. */
  readonly stack: UndoStack;
};

/** A running sidecar. */
export type Serving = {
  readonly sidecar: Sidecar;
  /** The users served by a sidecar of the whole node; null for a sidecar of a single user. */
  readonly users: Users | null;
};

/**
 * Start a sidecar: for one user, if no other of that user runs, or for the whole node.
 * Rejects with {@link ServedElsewhereError}.
 */
export async function serve(parts: ServeParts): Promise<Serving> {
  const { options, instance, log, stack } = parts;
  const presence = await beOnNode(
    files,
    options.scope,
    instance.directory.uid,
    options.dir,
    options.system === null
  ).catch((failure: unknown) => leadOn(options, instance, failure));
  // Undone before the directory is released: the next to claim it must find the node free, too.
  stack.add(presence.leave);
  const config = readConfiguration(options, log);
  const { sidecar, notices } = await assemble(parts, config);
  stack.add(sidecar.start(options.policy, [...notices, ...presence.notices]));
  stack.add(tellOfNeighbours(sidecar, options.scope, log));
  const isShared = options.system !== null;
  const history = historyOf(parts, sidecar, config);
  stack.add(() => history.end());
  const { openTo, close } = transports(sidecar, history, config, log, isShared);
  stack.add(close);
  if (options.system === null) {
    stack.add(await openTo(sidecar.owner, instance));
    return { sidecar, users: null };
  }
  const onGroups = sidecar.holders.regroupOwner.bind(sidecar.holders);
  const users = new Users({ ...parts, directory: options.system, openTo, onGroups });
  stack.add(await users.begin());
  return { sidecar, users };
}

/** ENF11: kernels started with our directory know no other, and must be gated for those who join that sidecar. */
function leadOn({ dir, failure }: Options, instance: Instance, why: unknown): never {
  const served = why instanceof ServedElsewhereError ? why.served : null;
  const isAnother = served && isAbsolute(served.directory) && served.directory !== dir;
  if (isAnother && served.failure === failure) {
    instance.leadTo(served.directory);
  }
  throw why;
}

function readConfiguration({ config: paths }: Options, log: Log): ConfigFiles | null {
  const config = paths.length ? new ConfigFiles(paths, log) : null;
  config?.read(systemClock().nowMs());
  return config;
}

/** Probe the node, and assemble the sidecar. */
async function assemble(
  { options, instance, log, fatal, stack }: ServeParts,
  config: ConfigFiles | null
): Promise<{ readonly sidecar: Sidecar; readonly notices: readonly string[] }> {
  let sidecar: Sidecar | null = null;
  const found = await probe({
    ...options,
    own: instance.directory,
    reservedCpus: config?.configuration.reservedCpus,
    fencesGpus: config?.configuration.fencesGpus,
    onFailure: (holderId, failure) => sidecar?.failed(holderId, failure),
    onBroughtBack: (holderId, what) => sidecar?.broughtBack(holderId, what)
  });
  const { node, enforcer, spreader, notices } = found;
  stack.add(() => enforcer.close());
  const gpus = gpuMeterOf(found, () => sidecar);
  sidecar = new Sidecar({
    processes: hostProcesses(files),
    meters: hostMeters(files, node, gpus),
    node,
    enforcer,
    clock: systemClock(),
    findUser: name => findAccount(name),
    config,
    spreader,
    findPacking: () =>
      findPacking(
        files,
        node.cpus.map(it => it.id)
      ),
    log,
    fatal,
    version: CELLGRANT_VERSION,
    failure: options.failure,
    directory: instance.directory,
    ...rightsOf(instance, config)
  });
  stack.add(gpus.start());
  return { sidecar, notices };
}

function gpuMeterOf({ node, enforcer }: Probed, sidecar: () => Sidecar | null): GpuMeter {
  const users = new UserNames(files);
  return new GpuMeter({
    gpus: node.gpus,
    holderOf: pid => enforcer.holderOf(pid),
    ownerOf: pid => users.ownerOf(pid),
    onMeasured: () => sidecar()?.gpusMeasured(),
    onNotices: it => sidecar()?.notice('gpus', it)
  });
}

/** Whose sidecar it is, and who may act for everybody. */
function rightsOf(instance: Instance, config: ConfigFiles | null) {
  const owner = ownerOf(instance);
  const named = () => config?.configuration.administrators ?? [];
  return { owner, administrators: new Administrators(owner, named) };
}

/** The directory's owner: for a sidecar of one user, any caller that reaches its sockets. */
function ownerOf({ directory: { uid } }: Instance): Caller {
  return { uid, name: nameOf(uid) };
}

/** Opens the two sockets of a directory to a user; resolves to the undo. */
type OpenTo = (caller: Caller, instance: Instance) => Promise<() => Promise<void>>;

function transports(
  sidecar: Sidecar,
  history: History,
  config: ConfigFiles | null,
  log: Log,
  isShared: boolean
): { readonly openTo: OpenTo; readonly close: () => void } {
  const bounds: UserBounds = boundsOf(readDescriptorsMax(files), isShared);
  const gates = new GateServer(sidecar, log);
  const api = { api: sidecar, history, metrics: metricsOf(sidecar, config), log };
  const openTo: OpenTo = async (caller, { listenForApi, listenForGates }) => {
    const undos = [
      await listenHttp(listenForApi, api, caller, bounds.api),
      await gates.listen(caller, bounds.gates, listenForGates)
    ];
    return async () => {
      await Promise.all(undos.map(undo => undo()));
    };
  };
  return { openTo, close: gates.begin() };
}

/** What happens from now on, and what happened before. */
function historyOf(
  { instance, log }: ServeParts,
  sidecar: Sidecar,
  config: ConfigFiles | null
): History {
  const { arbiter, sourceKey } = sidecar;
  const teach = (executions: readonly Execution[]) =>
    arbiter.post({ type: 'remembered', executions });
  const history = new History({
    directory: instance.directory,
    program: join(__dirname, 'history.cjs'),
    limits: () => (config?.configuration ?? NO_CONFIGURATION).history,
    nowMs: () => sidecar.clock.nowMs(),
    log,
    key: sourceKey.keyed.bind(sourceKey),
    onAdded: teach,
    notice: it => sidecar.notice('history', it)
  });
  arbiter.onStep(history.observe.bind(history));
  // Predictions go on from there (LEARN3); no cell waits for it.
  void history.recent().then(teach);
  return history;
}

/** Metrics of a sidecar's decisions, from now on. */
function metricsOf({ arbiter, node }: Sidecar, config: ConfigFiles | null): Metrics {
  const { name: tier } = node.tier;
  const namesUsers = () => config?.configuration.metricsNameUsers ?? false;
  const metrics = new Metrics({ version: CELLGRANT_VERSION, tier, arbiter, namesUsers });
  arbiter.onStep(metrics.observe.bind(metrics));
  return metrics;
}

/** ENF11: show other sidecars in the panel, in `cellgrant status`, and in the log. */
function tellOfNeighbours(sidecar: Sidecar, scope: string, log: Log): () => void {
  const users = new UserNames(files);
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
