import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installedProject } from './project.js';

const { folder } = installedProject();
const tsc = resolve('node_modules/typescript/bin/tsc');
const user = `
import * as all from 'language-neurons';
import * as files from 'language-neurons/files';
import {
    type Activations, collect, compare, deactivate, Engine, identify, intervene, type NeuronAnalysis, type NeuronIndex,
    neuronsInLayer, neuronsOf, perplexity, type Progress, run,
} from 'language-neurons';
export const progress: Progress = { stage() {}, advance() {}, note() {}, done() {} };
export const open = (model: string): Promise<Engine> => Engine.open({ model, progress });
export const seconds = async (config: Parameters<typeof run>[0]): Promise<number> => (await run(config)).seconds;
export const languages = ({ languages }: NeuronAnalysis): readonly string[] => languages;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Masks = readonly Uint8Array[];
export const signatures: {
    readonly counts: Equal<Awaited<ReturnType<typeof collect>>['activations'], Activations>;
    readonly classes: Equal<ReturnType<typeof identify>, NeuronAnalysis>;
    readonly of: Equal<ReturnType<typeof neuronsOf>, NeuronIndex[]>;
    readonly inLayer: Equal<ReturnType<typeof neuronsInLayer>, NeuronIndex[]>;
    readonly scores: Equal<Awaited<ReturnType<Engine['score']>>['decodedTokens'], number>;
    readonly edit: Equal<Extract<NonNullable<Parameters<Engine['score']>[1]>['edit'], Masks>, Masks>;
    readonly perplexity: Equal<ReturnType<typeof perplexity>, number>;
    readonly read: Equal<Awaited<ReturnType<typeof files.readNeurons>>, NeuronAnalysis>;
    readonly readMatrix: Equal<Awaited<ReturnType<typeof files.readMatrix>>, files.DeactivationMatrix | undefined>;
    readonly compared: Equal<ReturnType<typeof compare>, files.Comparison>;
    readonly options: Equal<Parameters<typeof collect>[0]['folds'], number | undefined>;
} = {
    counts: true, classes: true, of: true, inLayer: true, scores: true, edit: true, perplexity: true, read: true,
    readMatrix: true, compared: true, options: true,
};
export const steps = { deactivate, intervene };
export type Curves = files.DoseCurves;
// @ts-expect-error the native layer is not the library's
type Addon = Engine['backends'];
// @ts-expect-error nor are the passes
type Passes = Engine['passes'];
// @ts-expect-error an engine is opened, not made
void (() => new Engine());
// @ts-expect-error files have an entry of their own
void all.readNeurons;
// @ts-expect-error a model has no such option: what is imported has types
void Engine.open({ model: '', nonsense: 1 });
export { all, files };
`;

describe("the installed package's typings, in a strict project that checks libraries too", () => {
    it.each([
        ['NodeNext', 'NodeNext'],
        ['ESNext', 'Bundler'],
    ])('compile with module %s, resolution %s, and bring the types of Node', (module, moduleResolution) => {
        writeFileSync(join(folder, 'user.ts'), user);
        const options = { module, moduleResolution, target: 'ES2022', types: 'node' };
        const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
        const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
        const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...args, 'user.ts'], {
            cwd: folder,
            encoding: 'utf8',
        });
        expect(stdout).toBe('');
    });
});
