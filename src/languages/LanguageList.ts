import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { nameProblem, shownName } from '../support/names.js';
import { aliasTag, languageKey, languageTag, maximized, usualTag } from './languageTag.js';
import { inPaperOrder } from './paperLanguages.js';

/** Most languages that a message names. */
const mostNamed = 40;

/** A language of a dataset. */
interface ListedLanguage {
    /** Its name in the dataset: a file, or the language in the dataset's spelling. */
    readonly name: string;
    /** Its spelling: `deu_Latn`, `German`. */
    readonly written: string;
    /** Its name in results: the usual tag unless another language of the dataset has that; else `languageTag`. */
    readonly label: string;
    readonly tag: string | undefined;
}

/** A language chosen from a dataset. */
export interface ChosenLanguage {
    /** Its name in results. */
    readonly language: string;
    /** Its name in the dataset. */
    readonly name: string;
}

export interface ChooseOptions {
    /** In any spelling. Default: all. */
    readonly languages?: readonly string[] | undefined;
    /** Names of languages in existing results; a language among these keeps its name. Default: none. */
    readonly called?: readonly string[] | undefined;
    /** Gets a line where the dataset has a language under another name. */
    readonly note?: ((line: string) => void) | undefined;
}

/** The languages of a dataset, found by any of their names. */
export class LanguageList {
    readonly #name: string;
    readonly #listed: readonly ListedLanguage[];

    /**
     * @param name the dataset, for messages
     * @param found the name of each language in it, such as a file, and the language's spelling
     * @param tagOf reads that spelling; `canonicalTag` where the dataset writes codes alone
     */
    constructor(name: string, found: Iterable<readonly [name: string, written: string]>, tagOf = languageTag) {
        this.#name = name;
        const tags = [...found].map(([one, written]) => ({ name: one, written, tag: tagOf(written) }));
        const claims = new Map<string, Set<string>>();
        const claim = (label: string | undefined, tag: string): void => {
            if (label !== undefined) claims.set(label, (claims.get(label) ?? new Set()).add(tag));
        };
        for (const { tag } of tags) {
            if (tag === undefined) continue;
            claim(tag, tag);
            claim(usualTag(tag), tag);
        }
        this.#listed = tags.map((one) => {
            const usual = one.tag === undefined ? undefined : usualTag(one.tag);
            const isFree = usual !== undefined && claims.get(usual)!.size === 1;
            return { ...one, label: isFree ? usual : (one.tag ?? one.written) };
        });
    }

    get labels(): string[] {
        return inPaperOrder(new Set(this.#listed.map(({ label }) => label)));
    }

    /** The names in the dataset of a language, which may be given in any spelling. */
    namesOf(asked: string): string[] {
        const labels = this.#labels(asked);
        return this.#listed.filter(({ label }) => labels.includes(label)).map(({ name }) => name);
    }

    /**
     * @param languages the chosen languages. Default: all
     * @param wordsOf the message, from both names of a language in the dataset and from its name in results
     * @throws LanguageNeuronsError WRONG_USE where the dataset has one of them twice
     */
    checkOnce(
        languages?: readonly string[],
        wordsOf = (names: string, label: string) => `${names} are both in ${label}; leave one in the folder`,
    ): void {
        const wanted = languages === undefined ? undefined : new Set(languages.flatMap((one) => this.#labels(one)));
        const seen = new Map<string, string>();
        for (const { name, written, tag, label } of this.#listed) {
            if (wanted?.has(label) === false) continue;
            const key = tag ?? languageKey(written);
            const other = seen.get(key);
            if (other !== undefined) {
                const words = wordsOf(`${other} and ${name}`, label);
                throw wrongUse(`${this.#name}: ${words}`);
            }
            seen.set(key, name);
        }
    }

    /**
     * Chooses languages, in the given order. Where the dataset has a language only under narrower or wider names
     * (`pt-BR` and `pt-PT` for `pt`, `ar` for `ar-EG`), these are taken and noted. A language that is missing or named
     * twice is refused.
     * @throws LanguageNeuronsError WRONG_USE or NOT_FOUND
     */
    choose(options: ChooseOptions): ChosenLanguage[] {
        const chosen = this.#chosenOf(options);
        for (const { language } of chosen) {
            const problem = nameProblem(language);
            if (problem === undefined) continue;
            const what = `the language ${shownName(language)} ${problem}`;
            throw wrongUse(`${this.#name}: ${what}; rename it, or leave it out`);
        }
        return chosen;
    }

    #chosenOf({ languages, called = [], note }: ChooseOptions): ChosenLanguage[] {
        if (languages === undefined) return this.labels.map((label) => this.#chosen(label, label, called));
        const askedAs = new Map<string, string>();
        return languages.flatMap((asked) => {
            const labels = this.#labels(asked);
            if (labels.length === 0) throw this.#lacks(asked);
            if (labels.length > 1 && called.includes(asked)) {
                throw wrongUse(`${this.#name}: ${asked} could be ${labels.join(' or ')}; give texts in one of them`);
            }
            for (const label of labels) {
                const other = askedAs.get(label);
                if (other !== undefined) throw this.#askedTwice(other, asked, label);
                askedAs.set(label, asked);
            }
            if (!labels.includes(languageTag(asked) ?? asked) && !this.#isWritten(asked)) {
                note?.(`${this.#name}: ${asked} is there as ${labels.join(' and ')}`);
            }
            return labels.map((label) => this.#chosen(label, asked, called));
        });
    }

    /** Whether a language, in any spelling, may turn out to be a chosen one once all languages are known. */
    static mayBeOneOf(written: string, languages: readonly string[]): boolean {
        const tag = languageTag(written);
        return languages.some((asked) => {
            if (languageKey(asked) === languageKey(written)) return true;
            const wanted = languageTag(asked);
            return tag !== undefined && wanted !== undefined && groupOf(tag) === groupOf(wanted);
        });
    }

    /** Labels of the listed languages that match one by its name, its tag, its usual tag, or what it covers. */
    #labels(asked: string): string[] {
        const tag = languageTag(asked);
        const alias = tag === undefined ? undefined : aliasTag(tag);
        const ways: readonly ((listed: ListedLanguage) => boolean)[] = [
            ({ written }) => written === asked,
            ({ written }) => languageKey(written) === languageKey(asked),
            (listed) => listed.tag !== undefined && listed.tag === tag,
            ({ label }) => label === tag,
            (listed) => alias !== undefined && (listed.tag === alias || listed.label === alias),
            (listed) => tag !== undefined && listed.tag !== undefined && aliasTag(listed.tag) === tag,
            (listed) => tag !== undefined && listed.tag !== undefined && covers(tag, listed.tag),
        ];
        for (const way of ways) {
            const found = this.#listed.filter(way).map(({ label }) => label);
            if (found.length > 0) return inPaperOrder(new Set(found));
        }
        return [];
    }

    #chosen(label: string, asked: string, called: readonly string[]): ChosenLanguage {
        const { name, tag } = this.#listed.find((listed) => listed.label === label)!;
        const known = [asked, label].find((one) => called.includes(one));
        const same = known ?? called.find((one) => tag !== undefined && languageTag(one) === tag);
        return { language: same ?? label, name };
    }

    #isWritten(asked: string): boolean {
        return this.#listed.some(({ written }) => languageKey(written) === languageKey(asked));
    }

    #lacks(asked: string): LanguageNeuronsError {
        const labels = this.labels;
        const more = labels.length > mostNamed ? ` and ${labels.length - mostNamed} more` : '';
        const only = `${labels.slice(0, mostNamed).join(', ')}${more}`;
        return new LanguageNeuronsError(
            'NOT_FOUND',
            `${this.#name}: has no language ${asked}, only ${only || 'none'}; choose with \`languages\``,
        );
    }

    #askedTwice(one: string, two: string, label: string): LanguageNeuronsError {
        const what =
            one === two
                ? `language ${one} is asked for twice`
                : `${this.#name}: ${one} and ${two} are the same language there, ${label}`;
        return wrongUse(`${what}; name each once`);
    }
}

/** Languages that share one name. */
const groups: Readonly<Record<string, string>> = { nb: 'no', nn: 'no' };

function groupOf(tag: string): string {
    const { language } = maximized(tag);
    return groups[language] ?? language;
}

/** Whether a tag includes another: `pt` covers `pt-PT`, `zh-Hant` covers `zh-HK`, `no` covers `nn`. */
function covers(tag: string, other: string): boolean {
    if (/-(?:\d[a-z\d]{3}|[a-z\d]{5,8})(?:-|$)/i.test(tag)) return false; // a variant covers nothing else
    const [{ script, region }, stated, close] = [new Intl.Locale(tag), maximized(tag), maximized(other)];
    const isEither = [stated, close].every(({ language }) => groups[language] !== undefined);
    if (groupOf(tag) !== groupOf(other) || (isEither && stated.language !== close.language)) return false; // nb, nn
    if (region !== undefined) return stated.region === close.region && stated.script === close.script;
    return script === undefined || stated.script === close.script;
}
