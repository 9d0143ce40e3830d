import { describe, expect, it } from 'vitest';
import { noPathReason } from '../../src/effects/directPath.js';
import { Engine } from '../../src/engine/Engine.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { LayerReader } from '../../src/lens/LayerReader.js';
import { architectureModels, nameOf } from '../helpers/architectureModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { twoThreads } from '../helpers/threads.mjs';

/** ARCHITECTURES_OF=NAME: only this model, by its file's name. */
const only = process.env.ARCHITECTURES_OF;

const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const settings = { gpu: 'off', batchSize: 32, windowSize: 32, threads: twoThreads } as const;

/** Why not, by the start of the message; `''`: it says behind the last layer what the model says. */
async function examine(model: string): Promise<string> {
    using engine = await Engine.open({ ...settings, model });
    let layers: Int32Array[];
    try {
        layers = await (await LayerReader.open(engine)).likeliest([{ tokens, begin: 0 }]);
    } catch (cause) {
        const { code, message } = cause as LanguageNeuronsError;
        return code === 'UNSUPPORTED' && message.includes('does not name the residual') ? 'unnamed' : message;
    }
    const logits = await engine.logits(tokens);
    const vocabulary = logits.length / tokens.length;
    const below = Array.from(layers.at(-1)!, (token, i) => {
        const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
        return (Math.max(...row) - row[token]!) / (Math.max(...row) - Math.min(...row));
    });
    const others = below.filter((distance) => distance > 1e-4).length;
    return others === 0 ? '' : `${others} of ${tokens.length} tokens are others`;
}

describe('the logit lens of a model of every architecture', () => {
    it('says behind the last layer what the model says, or is refused by its reason', async () => {
        const [found, unnamed, said]: [string[], string[], string[]] = [[], [], []];
        for (const model of architectureModels(temporaryFolder(), 8)) {
            if (only !== undefined && nameOf(model) !== only) continue;
            const architecture = String((await readGguf(model)).metadata['general.architecture']);
            if (noPathReason(architecture) !== undefined || nameOf(model) === 'refact-moe') continue; // not counted
            const words = await examine(model).catch((cause: unknown) => (cause as Error).message.slice(0, 150));
            if (words === '') said.push(nameOf(model));
            else if (words === 'unnamed') unnamed.push(nameOf(model));
            else found.push(`${nameOf(model)}: ${words}`);
        }
        console.log(`${said.length} say what the model says; without names: ${unnamed.join(' ')}`);
        expect(found).toEqual([]);
        if (only === undefined) expect(said.length).toBeGreaterThan(80);
    });
});
