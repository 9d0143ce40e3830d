// First: before what it watches is loaded.
import { type FaultCode, faultsOf, type Operation, watching } from './faults/faultyFiles.js';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { compareFolders } from './compareFolders.js';
import { type Step, steps, writeMore } from './faults/steps.js';
import { writeInputs } from './inputs.js';
import { faults as mostFaults } from './settings.js';
import { writeFirstLayer } from '../helpers/firstLayer.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
/** Always the same path: results name it. */
const folder = join(root, 'case');
const templates = join(root, 'templates');
let engine: Engine;
/** Pieces of work that were finished: passes of counting and scoring, answers. */
let pieces = 0;
/** Told of every piece. */
let onPiece: (() => void) | undefined;

function finishedPiece(): void {
    pieces++;
    onPiece?.();
}

/** Counts what an engine finishes, whatever the step then does with it. */
function counted(of: Engine): Engine {
    const { count, score, generate } = {
        count: of.count.bind(of),
        score: of.score.bind(of),
        generate: of.generate.bind(of),
    };
    return Object.assign(of, {
        count: async (...args: Parameters<typeof count>) => count(...args).finally(finishedPiece),
        score: async (...args: Parameters<typeof score>) => score(...args).finally(finishedPiece),
        async *generate(...args: Parameters<typeof generate>) {
            for await (const answer of generate(...args)) {
                finishedPiece();
                yield answer;
            }
        },
    });
}

beforeAll(async () => {
    const model = await writeFirstLayer(join(root, 'layer.gguf'));
    engine = counted(
        await Engine.open({
            model,
            gpu: 'off',
            threads: 1,
            batchSize: 128,
            contextSize: 1024,
        }),
    );
    writeInputs(join(templates, 'inputs'), { texts: 4, evaluate: 1, questions: 2 }, model);
    writeMore(join(templates, 'inputs'));
});
afterAll(() => {
    engine.close();
});

function restore(from: string): void {
    rmSync(folder, { recursive: true, force: true });
    cpSync(from, folder, { recursive: true });
}

/** A folder in which a step's earlier ones are finished, and it itself was stopped where it says so. */
async function prepare(step: Step): Promise<string> {
    restore(join(templates, 'inputs'));
    for (const name of step.after) await steps.find((other) => other.name === name)!.run(folder, { engine });
    if (step.stoppedAfter !== undefined) {
        const stop = new AbortController();
        pieces = 0;
        onPiece = () => {
            if (pieces === step.stoppedAfter) stop.abort();
        };
        await expect(step.run(folder, { engine, signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
        onPiece = undefined;
    }
    const template = join(templates, step.name.replaceAll(/\W+/g, '-'));
    cpSync(folder, template, { recursive: true });
    return template;
}

/** Places spread over all operations, the first and the last among them. */
function spread(all: number): number[] {
    if (all <= mostFaults) return Array.from({ length: all }, (_, k) => k);
    return Array.from({ length: mostFaults }, (_, i) => Math.round((i * (all - 1)) / Math.max(1, mostFaults - 1)));
}

/** One line that names a file, of the package's own class. */
function refusal(error: unknown): string | undefined {
    if (!(error instanceof LanguageNeuronsError)) return `not a LanguageNeuronsError but ${String(error)}`;
    if (error.message.includes('\n')) return `more than one line: ${error.message}`;
    return error.message.includes(folder) ? undefined : `names no file: ${error.message}`;
}

describe('any file operation that fails is told in one line that names the file, and nothing finished is lost', () => {
    it.each(steps)('$name', async (step) => {
        const template = await prepare(step);
        restore(template);
        pieces = 0;
        const whole = await watching(folder, () => step.run(folder, { engine }));
        expect(whole.error).toBeUndefined();
        const allPieces = pieces;
        const reference = join(root, 'reference');
        rmSync(reference, { recursive: true, force: true });
        cpSync(folder, reference, { recursive: true });

        const problems: string[] = [];
        const dispensable = new Set<string>();
        let [done, differing] = [0, 0];
        const check = async (place: number, code: FaultCode): Promise<void> => {
            restore(template);
            pieces = 0;
            const failed = await watching(folder, () => step.run(folder, { engine }), place, code);
            const { name, writes }: Operation = failed.operations[place] ?? {
                name: 'not reached',
                writes: false,
                canBeShort: false,
            };
            const told = (what: string): number => problems.push(`${code} at operation ${place}, ${name}: ${what}`);
            if (failed.operations.length <= place) return; // several at a time may come to fewer
            done++;
            if (failed.error === undefined) {
                // Not needed for the result, which must then be right, and no dearer.
                dispensable.add(`${name.replaceAll(/\d{4,}/g, 'N')}${writes ? '' : ' (read)'}`);
                if (JSON.stringify(failed.result) !== JSON.stringify(whole.result))
                    told('ended well with another result');
                const left = compareFolders(folder, reference, folder).faults.filter(
                    (fault) => !/left behind$/.test(fault),
                );
                for (const fault of left.slice(0, 3)) told(`ended well, but ${fault}`);
                if (pieces > allPieces) told(`ended well, but did ${pieces} pieces of work instead of ${allPieces}`);
            } else {
                const wrong = refusal(failed.error);
                if (wrong !== undefined) told(wrong);
            }
            await step
                .run(folder, { engine })
                .catch((error: unknown) => told(`the same step again fails: ${String(error)}`));
            // What was in hand when it failed may be lost, nothing else.
            if (pieces > allPieces + 1)
                told(`both together did ${pieces} pieces of work instead of ${allPieces}: something finished was lost`);
            const difference = compareFolders(folder, reference, folder);
            differing += difference.answersDiffering.length;
            for (const fault of difference.faults.slice(0, 3)) told(`after the same step again ${fault}`);
        };
        // Every write of every file takes a part of what it is given: nothing must be lost, nothing be different.
        restore(template);
        const short = await watching(folder, () => step.run(folder, { engine }), 'all', 'SHORT');
        if (short.error !== undefined) problems.push(`SHORT at every write: ${String(short.error)}`);
        for (const fault of compareFolders(folder, reference, folder).faults)
            problems.push(`SHORT at every write: ${fault}`);
        for (const place of spread(whole.operations.length)) {
            for (const code of faultsOf(whole.operations[place]!)) await check(place, code);
        }
        console.log(
            [
                `${step.name}: ${whole.operations.length} operations, ${done} failures`,
                `${problems.length} problems`,
                `${differing} answers differ`,
                ...(dispensable.size === 0 ? [] : [`not needed: ${[...dispensable].slice(0, 12).join(', ')}`]),
            ].join('; '),
        );
        if (problems.length > 0) console.log(problems.join('\n'));
        expect(problems.slice(0, 15).join('\n'), `${problems.length} of ${done}`).toBe('');
    });
});
