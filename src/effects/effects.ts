import { isOfModel } from '../activations/isOfModel.js';
import { loadAddon } from '../engine/native/loadBackends.js';
import { modelFiles } from '../engine/files/modelFiles.js';
import { modelFingerprint } from '../engine/files/modelFingerprint.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { TokenTexts } from '../engine/passes/TokenTexts.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { withFolder } from '../files/folderLock.js';
import { readGguf } from '../gguf/GgufFile.js';
import { comparePlaces, distinctNeurons, selectedNeurons } from '../neurons/analysis/distinctNeurons.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { tokenText } from '../support/tokenText.js';
import { directPath } from './directPath.js';
import { type EffectsFile, effectsPath, readEffectsIfAny, writeEffects } from './effectsFile.js';
import { computingTable, tokenEffects } from './tokenEffects.js';

/** @inline */
export interface EffectsOptions extends OptionsOf<typeof computingTable>, WorkOptions {
    /** The model that was analysed, without adapters: a GGUF file, or a URI. */
    readonly model: string;
    /** Default: all specific and related neurons. */
    readonly neurons?: readonly NeuronIndex[] | undefined;
}

/** The most neurons of a file, so that it can be read again. */
const mostNeurons = 100_000;

/**
 * Adds to `effects.json` of a run folder which tokens neurons raise and lower (`NeuronEffects`). Neurons that are in
 * the file already are not computed again; it is written after every few thousand others.
 * @throws LanguageNeuronsError as `tokenEffects`; NOT_FOUND without `neurons.json`; MISMATCH where the model is another
 * one; UNWRITABLE, BUSY
 */
export async function effects(folder: string, options: EffectsOptions): Promise<EffectsFile> {
    const { progress = silent, signal } = options;
    checkSettings(options, computingTable, { model: true, neurons: true, progress: true, signal: true });
    const analysis = await readNeurons(neuronsPath(folder));
    const asked = options.neurons ?? selectedNeurons(analysis);
    const model = await resolveModel(options.model, { signal, progress });
    await checkDirectPath(model); // before anything is computed
    return withFolder(folder, 'effects', async () => {
        const fingerprint = await modelFingerprint(model, [], { signal, progress });
        checkModel(analysis, fingerprint, model);
        let file: EffectsFile = (await readEffectsIfAny(folder)) ?? { model: fingerprint, tokens: {}, neurons: [] };
        if (file.model !== fingerprint) {
            const mend = 'give that model, or remove the file';
            throw new LanguageNeuronsError('MISMATCH', `${effectsPath(folder)}: belongs to another model; ${mend}`);
        }
        const known = new Set(file.neurons.map(({ neuron }) => String(neuron)));
        const missing = distinctNeurons(asked).filter((neuron) => !known.has(String(neuron)));
        if (missing.length === 0) return file;
        if (known.size + missing.length > mostNeurons) {
            const what = `${effectsPath(folder)}: would hold ${known.size + missing.length} neurons`;
            throw wrongUse(`${what}, but can hold ${mostNeurons}; choose fewer`);
        }
        const texts = await tokenTexts(model);
        const sites = analysisSites(analysis);
        const some = { model, sites, neurons: missing, threads: options.threads, progress, signal };
        for await (const found of tokenEffects(some)) {
            const neurons = [...file.neurons, ...found.map(rounded)].sort((a, b) => comparePlaces(a.neuron, b.neuron));
            const tokens = { ...file.tokens };
            for (const { raised, lowered } of found)
                for (const [token] of [...raised, ...lowered]) {
                    // a row of the head beyond the vocabulary has no text
                    tokens[token] ??= texts.has(token) ? tokenText(texts.bytesOf(token, true)) : '';
                }
            file = { model: fingerprint, tokens, neurons };
            await writeEffects(folder, file);
        }
        return file;
    });
}

/** @throws LanguageNeuronsError UNSUPPORTED for a model without a path from neurons to logits */
export async function checkDirectPath(model: string): Promise<void> {
    directPath(await Promise.all((await modelFiles(model)).map(readGguf)));
}

type Entry = EffectsFile['neurons'][number];

/** Effects with the digits that ggml's sums in F32 have. */
function rounded({ neuron, raised, lowered }: Entry): Entry {
    const short = (list: Entry['raised']): Entry['raised'] =>
        list.map(([token, effect]) => [token, Number(effect.toPrecision(6))]);
    return { neuron, raised: short(raised), lowered: short(lowered) };
}

function checkModel(analysis: NeuronAnalysis, fingerprint: string, path: string): void {
    if (isOfModel(analysis.source, fingerprint)) return;
    const what = `${path}: is not the analysed model (${analysis.source.model.name})`;
    const mend = 'give that file; if the model has LoRA adapters, merge them into one file and analyse it';
    throw new LanguageNeuronsError('MISMATCH', `${what}; ${mend}`);
}

async function tokenTexts(path: string): Promise<TokenTexts> {
    const { addon } = await loadAddon();
    const [first] = (await modelFiles(path)) as [string];
    const placement = { devices: [], gpuLayers: 0, split: 'none', mainGpu: 0, cpuExperts: 0, loras: [] } as const;
    const model = await awaitNative(() => addon.loadModel({ path: first, ...placement }));
    try {
        return await TokenTexts.of(model);
    } finally {
        model.close();
    }
}
