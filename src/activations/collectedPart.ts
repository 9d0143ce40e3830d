import { z } from 'zod';
import type { CountResult } from '../engine/types/engineTypes.js';
import { neuronsAt, type Site } from '../engine/types/Site.js';
import { hasCode, LanguageNeuronsError } from '../errors.js';
import { isMissing } from '../files/fileAccess.js';
import type { Counts, Values } from './Activations.js';
import { addTo } from './addCounts.js';
import { readSafetensors, type Safetensors, type TensorData, writeSafetensors } from './safetensors.js';

/** Counts of the first samples of one language, which a stopped run leaves behind. */
export interface CollectedPart {
    /** Key of its texts, model and settings. */
    readonly key: string;
    /** Samples and characters counted so far. */
    readonly samples: number;
    readonly characters: number;
    readonly tokens: bigint;
    /** int64 [neurons] a site. */
    readonly counts: readonly BigInt64Array[];
    /** int64 [experts] of a routed site, else empty. */
    readonly routed: readonly BigInt64Array[];
    /** int64 [neurons] and uint32 [neurons, bins] a site, the latter empty where it is routed; see `Values`. */
    readonly values?: Omit<Values, 'edges'> | undefined;
}

/** A bin is 32 bits. */
const mostBinned = 2n ** 32n - 1n;

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

/** @param bins of histograms, where there are values */
export function emptyPart(sites: readonly Site[], key: string, bins?: number): CollectedPart {
    return {
        key,
        samples: 0,
        characters: 0,
        tokens: 0n,
        counts: sites.map((site) => new BigInt64Array(neuronsAt(site))),
        routed: sites.map(({ kind, experts }) => new BigInt64Array(kind === 'routed' ? experts : 0)),
        ...(bins === undefined
            ? {}
            : {
                  values: {
                      sums: sites.map((site) => new BigInt64Array(neuronsAt(site))),
                      histograms: sites.map(({ kind, width }) => new Uint32Array(kind === 'routed' ? 0 : width * bins)),
                  },
              }),
    };
}

/**
 * The part at a path, or undefined where there is none, a damaged one, or one of other work.
 * @throws LanguageNeuronsError NOT_FOUND where it is there and cannot be read
 */
export async function readPart(path: string, key: string): Promise<CollectedPart | undefined> {
    let file: Safetensors;
    try {
        file = await readSafetensors(path);
    } catch (cause) {
        if (hasCode(cause, 'DAMAGED') || isMissing(cause)) return undefined; // it is counted again
        throw cause;
    }
    const { tensors, wordTensors, metadata } = file;
    if (metadata.key !== key) return undefined;
    const sites = Array.from(
        { length: [...tensors.keys()].filter((name) => name.endsWith('.counts')).length },
        (_, i) => i,
    );
    try {
        return {
            key,
            samples: wholeNumber.parse(metadata.samples),
            characters: wholeNumber.parse(metadata.characters),
            tokens: z.bigint().parse(tensors.get('tokens')!.data[0]),
            counts: sites.map((i) => tensors.get(`blk.${i}.counts`)!.data),
            routed: sites.map((i) => tensors.get(`blk.${i}.routed`)?.data ?? new BigInt64Array(0)),
            ...(tensors.has('blk.0.sums')
                ? {
                      values: {
                          sums: sites.map((i) => tensors.get(`blk.${i}.sums`)!.data),
                          histograms: sites.map(
                              (i) => wordTensors.get(`blk.${i}.histogram`)?.data ?? new Uint32Array(0),
                          ),
                      },
                  }
                : {}),
        };
    } catch {
        return undefined; // it is counted again
    }
}

export async function writePart(path: string, part: CollectedPart): Promise<void> {
    await writeSafetensors(
        path,
        new Map([
            ...Object.entries({
                counts: part.counts,
                routed: part.routed,
                sums: part.values?.sums ?? [],
                histogram: part.values?.histograms ?? [],
            }).flatMap(([name, sites]) =>
                sites.flatMap((data: TensorData, i) =>
                    data.length === 0 ? [] : [[`blk.${i}.${name}`, { shape: [data.length], data }] as const],
                ),
            ),
            ['tokens', { shape: [1], data: BigInt64Array.of(part.tokens) }] as const,
        ]),
        { key: part.key, samples: String(part.samples), characters: String(part.characters) },
    );
}

/** A part and a chunk of texts after it. */
export function addToPart(
    part: CollectedPart,
    chunk: { readonly samples: readonly unknown[]; readonly characters: number },
    counted: CountResult,
): CollectedPart {
    return {
        key: part.key,
        samples: part.samples + chunk.samples.length,
        characters: part.characters + chunk.characters,
        tokens: part.tokens + counted.tokens,
        counts: part.counts.map((site, i) => site.map((count, j) => count + counted.counts[i]![j]!)),
        routed: part.routed.map((site, i) => site.map((count, j) => count + counted.routed[i]![j]!)),
        ...(part.values === undefined
            ? {}
            : {
                  values: {
                      sums: part.values.sums.map((site, i) => site.map((sum, j) => sum + counted.sums[i]![j]!)),
                      histograms: part.values.histograms.map((site, i) => {
                          const total = site.slice();
                          addTo(total, counted.histograms[i]!);
                          return total;
                      }),
                  },
              }),
    };
}

/**
 * Interleaves one column a language into counts and sums [neurons, l], and into [experts, l] and [neurons, l, bins].
 * @throws LanguageNeuronsError UNSUPPORTED for values of more tokens than a bin can count
 */
export function joinParts(parts: readonly CollectedPart[], edges: readonly number[]): Counts {
    const l = parts.length;
    const bins = edges.length;
    const join = (columnOf: (part: CollectedPart) => BigInt64Array): BigInt64Array => {
        const joined = new BigInt64Array(columnOf(parts[0]!).length * l);
        for (const [k, part] of parts.entries()) {
            const column = columnOf(part);
            for (let j = 0; j < column.length; j++) joined[j * l + k] = column[j]!;
        }
        return joined;
    };
    const joinBins = (i: number): Uint32Array => {
        const joined = new Uint32Array(parts[0]!.values!.histograms[i]!.length * l);
        for (const [k, { values }] of parts.entries()) {
            const column = values!.histograms[i]!;
            for (let j = 0; j * bins < column.length; j++)
                joined.set(column.subarray(j * bins, (j + 1) * bins), (j * l + k) * bins);
        }
        return joined;
    };
    const [{ counts, routed, values }] = parts as readonly [CollectedPart];
    if (values !== undefined && parts.some(({ tokens }) => tokens > mostBinned)) {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `values can be collected for at most ${mostBinned} tokens of a language; ` +
                'give fewer texts, or collect without `values`',
        );
    }
    return {
        counts: counts.map((_, i) => join((part) => part.counts[i]!)),
        ...(routed.every(({ length }) => length === 0)
            ? {}
            : { routed: routed.map((_, i) => join((part) => part.routed[i]!)) }),
        tokens: BigInt64Array.from(parts.map(({ tokens }) => tokens)),
        ...(values === undefined
            ? {}
            : {
                  values: {
                      sums: values.sums.map((_, i) => join((part) => part.values!.sums[i]!)),
                      histograms: values.histograms.map((_, i) => joinBins(i)),
                      edges,
                  },
              }),
    };
}
