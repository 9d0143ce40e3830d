import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { z } from 'zod';
import { activationsSourceShape } from '../activations/ActivationsSource.js';
import {
    readSafetensors,
    readSafetensorsMetadata,
    type Safetensors,
    type Tensor,
    writeSafetensors,
} from '../activations/safetensors.js';
import { type Shard, shardPath } from '../activations/Shard.js';
import { siteShape } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { otherVersion } from '../files/versionedJson.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronName } from '../neurons/tables/neuronNames.js';
import type { DeepReadonly } from '../support/DeepReadonly.js';
import { byName, nameShape } from '../support/names.js';
import { type NeuronExamples, neuronExamplesShape } from './NeuronExamples.js';

const format = 'language-neurons/examples';
const version = 2;
const mend = 'remove it and run examples again';
const mends = { missing: 'run examples first', damaged: mend };
/** In a run folder. */
export const examplesName = 'examples.safetensors';
/** Far above the examples of any neuron; a larger block was made to keep its reader busy. */
const mostNeuronBytes = 1 << 28;

const count = z.int().nonnegative();

const headShape = z.object({
    languages: z.array(nameShape).min(1),
    /** Where the model computes activations. */
    sites: z.array(siteShape).min(1),
    /** `[site, index]` of each neuron, by site, then index. */
    neurons: z.array(z.tuple([count, count])).min(1),
    /** Lower edges of the bins of histograms, from 0. */
    edges: z.array(z.number()).min(2),
    /** Of the sample. */
    seed: count,
    /** Counted tokens, by language. */
    tokens: byName(count),
    /** Counted tokens, by kind, and those that begin a word: what the neurons' shares are to be compared with. */
    kinds: byName(count),
    wordBeginnings: count,
    /** The different tokens of `strongest`. Empty in a part. */
    vocabulary: z.array(z.string()),
    /**
     * Of each neuron its strongest tokens, by place in `vocabulary`: in whatever language, then in each of `languages`,
     * at most five, the strongest first. Empty in a part. See `strongestTokens`.
     */
    strongest: z.array(z.array(z.array(count))),
    source: activationsSourceShape,
    /** Of a part: what it is of, and how many texts of each language are in it. */
    key: z.string(),
    done: byName(count),
});
/** What a file of examples says of all its neurons. */
export interface ExamplesHead extends DeepReadonly<z.output<typeof headShape>> {}

export function examplesPath(folder: string, shard?: Shard): string {
    return shardPath(join(folder, examplesName), shard);
}

/**
 * Writes a file of examples: the head as metadata, and for each neuron a tensor of bytes under its name
 * (`neuronName`): its `NeuronExamples` as JSON, deflated (zlib).
 * @param examples of each of the head's neurons
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeExamples(
    path: string,
    head: ExamplesHead,
    examples: Iterable<NeuronExamples> | AsyncIterable<NeuronExamples>,
): Promise<void> {
    const tensors = new Map<string, Tensor>();
    let place = 0;
    for await (const one of examples) {
        const data = await promisify(deflate)(JSON.stringify(one));
        tensors.set(neuronName(head.sites, head.neurons[place++]!), { shape: [data.length], data });
    }
    await writeSafetensors(path, tensors, { format, version: String(version), head: JSON.stringify(head) });
}

/** @returns undefined where there is no such file @throws LanguageNeuronsError NOT_FOUND, DAMAGED */
export async function readExamplesHead(path: string): Promise<ExamplesHead | undefined> {
    const metadata = await readSafetensorsMetadata(path, mends);
    return metadata === undefined ? undefined : headOf(path, metadata);
}

/**
 * Refuses to replace finished examples by others, unless that is asked for.
 * @throws LanguageNeuronsError MISMATCH
 */
export function checkReplaced(path: string, had: ExamplesHead | undefined, force: boolean): void {
    if (had === undefined || force) return;
    throw new LanguageNeuronsError(
        'MISMATCH',
        `${path}: holds finished examples of other neurons, texts or settings; ` +
            'give `force` to replace them, or choose another run folder',
    );
}

/** A file of examples that was read, its neurons not yet unpacked. */
export interface OpenedExamples {
    readonly head: ExamplesHead;
    /** @throws LanguageNeuronsError NOT_FOUND for a neuron that the file has not; DAMAGED */
    readonly of: (neuron: NeuronIndex) => Promise<NeuronExamples>;
}

/**
 * Reads a file of examples, packed as it is; undefined where there is none.
 * @param neurons whose examples are read. Default: all
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, DAMAGED
 */
export async function openExamples(
    path: string,
    neurons?: readonly NeuronIndex[],
): Promise<OpenedExamples | undefined> {
    const head = await readExamplesHead(path);
    if (head === undefined) return undefined;
    const nameOf = (neuron: NeuronIndex): string => neuronName(head.sites, neuron);
    const wanted = new Set((neurons ?? head.neurons).map(nameOf));
    const file = await readSafetensors(path, (name) => wanted.has(name), mends);
    return { head, of: (neuron) => neuronOf(path, file, nameOf(neuron)) };
}

/**
 * The examples of some neurons; the file is read no further than that takes.
 * @param neurons default: all
 * @throws LanguageNeuronsError NOT_FOUND, also for a neuron that the file has not; DAMAGED
 */
export async function* readExamples(path: string, neurons?: readonly NeuronIndex[]): AsyncGenerator<NeuronExamples> {
    const opened = await openExamples(path, neurons);
    if (opened === undefined) throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file; ${mends.missing}`);
    for (const neuron of neurons ?? opened.head.neurons) yield opened.of(neuron);
}

async function neuronOf(path: string, { byteTensors }: Safetensors, name: string): Promise<NeuronExamples> {
    const block = byteTensors.get(name);
    if (block === undefined)
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${path}: has no examples of neuron ${name}; run examples with it among \`neurons\``,
        );
    try {
        const json = await promisify(inflate)(block.data, { maxOutputLength: mostNeuronBytes });
        return neuronExamplesShape.parse(JSON.parse(json.toString('utf8')));
    } catch (cause) {
        throw new LanguageNeuronsError('DAMAGED', `${path}: the examples of neuron ${name} are damaged; ${mend}`, {
            cause,
        });
    }
}

function headOf(path: string, metadata: Safetensors['metadata']): ExamplesHead {
    if (metadata.format !== format || metadata.version === undefined)
        throw new LanguageNeuronsError('DAMAGED', `${path}: is not a file of examples; ${mend}`);
    if (metadata.version !== String(version))
        throw new LanguageNeuronsError('DAMAGED', otherVersion(path, format, metadata.version, version, mend));
    try {
        return headShape.parse(JSON.parse(metadata.head ?? ''));
    } catch (cause) {
        throw new LanguageNeuronsError('DAMAGED', `${path}: is not a file of examples (its head is damaged); ${mend}`, {
            cause,
        });
    }
}
