import { shownToken } from '../../../effects/shownToken.js';
import type { NeuronTokens } from '../../tokensFormat.js';
import type { ShownTokens, TokenSearch } from './Query.js';

/** Tokens of a neuron that the table shows. */
const mostShown = 4;

/** A list of each neuron, all in one text: a token a line, an empty line at least for each neuron. */
interface ListText {
    readonly text: string;
    /** Where each neuron's lines begin. */
    readonly starts: Uint32Array;
}

/** Tokens of neurons, for the table and its search. */
export class TokenIndex {
    readonly #neurons: readonly NeuronTokens[];
    readonly #places: ReadonlyMap<number, number>;
    /** What each list has of a neuron: the strongest tokens in each language, in whatever language, those raised. */
    readonly #lists: readonly ((one: NeuronTokens) => readonly string[] | undefined)[];
    readonly #texts: readonly ListText[];

    /** @param languages tags, in the order of `SiteSummary` */
    constructor(neurons: readonly NeuronTokens[], languages: readonly string[]) {
        this.#neurons = neurons;
        this.#places = new Map(neurons.map(({ flat }, place) => [flat, place]));
        this.#lists = [
            ...languages.map((tag) => (one: NeuronTokens) => one.languages[tag]),
            ({ strongest }) => strongest,
            ({ raised }) => raised,
        ];
        this.#texts = this.#lists.map((of) => textOf(neurons.map((one) => of(one) ?? [])));
    }

    of(flat: number): NeuronTokens | undefined {
        const place = this.#places.get(flat);
        return place === undefined ? undefined : this.#neurons[place];
    }

    /**
     * Which neurons have a token that holds a text, in whatever case.
     * @param n neurons of the model
     * @returns [n]: 1 where one has
     */
    search({ text: wanted, among }: TokenSearch, n: number): Uint8Array {
        const found = new Uint8Array(n);
        const line = folded(wanted);
        for (const { text, starts } of this.#searched(among).map((list) => this.#texts[list]!)) {
            let place = 0;
            for (let at = text.indexOf(line); at !== -1; at = text.indexOf(line, starts[place])) {
                while (place < starts.length && starts[place]! <= at) place++;
                found[this.#neurons[place - 1]!.flat] = 1;
                if (place === starts.length) break;
            }
        }
        return found;
    }

    /** A neuron's tokens for the table: those that are searched, then its strongest. */
    shown(flat: number, search: TokenSearch | undefined): ShownTokens {
        const own = this.of(flat);
        if (own === undefined) return { found: [], strongest: [] };
        const line = search === undefined ? '' : folded(search.text);
        const tokens =
            search === undefined ? [] : this.#searched(search.among).flatMap((k) => this.#lists[k]!(own) ?? []);
        const found = [...new Set(tokens.filter((token) => folded(token).includes(line)))].slice(0, mostShown);
        const others = own.strongest?.filter((token) => !found.includes(token)) ?? [];
        return { found, strongest: others.slice(0, mostShown - found.length) };
    }

    /** Places of the lists that a search looks in. */
    #searched(among: TokenSearch['among']): number[] {
        if (typeof among === 'number') return [among];
        const all = [...this.#lists.keys()];
        return among === 'any' ? all : among === 'raised' ? all.slice(-1) : all.slice(0, -1);
    }
}

function textOf(lists: readonly (readonly string[])[]): ListText {
    const starts = new Uint32Array(lists.length);
    const lines: string[] = [];
    let length = 0;
    for (const [place, list] of lists.entries()) {
        starts[place] = length;
        const own = `${list.map(lowered).join('\n')}\n`;
        lines.push(own);
        length += own.length;
    }
    return { text: lines.join(''), starts };
}

/** A text as the tokens are written that it is looked for in. */
function folded(text: string): string {
    return lowered(shownToken(text));
}

/** In small letters; escapes, as `shownToken` writes them, in signs that no letter or digit is found in. */
function lowered(token: string): string {
    return token
        .normalize('NFC')
        .toLowerCase()
        .replace(/‹[0-9a-f]+›|\\(?:[ntr]|u\{[0-9a-f]+\})/g, (escape) =>
            String.fromCharCode(...Array.from(escape, (_, i) => privateUse + (escape.charCodeAt(i) % 0x100))),
        );
}

/** Unicode's first code that no character has. */
const privateUse = 0xe000;
