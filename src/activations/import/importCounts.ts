import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { LanguageList } from '../../languages/LanguageList.js';
import { unreadable } from '../../files/fileAccess.js';
import { openNamed } from '../../files/inFolder.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { textTable } from '../../settings/settings.js';
import { toolVersions } from '../../versions.js';
import type { Activations } from '../Activations.js';
import { readTorch, type TorchTensor } from './readTorch.js';

/** Files of one language. */
interface LanguageFiles {
    readonly full: string;
    /** The file of counts over the prompts alone. */
    readonly prefix?: string | undefined;
}

/** Counts [layers, neurons] of one file, row-major, over `tokens` tokens. */
interface FileCounts {
    readonly tokens: number;
    readonly counts: TorchTensor;
}

/**
 * Reads counts that others published: a folder of `activation.LL.pt` as the paper's authors give them
 * (`total_tokens`, `over_zero` [layers, neurons]; where `prefix.activation.LL.pt` counts the prompts
 * alone, the response's counts are max(full - prefix, 0)), or of LAPE's `activation.LL.train.MODEL`
 * (`n`, `over_zero`), or where there is neither, of its forks' `activation.LL.SPLIT.MODEL`. What else a file holds,
 * such as the sums of LAPE's first release, is skipped.
 * @param options.languages languages in this order; default: all that are there
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, UNSUPPORTED, WRONG_USE, or MISMATCH for languages of
 * different shapes
 */
export async function importCounts(
    folder: string,
    options: { readonly languages?: readonly string[] | undefined } = {},
): Promise<Activations> {
    checkSettings(options, { languages: textTable.languages }, {});
    const files = await filesIn(folder);
    const list = new LanguageList(
        folder,
        [...files.keys()].map((written) => [written, written]),
    );
    list.checkOnce(
        options.languages,
        (names, label) => `the files of ${names} both hold counts of ${label}; leave one in the folder`,
    );
    const chosen = new Map(list.choose(options).map(({ language, name }) => [language, files.get(name)!]));
    const languages = [...chosen.keys()];
    const bare = languages.filter((language) => chosen.get(language)!.prefix === undefined);
    if (bare.length > 0 && bare.length < languages.length) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${folder}: prefix.activation.${bare[0]!}.pt is missing, though other languages have such a file; ` +
                `add it, or leave ${bare.join(', ')} out`,
        );
    }

    return {
        languages,
        ...(await joinedCounts(chosen, folder)),
        source: {
            model: {
                name: 'imported',
                architecture: 'unknown',
                quantization: 'unknown',
                fingerprint: '',
            },
            dataset: {
                name: basename(resolve(folder)),
                hash: await digest(languages.flatMap((language) => Object.values(chosen.get(language)!) as string[])),
            },
            versions: toolVersions(),
        },
    };
}

/**
 * Interleaves the counts of one language after another into [neurons, l] of each layer.
 * @throws LanguageNeuronsError MISMATCH for languages of different shapes
 */
async function joinedCounts(
    files: ReadonlyMap<string, LanguageFiles>,
    folder: string,
): Promise<Pick<Activations, 'counts' | 'tokens'>> {
    const languages = [...files.keys()];
    const l = languages.length;
    const tokens = new BigInt64Array(l);
    let joined: { readonly shape: string; readonly counts: readonly BigInt64Array[] } | undefined;
    for (const [k, language] of languages.entries()) {
        const found = await languageCounts(files.get(language)!);
        const [layers, width] = found.counts.shape as [number, number];
        const shape = `${layers} x ${width}`;
        joined ??= { shape, counts: Array.from({ length: layers }, () => new BigInt64Array(width * l)) };
        if (shape !== joined.shape) {
            throw new LanguageNeuronsError(
                'MISMATCH',
                `${folder}: ${languages[0]!} has ${joined.shape} neurons, but ` +
                    `${language} has ${shape}; give counts of one model`,
            );
        }
        tokens[k] = BigInt(found.tokens);
        for (const [i, layer] of joined.counts.entries())
            for (let j = 0; j < width; j++) layer[j * l + k] = found.counts.data[i * width + j]!;
    }
    return { counts: joined?.counts ?? [], tokens };
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, LanguageFiles>> {
    const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOTDIR' ? 'is a file, not a folder' : `cannot be read (${cause.message})`;
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${folder}: ${why}; give the folder of the activation.LL.pt files`,
            { cause },
        );
    });
    const [full, prefix] = [new Map<string, string>(), new Map<string, string>()];
    const published = /^(prefix\.)?activation\.([^.]+)\.(pt|train\..+)$/;
    const pattern = names.some((name) => published.test(name)) ? published : /^()activation\.([^.]+)\.[^.]+\..+$/;
    for (const name of names.sort()) {
        const found = pattern.exec(name);
        if (found === null) continue;
        const [, before, language] = found as unknown as [string, string | undefined, string];
        const list = before === 'prefix.' ? prefix : full;
        if (list.has(language))
            throw wrongUse(
                `${folder}: ${basename(list.get(language)!)} and ${name} both hold counts of ${language}; ` +
                    'leave one in the folder',
            );
        list.set(language, join(folder, name));
    }
    if (full.size === 0)
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${folder}: holds no activation.LL.pt and no activation.LL.train.MODEL; ` +
                'give the folder of the published counts',
        );
    return new Map([...full].map(([language, path]) => [language, { full: path, prefix: prefix.get(language) }]));
}

async function languageCounts({ full, prefix }: LanguageFiles): Promise<FileCounts> {
    const all = await fileCounts(full);
    if (prefix === undefined) return all;
    const prompts = await fileCounts(prefix);
    if (prompts.counts.shape.join() !== all.counts.shape.join()) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${prefix}: has ${prompts.counts.shape.join(' x ')} neurons, but ` +
                `${basename(full)} has ${all.counts.shape.join(' x ')}; give files of one model`,
        );
    }
    const tokens = all.tokens - prompts.tokens;
    if (tokens < 0)
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${prefix}: counts more tokens than ${basename(full)}; download both again`,
        );
    const most = BigInt(tokens);
    const counts = all.counts.data.map((count, j) => {
        const difference = count - prompts.counts.data[j]!;
        // Two runs do not round alike: a difference may be a little out of range.
        return difference < 0n ? 0n : difference > most ? most : difference;
    });
    return { tokens, counts: { shape: all.counts.shape, data: counts } };
}

/** The counts of one file of either kind, checked. */
async function fileCounts(path: string): Promise<FileCounts> {
    const values = await readTorch(path, ['total_tokens', 'n', 'over_zero']);
    const tokens = wholeNumber(values.get('total_tokens') ?? values.get('n'));
    const counts = values.get('over_zero');
    const damaged = (what: string): LanguageNeuronsError =>
        new LanguageNeuronsError('DAMAGED', `${path}: ${what}; download it again`);
    if (tokens === undefined || tokens < 0) throw damaged('has no total_tokens (or n), a number of tokens');
    if (counts === undefined || typeof counts === 'number' || counts.shape.length !== 2 || counts.data.length === 0) {
        throw damaged('has no over_zero, a tensor [layers, neurons]');
    }
    const most = BigInt(tokens);
    if (counts.data.some((count) => count < 0n || count > most))
        throw damaged('has counts below 0 or above the number of tokens');
    return { tokens, counts };
}

/** A number of its own, or in a tensor of one. */
function wholeNumber(value: number | TorchTensor | undefined): number | undefined {
    return typeof value === 'object' ? (value.data.length === 1 ? Number(value.data[0]) : undefined) : value;
}

/** sha256 over names and contents of files in order, hexadecimal. */
async function digest(paths: readonly (string | undefined)[]): Promise<string> {
    const hash = createHash('sha256');
    for (const path of paths) {
        if (path === undefined) continue;
        hash.update(`${basename(path)}\n`);
        try {
            for await (const chunk of (await openNamed(path)).createReadStream()) hash.update(chunk as Buffer);
        } catch (cause) {
            throw unreadable(path, cause);
        }
    }
    return hash.digest('hex');
}
