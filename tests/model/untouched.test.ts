import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { LlamaLibraries } from '../helpers/LlamaLibraries.js';
import { maskOf } from '../helpers/maskOf.js';
import { publicModels } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { twoThreads } from '../helpers/threads.mjs';

const folder = temporaryFolder();
const text = 'Everyone has the right to rest and leisure. 人人有享受休息和闲暇的权利。';

describe.skipIf(process.platform === 'win32')(
    'with the adapter off, logits are those of the unpatched libllama, bit for bit',
    () => {
        let libraries: LlamaLibraries;
        beforeAll(async () => {
            libraries = await LlamaLibraries.build(folder);
        });

        for (const { name, path, here } of publicModels)
            it.skipIf(!here)(name, async () => {
                const engine = await Engine.open({ model: path, gpu: 'off', threads: twoThreads });
                try {
                    const tokens = [
                        ...(engine.info.bos >= 0 ? [engine.info.bos] : []),
                        ...(await engine.tokenize(text)),
                    ];
                    const unpatched = libraries.logits('theirs', path, tokens);
                    expect(unpatched.length).toBe(tokens.length * engine.info.vocabulary * 4);
                    expect(libraries.logits('ours', path, tokens).equals(unpatched), 'no adapter attached').toBe(true);

                    const same = async (): Promise<boolean> =>
                        Buffer.from((await engine.logits(text)).buffer).equals(unpatched);
                    expect(await same(), 'attached and off').toBe(true);
                    const widths = engine.sites.map(({ width }) => width);
                    const edit = maskOf(
                        [
                            [1, 3],
                            [2, 5],
                        ],
                        widths,
                    );
                    const masked = Buffer.from((await engine.logits(text, { edit })).buffer);
                    expect(masked.equals(unpatched), 'an edit changes them').toBe(false);
                    expect(await same(), 'the edit removed').toBe(true);
                    await engine.count(await udhrSamples(['en'], '26-26'));
                    await engine.score(await udhrSamples(['en'], '26-26'), { edit });
                    expect(await same(), 'after counting and scoring').toBe(true);
                } finally {
                    engine.close();
                }
            });
    },
);
