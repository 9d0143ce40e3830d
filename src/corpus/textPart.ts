import { wrongUse } from '../errors.js';
import type { Corpus } from './Corpus.js';
import { textsOfFolds } from './textsOfFolds.js';

/** Some of the texts of a source: those whose place, modulo `of`, is from `first` to `last`, all counted from 1. */
export interface TextPart {
    readonly first: number;
    readonly last: number;
    readonly of: number;
}

/** What stands behind the name of a source, such as `#1-4of5` or `#5of5`. */
const suffixed = /^(?<base>.*[^#])#(?<first>\d+)(?:-(?<last>\d+))?of(?<of>\d+)$/s;

/**
 * Divides the name of a source from the part that it asks for: `udhr:1-24#5of5` is every fifth text of each language.
 * @throws LanguageNeuronsError WRONG_USE for a part that there is not
 */
export function partIn(spec: string): { readonly base: string; readonly part?: TextPart } {
    const groups = suffixed.exec(spec)?.groups;
    if (groups === undefined) return { base: spec };
    const [first, of] = [Number(groups.first), Number(groups.of)];
    const part = { first, last: Number(groups.last ?? first), of };
    if (part.first < 1 || part.last < part.first || part.last > of)
        throw wrongUse(`${spec}: asks for a part of the texts that there is not; give one such as #1-4of5 or #5of5`);
    return { base: groups.base!, part };
}

/** `#1-4of5`, or `#5of5`. */
export function partText({ first, last, of }: TextPart): string {
    return `#${first === last ? first : `${first}-${last}`}of${of}`;
}

/** The texts of a part; its name and those of its sources say so. */
export function partOf(corpus: Corpus, part: TextPart): Corpus {
    const suffix = partText(part);
    const places = Array.from({ length: part.last - part.first + 1 }, (_, i) => part.first - 1 + i);
    return {
        ...textsOfFolds(corpus, places, part.of),
        name: corpus.name + suffix,
        sources: corpus.sources.map(({ name, path }) => ({
            name: name + suffix,
            ...(path === undefined ? {} : { path: path + suffix }),
        })),
    };
}
