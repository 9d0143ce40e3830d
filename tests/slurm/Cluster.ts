import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const programs = ['slurmctld', 'slurmd', 'sbatch', 'sinfo', 'squeue', 'munged'];

/** Why no cluster can be started here; undefined where one can. */
export function absence(): string | undefined {
    if (process.getuid?.() !== 0) return 'not root';
    const missing = programs.filter((name) => spawnSync('which', [name]).status !== 0);
    return missing.length === 0 ? undefined : `no ${missing.join(', ')}; apt-get install slurm-wlm`;
}

/** A Slurm of this machine alone: a controller and two nodes of one processor each, in a folder of its own. */
export class Cluster {
    readonly nodes = ['n1', 'n2'] as const;
    readonly #folder = mkdtempSync(join(tmpdir(), 'language-neurons-slurm-'));
    readonly #daemons = new Map<string, ChildProcess>();

    async start(): Promise<void> {
        const socket = join(this.#folder, 'munge.socket');
        writeFileSync(join(this.#folder, 'munge.key'), randomBytes(1024));
        for (const path of ['.', 'munge.key']) chmodSync(join(this.#folder, path), path === '.' ? 0o755 : 0o600);
        const munge = ['key', 'pid', 'log', 'seed'].map(
            (name) => `--${name}-file=${join(this.#folder, `munge.${name}`)}`,
        );
        this.#spawn('munged', ['--foreground', '--force', `--socket=${socket}`, ...munge]);
        await this.#until('munged', () => existsSync(socket));
        await this.#configure(socket);
        this.#spawn('slurmctld', ['-D']);
        for (const node of this.nodes) this.#spawn(node, ['-D', '-N', node], 'slurmd');
        const states = (): string => this.#ask('sinfo', '--noheader', '--Node', '--format=%T').trim();
        await this.#until('nodes', () => states() === 'idle\nidle');
    }

    /** Submits a job. @returns its number */
    submit(script: string, ...options: string[]): string {
        const output = join(this.#folder, 'job-%A_%a.out');
        const path = join(this.#folder, `${Date.now()}.sh`);
        writeFileSync(path, `#!/bin/bash\n${script}\n`);
        return this.#ask('sbatch', '--parsable', `--output=${output}`, ...options, path).trim();
    }

    /** Waits until no job is left. */
    async finished(): Promise<void> {
        await this.#until('jobs', () => this.#ask('squeue', '--noheader').trim() === '');
    }

    /** What jobs printed, job by job. */
    outputs(): string {
        const names = readdirSync(this.#folder)
            .filter((name) => name.endsWith('.out'))
            .sort();
        return names.map((name) => `${name}: ${readFileSync(join(this.#folder, name), 'utf8')}`).join('\n');
    }

    log(): string {
        const path = join(this.#folder, 'slurmctld.log');
        return existsSync(path) ? readFileSync(path, 'utf8') : '';
    }

    /** Ends a node as a power cut does: its daemon and all processes of its jobs. */
    kill(node: string): void {
        const isOfNode = (pid: number): boolean => commandOf(pid).includes(join(this.#folder, `spool-${node}`));
        const roots = pids().filter(isOfNode);
        const doomed = [this.#daemons.get(node)!.pid!, ...roots.map(parentOf), ...roots.flatMap(descendants)];
        for (const pid of new Set(doomed)) endProcess(pid);
    }

    async stop(): Promise<void> {
        const ends = [...this.#daemons.values()].map(
            (daemon) =>
                new Promise((ended) => {
                    if (daemon.exitCode !== null || daemon.signalCode !== null) return ended(undefined);
                    for (const pid of descendants(daemon.pid!).reverse()) endProcess(pid);
                    daemon.once('exit', ended);
                }),
        );
        await Promise.all(ends);
        rmSync(this.#folder, { recursive: true, force: true });
    }

    async #configure(socket: string): Promise<void> {
        const [controller, ...ports] = await freePorts(1 + this.nodes.length);
        const at = (name: string): string => join(this.#folder, name);
        mkdirSync(at('state'));
        writeFileSync(
            at('slurm.conf'),
            [
                'ClusterName=test',
                'SlurmctldHost=localhost(127.0.0.1)',
                `SlurmctldPort=${controller!}`,
                // A job is requeued when its credential has expired: not two minutes later, the default.
                'AuthType=auth/munge',
                'CryptoType=crypto/munge',
                `AuthInfo=socket=${socket},cred_expire=5`,
                'SlurmUser=root',
                'SlurmdUser=root',
                `StateSaveLocation=${at('state')}`,
                `SlurmdSpoolDir=${at('spool-%n')}`,
                `SlurmctldPidFile=${at('slurmctld.pid')}`,
                `SlurmdPidFile=${at('slurmd-%n.pid')}`,
                `SlurmctldLogFile=${at('slurmctld.log')}`,
                `SlurmdLogFile=${at('slurmd-%n.log')}`,
                'ProctrackType=proctrack/linuxproc',
                'TaskPlugin=task/none',
                'SwitchType=switch/none',
                'MpiDefault=none',
                'SelectType=select/cons_tres',
                'SelectTypeParameters=CR_Core',
                'ReturnToService=2',
                'JobRequeue=1',
                'SchedulerParameters=batch_sched_delay=0,sched_interval=1',
                'SlurmdTimeout=5',
                'KillWait=2',
                'AccountingStorageType=accounting_storage/none',
                'JobAcctGatherType=jobacct_gather/none',
                ...this.nodes.map(
                    (node, i) =>
                        `NodeName=${node} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${ports[i]!} CPUs=1`,
                ),
                'PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE',
                '',
            ].join('\n'),
        );
    }

    get #environment(): NodeJS.ProcessEnv {
        return { ...process.env, SLURM_CONF: join(this.#folder, 'slurm.conf') };
    }

    #spawn(name: string, args: readonly string[], program = name): void {
        this.#daemons.set(name, spawn(program, args, { env: this.#environment, stdio: 'ignore', cwd: this.#folder }));
    }

    #ask(program: string, ...args: string[]): string {
        const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
        return execFileSync(program, args, { env: this.#environment, encoding: 'utf8', stdio });
    }

    async #until(what: string, is: () => boolean): Promise<void> {
        for (const begin = performance.now(); performance.now() - begin < 240_000; await wait(250)) {
            try {
                if (is()) return;
            } catch {
                // not up yet
            }
        }
        throw new Error(`the cluster's ${what} did not get there: ${this.outputs()} ${this.log()}`);
    }
}

async function freePorts(count: number): Promise<number[]> {
    const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const ports = servers.map((server) => (server.address() as { port: number }).port);
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    return ports;
}

function pids(): number[] {
    return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
}

function fileOf(pid: number, name: string): string {
    try {
        return readFileSync(`/proc/${pid}/${name}`, 'utf8');
    } catch {
        return ''; // it has ended meanwhile
    }
}

function commandOf(pid: number): string {
    return fileOf(pid, 'cmdline').replaceAll('\0', ' ');
}

function parentOf(pid: number): number {
    return Number(/^PPid:\s*(\d+)$/m.exec(fileOf(pid, 'status'))?.[1] ?? 0);
}

/** A process and all that it has started, itself first. */
function descendants(pid: number): number[] {
    const children = fileOf(pid, `task/${pid}/children`)
        .trim()
        .split(' ')
        .filter((child) => child !== '')
        .map(Number);
    return [pid, ...children.flatMap(descendants)];
}

function endProcess(pid: number): void {
    if (pid <= 1) return;
    try {
        process.kill(pid, 'SIGKILL');
    } catch {
        // it has ended meanwhile
    }
}
