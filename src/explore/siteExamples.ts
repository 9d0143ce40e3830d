import type { ExamplesHead, OpenedExamples } from '../examples/examplesFile.js';
import type { Example, NeuronExamples } from '../examples/NeuronExamples.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import {
    examplesHeadPath,
    languagesOfFile,
    neuronExamplesPath,
    type ShownExample,
    type SiteExamplesHead,
    type SiteNeuronExamples,
    type SiteStrongest,
    strongestPath,
} from './examplesFormat.js';

/**
 * The files of a run folder's examples; none without examples.
 * @param starts flat index of each site's first neuron
 */
export function siteExamples(
    opened: OpenedExamples | undefined,
    starts: readonly number[],
): ReadonlyMap<string, () => Promise<Buffer>> {
    const files = new Map<string, () => Promise<Buffer>>();
    if (opened === undefined) return files;
    const { head, of } = opened;
    const flats = head.neurons.map(([site, index]) => starts[site]! + index);
    files.set(examplesHeadPath, async () => json(headOf(head, flats)));
    for (const [j, flat] of flats.entries()) {
        const neuron: NeuronIndex = head.neurons[j]!;
        files.set(neuronExamplesPath(flat), async () => json(factsOf(await of(neuron))));
        for (let k = 0; k < head.languages.length; k += languagesOfFile) {
            const languages = head.languages.slice(k, k + languagesOfFile);
            files.set(strongestPath(flat, k), async () => json(strongestIn(await of(neuron), languages)));
        }
    }
    return files;
}

function json(content: object): Buffer {
    return Buffer.from(JSON.stringify(content));
}

function headOf({ languages, edges, kinds, wordBeginnings }: ExamplesHead, flats: readonly number[]): SiteExamplesHead {
    return { flats, languages, edges, kinds, wordBeginnings };
}

function factsOf({ languages, kinds, wordBeginnings, sample }: NeuronExamples): SiteNeuronExamples {
    const counted = Object.entries(languages).map(
        ([language, { active, histogram }]) => [language, { active, histogram }] as const,
    );
    return { languages: Object.fromEntries(counted), kinds, wordBeginnings, sample: sample.map(shown) };
}

function strongestIn({ languages }: NeuronExamples, wanted: readonly string[]): SiteStrongest {
    return Object.fromEntries(
        wanted.flatMap((language) => {
            const own = languages[language];
            return own === undefined ? [] : [[language, own.strongest.map(shown)] as const];
        }),
    );
}

function shown<Of extends Example>({ key: _, ...example }: Of): ShownExample<Of> {
    return example;
}
