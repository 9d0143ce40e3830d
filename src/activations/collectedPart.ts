import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** Counts of the first samples of one language: what a stopped run leaves behind. */
export interface CollectedPart {
    /** What made it: texts, model and settings. */
    readonly key: string;
    /** Samples and characters counted so far. */
    readonly samples: number;
    readonly characters: number;
    readonly tokens: bigint;
    /** int64 [n_ff] a layer. */
    readonly counts: readonly BigInt64Array[];
}

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

export function emptyPart(widths: readonly number[], key: string): CollectedPart {
    return { key, samples: 0, characters: 0, tokens: 0n, counts: widths.map((width) => new BigInt64Array(width)) };
}

/** The part at a path, or undefined where there is none, a damaged one, or one of other work. */
export async function readPart(path: string, key: string): Promise<CollectedPart | undefined> {
    if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
    try {
        const { tensors, metadata } = await readSafetensors(path);
        if (metadata.key !== key) return undefined;
        const layers = tensors.size - 1;
        return {
            key,
            samples: wholeNumber.parse(metadata.samples),
            characters: wholeNumber.parse(metadata.characters),
            tokens: z.bigint().parse(tensors.get('tokens')!.data[0]),
            counts: Array.from({ length: layers }, (_, i) => tensors.get(`blk.${i}.counts`)!.data),
        };
    } catch {
        return undefined; // counted anew
    }
}

export async function writePart(path: string, part: CollectedPart): Promise<void> {
    await writeSafetensors(
        path,
        new Map([
            ...part.counts.map((data, i) => [`blk.${i}.counts`, { shape: [data.length], data }] as const),
            ['tokens', { shape: [1], data: BigInt64Array.of(part.tokens) }] as const,
        ]),
        { key: part.key, samples: String(part.samples), characters: String(part.characters) },
    );
}
