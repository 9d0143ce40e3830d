import { join } from 'node:path';
import { collect } from '../../src/activations/collect.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import type { Engine } from '../../src/engine/Engine.js';
import { identify } from '../../src/neurons/classes/identify.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { writeNeurons } from '../../src/neurons/analysis/neuronsFile.js';

/** Writes the run folder of a model: its counts on real texts in three languages, and its neurons. */
export async function writeLiveRun(folder: string, engine: Engine): Promise<NeuronAnalysis> {
    const corpus = await openCorpus('udhr:20-24', { languages: ['en', 'de', 'zh'] });
    const { activations } = await collect({ engine, corpus, folder });
    const analysis = identify(activations, { topRate: 0.2, bar: 0.98, minRouted: 0 });
    await writeNeurons(join(folder, 'neurons.json'), analysis);
    return analysis;
}
