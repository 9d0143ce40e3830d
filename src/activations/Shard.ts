import { extname } from 'node:path';
import { LanguageNeuronsError, wrongUse } from '../errors.js';

/** One of several equal parts of a piece of work. A process of its own, on any machine, does each part. */
export interface Shard {
    /** From 1. */
    readonly number: number;
    readonly total: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables in which schedulers of jobs give a job its place, and the first place that they give. */
const places: readonly { readonly index: string; readonly least: (environment: Environment) => number }[] = [
    { index: 'SLURM_ARRAY_TASK_ID', least: ({ SLURM_ARRAY_TASK_MIN }) => Number(SLURM_ARRAY_TASK_MIN ?? 0) },
    { index: 'JOB_COMPLETION_INDEX', least: () => 0 }, // Kubernetes' indexed jobs
    { index: 'PARALLEL_SEQ', least: () => 1 }, // GNU parallel
];

/**
 * Reads `2/8`; `auto`, from a Slurm array; or `auto/8`, from a Slurm array, an indexed job of Kubernetes or GNU
 * parallel.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseShard(text: string, environment: Environment = process.env): Shard {
    const [, number, total] = /^(auto|\d+)(?:\/(\d+))?$/.exec(text) ?? [];
    const wrong = (why: string): LanguageNeuronsError => wrongUse(`\`shard: ${text}\`: ${why}`);
    if (number === undefined || (number !== 'auto' && total === undefined))
        throw wrong('give a number and how many there are, such as 2/8, or auto');
    const shard =
        number === 'auto'
            ? { ...placeIn(environment, total, wrong) }
            : { number: Number(number), total: Number(total) };
    if (shard.total < 1 || shard.total > 10_000) throw wrong(`there can be 1 to 10000 shards, not ${shard.total}`);
    if (shard.number < 1 || shard.number > shard.total)
        throw wrong(`there is no shard ${shard.number} of ${shard.total}; they are counted from 1`);
    return shard;
}

function placeIn(
    environment: Environment,
    total: string | undefined,
    wrong: (why: string) => LanguageNeuronsError,
): Shard {
    const found = places.find(({ index }) => environment[index] !== undefined);
    if (found === undefined)
        throw wrong(`none of ${places.map(({ index }) => index).join(', ')} is set; give a number, such as 1/8`);
    // An array of steps other than 1 has fewer tasks than its numbers suggest.
    const step = found.index === 'SLURM_ARRAY_TASK_ID' ? Number(environment.SLURM_ARRAY_TASK_STEP ?? 1) : 1;
    const number = (Number(environment[found.index]) - found.least(environment)) / step + 1;
    const count = total ?? (found.index === 'SLURM_ARRAY_TASK_ID' ? environment.SLURM_ARRAY_TASK_COUNT : undefined);
    if (count === undefined) throw wrong(`${found.index} does not say how many there are; give auto/8 for eight`);
    if (!Number.isInteger(number))
        throw wrong(`${found.index} is ${String(environment[found.index])}, which is no place among ${count}`);
    return { number, total: Number(count) };
}

/**
 * Whether the piece of work at this place belongs to the shard: pieces go round the shards. Without a shard, all do.
 */
export function isOwn(shard: Shard | undefined, place: number): boolean {
    return shard === undefined || place % shard.total === shard.number - 1;
}

/** The shard as results write it, such as `2/8`. */
export function shardText({ number, total }: Shard): string {
    return `${number}/${total}`;
}

/** The shard in names of files, such as `2-of-8`. */
export function shardName({ number, total }: Shard): string {
    return `${number}-of-${total}`;
}

/** The path of a shard's part of a file, such as `ppl.matrix.shard-2-of-8.json` of `ppl.matrix.json`. */
export function shardPath(path: string, shard: Shard | undefined): string {
    const ending = extname(path);
    return shard === undefined ? path : `${path.slice(0, -ending.length)}.shard-${shardName(shard)}${ending}`;
}

/** The name of the file that a shard's file is a part of; undefined where the file is no shard's. */
export function nameOfWhole(name: string): string | undefined {
    const [, before, ending] = /^(.+)\.shard-\d+-of-\d+(\.[^.]+)$/.exec(name) ?? [];
    return before === undefined ? undefined : `${before}${ending!}`;
}
