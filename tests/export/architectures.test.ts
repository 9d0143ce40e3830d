import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { testedArchitectures } from '../../src/export/architectures.js';
import { exportModel } from '../../src/export/exportModel.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { architectureModels, nameOf } from '../helpers/architectureModels.js';
import { writeDownScaled } from '../helpers/downColumns.js';
import { maskOf } from '../helpers/maskOf.js';
import { everyNth } from '../helpers/neuronSets.js';
import { twoThreads } from '../helpers/threads.mjs';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

/** Not edited, and what for: words of the refusal. */
const refused: Readonly<Record<string, string>> = {
    apertus: 'xIELU',
    graniteswitch: 'adapters of its own',
    grovemoe: 'two mixtures',
    hrm_text: 'share their weights',
};
/** Gated, and yet switched off only: up is not a plain factor. */
const bent = ['bailingmoe3', 'deepseek4', 'gpt-oss', 'kimi-k3', 'minimax-m3'];
/** Refused by the engine (see tests/architectures), or without logits. */
const left = ['dream', 'llada', 'llada-moe', 'rnd1', 'mamba', 'mamba2', 'llama-embed'];

const folder = temporaryFolder();

const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const settings = { gpu: 'off', batchSize: 32, windowSize: 32, threads: twoThreads } as const;

async function logitsOf(model: string): Promise<Float32Array> {
    using engine = await Engine.open({ ...settings, model });
    return await engine.logits(tokens);
}

/** Largest difference, as a share of the largest logit; those of tokens that are ruled out left aside. */
function apart(a: Float32Array, b: Float32Array): number {
    const finite = [...a.keys()].filter((i) => !(Math.abs(a[i]!) > 1e30 && Math.abs(b[i]!) > 1e30));
    const most = (values: readonly number[]): number => values.reduce((x, y) => Math.max(x, y), 0);
    return most(finite.map((i) => Math.abs(a[i]! - b[i]!))) / most(finite.map((i) => Math.abs(a[i]!)));
}

/** How far the logits are apart, or why nothing was written. */
type Found = number | string;

interface Outcome {
    readonly name: string;
    readonly architecture: string;
    readonly zeroed: Found;
    readonly scaled: Found;
    /** What the mask does at all. */
    readonly effect: number;
    readonly gated: boolean;
}

/** Less of the largest logit may be the order of an addition. */
const leastEffect = 1e-6;

async function maskedLogits(model: string) {
    using engine = await Engine.open({ ...settings, model });
    const { sites } = engine;
    const neurons = everyNth(sites, 3);
    const edit = maskOf(neurons, sites.map(neuronsAt));
    const [whole, masked] = [await engine.logits(tokens), await engine.logits(tokens, { edit })];
    return { sites, neurons, whole, masked, effect: apart(masked, whole) };
}

/** A copy where random weights let an FFN add less than a logit's last bit: its outputs, in the file, times 2^32. */
async function strengthened(model: string, { sites }: Awaited<ReturnType<typeof maskedLogits>>): Promise<string> {
    const copy = join(folder, `${nameOf(model)}-strong.gguf`);
    await writeDownScaled(model, copy, sites, everyNth(sites, 1), 2 ** 32);
    return copy;
}

async function examine(written: string, architecture: string): Promise<Outcome> {
    const name = nameOf(written);
    const first = await maskedLogits(written);
    const model = first.effect > leastEffect ? written : await strengthened(written, first);
    const { sites, neurons, masked, effect } = model === written ? first : await maskedLogits(model);
    const analysis = { widths: sites.map(neuronsAt), sites, source: someSource };
    const edited = async (scale: number, reference: () => Promise<Float32Array>): Promise<Found> => {
        const out = join(folder, `${name}-${scale}.gguf`);
        try {
            await exportModel({ model, analysis, edits: [{ neurons, scale, label: 'a third' }], out });
        } catch (cause) {
            return (cause as Error).message;
        }
        const found = apart(await logitsOf(out), await reference());
        rmSync(out);
        return found;
    };
    return {
        name,
        architecture,
        zeroed: await edited(0, () => Promise.resolve(masked)),
        scaled: await edited(2, async () => {
            const copy = join(folder, `${name}-down.gguf`);
            await writeDownScaled(model, copy, sites, neurons, 2);
            const logits = await logitsOf(copy);
            rmSync(copy);
            return logits;
        }),
        effect,
        gated: sites.every(({ gated }) => gated),
    };
}

describe('a model of every architecture that llama.cpp can write, edited', () => {
    it('computes what the mask computes, and scaled what scaled columns of its down matrices compute', async () => {
        const outcomes: Outcome[] = [];
        for (const model of architectureModels(folder, 8)) {
            const architecture = String((await readGguf(model)).metadata['general.architecture']);
            if (left.includes(architecture) || nameOf(model) === 'refact-moe') continue;
            outcomes.push(await examine(model, architecture));
        }
        console.log(
            outcomes
                .map(({ name, zeroed, scaled, effect }) => [name, zeroed, scaled, effect.toExponential(1)].join(' | '))
                .join('\n'),
        );
        const faults = outcomes.flatMap(({ name, architecture, zeroed, scaled, effect, gated }) => {
            const bentUp = bent.includes(architecture) ? 'nonlinear' : undefined;
            return [
                ...faultOf(`${name} zeroed`, zeroed, refused[architecture]),
                ...faultOf(`${name} scaled`, scaled, refused[architecture] ?? (gated ? bentUp : 'has no gate')),
                ...(effect > leastEffect ? [] : [`${name}: the mask does nothing (${effect})`]),
            ];
        });
        expect(faults.join('\n')).toBe('');
        const found = outcomes
            .filter(({ zeroed }) => typeof zeroed === 'number')
            .map(({ architecture }) => architecture);
        expect([...new Set(found)].sort()).toEqual([...testedArchitectures].sort());
    });
});

/** Both ways multiply and add the same numbers in the same order: not a bit apart. */
function faultOf(what: string, found: Found, refusal: string | undefined): string[] {
    if (typeof found === 'string') return refusal !== undefined && found.includes(refusal) ? [] : [`${what}: ${found}`];
    if (refusal !== undefined) return [`${what}: should be refused (${refusal})`];
    return found === 0 ? [] : [`${what}: ${found} off`];
}
