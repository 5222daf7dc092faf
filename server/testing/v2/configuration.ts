import { OURS } from './surroundings';

/** One node that is its own controller, and holds jobs to what they were given. */
const SLURM = `ClusterName=one
SlurmctldHost=node
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup,task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
StateSaveLocation=/run/slurm-state
SlurmdSpoolDir=/run/slurm-spool
SchedulerParameters=batch_sched_delay=0
MpiDefault=none
NodeName=node CPUs=2 RealMemory=1500
PartitionName=all Nodes=node Default=YES
`;

const SCENARIOS = `[Unit]
Requires=basic.target dbus.service systemd-logind.service
After=basic.target dbus.service systemd-logind.service

[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=${OURS}/node ${OURS}/conductor.cjs
ExecStopPost=systemctl poweroff --force
`;

/** The unit that the machine is started for. */
export const SCENARIOS_UNIT = 'scenarios.service';

/** The machine's own configuration, by path. */
export const CONFIGURATION: Readonly<Record<string, string>> = {
  '/etc/hostname': 'node\n',
  '/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 node\n',
  '/etc/slurm/slurm.conf': SLURM,
  '/etc/slurm/cgroup.conf': 'ConstrainCores=yes\nConstrainRAMSpace=yes\n',
  [`/etc/systemd/system/${SCENARIOS_UNIT}`]: SCENARIOS
};
