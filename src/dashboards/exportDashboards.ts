import { join } from 'node:path';
import { isOfModel } from '../activations/isOfModel.js';
import { effectsPath, readEffectsIfAny, type EffectsFile } from '../effects/effectsFile.js';
import { LanguageNeuronsError } from '../errors.js';
import { examplesPath, type ExamplesHead, readExamples, readExamplesHead } from '../examples/examplesFile.js';
import { ensureWritableFolder, writeFileAtomic } from '../files/fileAccess.js';
import { makeFolder } from '../files/makeFolder.js';
import { classWords } from '../neurons/analysis/classKeys.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { dashboardsTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { storedToken } from '../support/storedToken.js';
import { throwIfStopped } from '../support/stop.js';
import { type DashboardFacts, type DashboardLogit, type DashboardNeuron, dashboardNeuron } from './DashboardNeuron.js';
import { asName, checkName, type DashboardBatch, mostOfBatch, sourceName } from './forms.js';
import { neuronpediaBatch } from './neuronpedia.js';
import { saeDashboardBatch } from './saeDashboard.js';

/** @inline */
export interface ExportDashboardsOptions extends OptionsOf<typeof dashboardsTable>, WorkOptions {}

/** What was written. */
export interface ExportedDashboards {
    /** Paths of the files, each of at most 128 neurons of one site. */
    readonly files: readonly string[];
    readonly neurons: number;
    /** Neurons without a token for which they were active: dashboards cannot show them. */
    readonly never: number;
    /** Whether the tokens that neurons raise and lower are in: `effects.json` was there. */
    readonly effects: boolean;
}

/**
 * Writes the neurons of a run folder's examples in the form of others' tools, a folder a site, into `out`. Files of the
 * same names are replaced, others are left alone.
 * @throws LanguageNeuronsError WRONG_USE for a name that they do not take; NOT_FOUND without examples or
 * `neurons.json`; MISMATCH where they, or the effects, are of different models; DAMAGED, UNWRITABLE, ABORTED
 */
export async function exportDashboards(
    folder: string,
    out: string,
    options: ExportDashboardsOptions = {},
): Promise<ExportedDashboards> {
    checkSettings(options, dashboardsTable, { progress: true, signal: true });
    const { form = dashboardsTable.form.default, progress = silent, signal } = options;
    const { sourceSet = dashboardsTable.sourceSet.default } = options;
    const { path, head, factsOf, effects } = await readFacts(folder);
    const { modelId = asName(head.source.model.name) } = options;
    checkName('modelId', modelId);
    checkName('sourceSet', sourceSet);
    const toForm = form === 'neuronpedia' ? neuronpediaBatch : saeDashboardBatch;
    await ensureWritableFolder(out);
    const files: string[] = [];
    let shown = 0;
    progress.stage('write dashboards', head.neurons.length);
    for await (const { number, neurons, taken, ...place } of batches(path, head, factsOf)) {
        throwIfStopped(signal);
        progress.advance(taken);
        if (neurons.length === 0) continue;
        const { layer, kind } = head.sites[place.site]!;
        const suffix = kind === 'dense' ? undefined : kind;
        const source = sourceName({ layer }, sourceSet, suffix);
        const dataset = head.source.dataset.name;
        const batch: DashboardBatch = { modelId, site: { layer, kind }, sourceSet, suffix, source, dataset, neurons };
        await makeFolder(join(out, source));
        const file = join(out, source, `batch-${number}.json`);
        await writeFileAtomic(file, JSON.stringify(toForm(batch)));
        files.push(file);
        shown += neurons.length;
    }
    progress.done();
    return { files, neurons: shown, never: head.neurons.length - shown, effects };
}

interface Batch {
    readonly site: number;
    /** Place among the site's, from 0. */
    readonly number: number;
    /** At most `mostOfBatch`, of one site. */
    readonly neurons: readonly DashboardNeuron[];
    /** Neurons that were read for it, those that cannot be shown among them. */
    readonly taken: number;
}

/** The neurons of a file of examples in batches, read as these are asked for. */
async function* batches(path: string, head: ExamplesHead, factsOf: Facts['factsOf']): AsyncGenerator<Batch> {
    let batch: Batch | undefined;
    let place = 0;
    for await (const examples of readExamples(path)) {
        const at = head.neurons[place++]!;
        const neuron = dashboardNeuron(examples, head, factsOf(at));
        const isFull = batch?.neurons.length === mostOfBatch;
        if (batch !== undefined && (batch.site !== at[0] || isFull)) {
            yield batch;
            batch = batch.site === at[0] ? { ...batch, number: batch.number + 1, neurons: [], taken: 0 } : undefined;
        }
        const { number, neurons, taken }: Omit<Batch, 'site'> = batch ?? { number: 0, neurons: [], taken: 0 };
        batch = {
            site: at[0],
            number,
            neurons: neuron === undefined ? neurons : [...neurons, neuron],
            taken: taken + 1,
        };
    }
    if (batch !== undefined) yield batch;
}

interface Facts {
    readonly path: string;
    readonly head: ExamplesHead;
    readonly factsOf: (neuron: NeuronIndex) => DashboardFacts;
    readonly effects: boolean;
}

async function readFacts(folder: string): Promise<Facts> {
    const path = examplesPath(folder);
    const analysis = await readNeurons(neuronsPath(folder));
    const head = await readExamplesHead(path);
    if (head === undefined) throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file; run examples first`);
    const effects = await readEffectsIfAny(folder);
    const model = head.source.model.fingerprint;
    if (!isOfModel(analysis.source, model)) throw otherModel(path, 'examples');
    if (effects !== undefined && effects.model !== model) throw otherModel(effectsPath(folder), 'effects');
    const words = { general: 'general: high in every language', behind: ' to ', between: ', ' };
    const described = classWords(analysis.neurons, words); // such as `related to zh, ja`
    const logits = logitsOf(effects);
    const none = { raised: [], lowered: [] };
    return {
        ...{ path, head, effects: effects !== undefined },
        factsOf: (neuron) => ({
            index: neuron[1],
            ...(logits.get(neuron.join()) ?? none),
            described: described.get(neuron.join()),
        }),
    };
}

function otherModel(path: string, command: string): LanguageNeuronsError {
    const words = `${path}: is of another model than the neurons; run ${command} again with that model`;
    return new LanguageNeuronsError('MISMATCH', words);
}

function logitsOf(effects: EffectsFile | undefined): ReadonlyMap<string, Pick<DashboardFacts, 'raised' | 'lowered'>> {
    const shown = (list: EffectsFile['neurons'][number]['raised']): DashboardLogit[] =>
        list.map(([token, value]) => ({ token: storedToken(effects!.tokens[token] ?? ''), value }));
    return new Map(
        effects?.neurons.map(({ neuron, raised, lowered }) => [
            neuron.join(),
            { raised: shown(raised), lowered: shown(lowered) },
        ]),
    );
}
