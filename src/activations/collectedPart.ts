import { z } from 'zod';
import { neuronsAt, type Site } from '../engine/Site.js';
import type { LanguageNeuronsError } from '../errors.js';
import { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';

/** Counts of the first samples of one language: what a stopped run leaves behind. */
export interface CollectedPart {
    /** What made it: texts, model and settings. */
    readonly key: string;
    /** Samples and characters counted so far. */
    readonly samples: number;
    readonly characters: number;
    readonly tokens: bigint;
    /** int64 [neurons] a site. */
    readonly counts: readonly BigInt64Array[];
    /** int64 [experts] of a routed site, else empty. */
    readonly routed: readonly BigInt64Array[];
}

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

export function emptyPart(sites: readonly Site[], key: string): CollectedPart {
    return {
        key,
        samples: 0,
        characters: 0,
        tokens: 0n,
        counts: sites.map((site) => new BigInt64Array(neuronsAt(site))),
        routed: sites.map(({ kind, experts }) => new BigInt64Array(kind === 'routed' ? experts : 0)),
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
        const { code, cause: reason } = cause as LanguageNeuronsError;
        const isMissing = (reason as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
        if (code === 'DAMAGED' || isMissing) return undefined; // counted anew
        throw cause;
    }
    const { tensors, metadata } = file;
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
        };
    } catch {
        return undefined; // counted anew
    }
}

export async function writePart(path: string, part: CollectedPart): Promise<void> {
    await writeSafetensors(
        path,
        new Map([
            ...(['counts', 'routed'] as const).flatMap((name) =>
                part[name].flatMap((data, i) =>
                    data.length === 0 ? [] : [[`blk.${i}.${name}`, { shape: [data.length], data }] as const],
                ),
            ),
            ['tokens', { shape: [1], data: BigInt64Array.of(part.tokens) }] as const,
        ]),
        { key: part.key, samples: String(part.samples), characters: String(part.characters) },
    );
}
