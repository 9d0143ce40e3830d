import { cpSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { readSafetensors } from '../../../src/activations/safetensors.js';
import { type CliResult, startCli } from '../../helpers/cli.js';
import { compareFolders, filesBelow, journalEntries } from '../compareFolders.js';
import { pick, randomOf } from '../random.js';
import { seed } from '../settings.js';
import { childrenOf, killIfAlive, stillAliveAfter } from './processTree.js';
import type { Scenario } from './scenarios.js';

/** The command's own process, the process of its work, or both at once. */
const victims = ['parent', 'child', 'both'] as const;
type Victim = (typeof victims)[number];

/** A dead parent's child ends when it hears of it. */
const mostMillisecondsOfAnOrphan = 5000;
/** Most kills before a run is let finish. */
export const mostKills = 8;

export interface Undisturbed {
    readonly scenario: Scenario;
    /** Folder before the command, and after it. */
    readonly template: string;
    readonly reference: string;
    readonly milliseconds: number;
}

export interface ChainResult {
    readonly kills: number;
    /** Of these, kills that left something finished behind. */
    readonly withProgress: number;
    readonly answers: number;
    readonly answersDiffering: number;
    /** Everything that must not be, a line each. */
    readonly faults: readonly string[];
    /** What was done, to be repeated. */
    readonly story: string;
}

/** Runs a command in a folder until it ends. */
export function runIn(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    return startCli(args, env, folder).ended;
}

/**
 * One chain: the command in a fresh folder, killed several times at moments drawn from the undisturbed duration, then
 * let finish, and its files held against those of the undisturbed run.
 * @param number decides, with the campaign's seed, everything but the machine's own timing
 * @param most kills of this chain, at least 1
 */
export async function killChain(
    { scenario, template, reference, milliseconds }: Undisturbed,
    folder: string,
    number: number,
    most: number,
): Promise<ChainResult> {
    const random = randomOf(seed, 'kills', scenario.name, number);
    rmSync(folder, { recursive: true, force: true });
    cpSync(template, folder, { recursive: true });
    const planned = 1 + random(most);
    const [faults, story]: [string[], string[]] = [[], []];
    let [kills, withProgress, finished] = [0, 0, false];
    let kept: Finished = new Map();
    while (kills < planned && !finished) {
        const [after, victim] = [random(Math.ceil(milliseconds)), pick(victims, random)];
        const result = await killed(folder, scenario.command, after, victim);
        faults.push(...result.faults);
        finished = result.finished;
        story.push(finished ? `ended before ${after} ms` : `killed ${victim} after ${after} ms`);
        if (finished) break;
        kills++;
        const now = await finishedPieces(folder);
        for (const piece of lostPieces(kept, now)) faults.push(`after ${story.length} starts ${piece} was lost`);
        if (now.size > 0) withProgress++;
        kept = now;
    }
    if (!finished) {
        const last = await runIn(folder, scenario.command);
        story.push('let finish');
        if (last.code !== 0) faults.push(`the last run ended with ${lastWords(last)}`);
    }
    const { faults: differences, answers, answersDiffering } = compareFolders(folder, reference);
    faults.push(...differences);
    return { kills, withProgress, faults, answers, answersDiffering: answersDiffering.length, story: story.join(', ') };
}

async function killed(
    folder: string,
    command: readonly string[],
    after: number,
    victim: Victim,
): Promise<{ readonly finished: boolean; readonly faults: string[] }> {
    const { child: parent, ended } = startCli(command, {}, folder);
    const over = await Promise.race([wait(after).then(() => undefined), ended]);
    if (over !== undefined) {
        return { finished: true, faults: over.code === 0 ? [] : [`a run ended with ${lastWords(over)}`] };
    }
    const pid = parent.pid!;
    const children = childrenOf(pid);
    const childAlone = victim === 'child' && children.length > 0;
    if (victim !== 'parent') children.forEach(killIfAlive);
    if (!childAlone) killIfAlive(pid);
    const { code, signal, stderr } = await ended;
    const faults: string[] = [];
    if (childAlone && code !== 0) {
        const lines = stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
        if (code !== 1 || lines.length !== 1) {
            faults.push(
                `the parent of a killed child ended with ${String(code ?? signal)} and ${lines.length} ` +
                    `lines: ${stderr.trim()}`,
            );
        }
    }
    const orphans = await stillAliveAfter(children, mostMillisecondsOfAnOrphan);
    if (orphans.length > 0) {
        faults.push(`a child lived on for ${mostMillisecondsOfAnOrphan} ms after its parent was killed`);
        orphans.forEach(killIfAlive);
        await stillAliveAfter(orphans, 1000);
    }
    // It may have ended between the clock and the signal.
    return { finished: code === 0, faults };
}

function lastWords({ code, signal, stderr }: CliResult): string {
    return `${String(code ?? signal)}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

/** Finished pieces by their name: 1 for a journal's entry, the number of texts for a part. */
type Finished = ReadonlyMap<string, number>;

async function finishedPieces(folder: string): Promise<Finished> {
    const found = new Map<string, number>();
    for (const [name, bytes] of filesBelow(folder)) {
        if (name.endsWith('.jsonl')) {
            for (const { key } of journalEntries(bytes)) found.set(`${name} ${key}`, 1);
        } else if (/(^|\/)parts\/.*\.safetensors$/.test(name)) {
            // One that is damaged holds no text: a part is written in one go.
            const { metadata } = await readSafetensors(`${folder}/${name}`).catch(() => ({
                metadata: {} as Record<string, string>,
            }));
            found.set(name, Number(metadata.samples ?? 0));
        } else if (/(activations\.safetensors|neurons\.json|\.matrix\.json|answers\.json)$/.test(name)) {
            found.set(name, 1);
        }
    }
    return found;
}

/** Parts end in the counts, and a journal of older kind in its matrix or answers: those are not lost. */
function lostPieces(before: Finished, now: Finished): string[] {
    const isDone = (name: string): boolean => {
        const part = /^(.*?)parts\//.exec(name);
        if (part !== null) return now.has(`${part[1]!}activations.safetensors`);
        const journal = /^(.*)\.parts\.jsonl /.exec(name);
        return journal !== null && (now.has(`${journal[1]!}.matrix.json`) || now.has(journal[1]!));
    };
    return [...before].filter(([name, amount]) => (now.get(name) ?? 0) < amount && !isDone(name)).map(([name]) => name);
}
