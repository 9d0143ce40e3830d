import { sum } from '../../support/averages.js';
import { editOfToken, type TextEdit } from '../types/edits.js';

/** A finished sequence whose cells are still in the cache. */
export interface KeptSequence {
    /** Its number in the cache, which may change. */
    id: number;
    /** Those in the cache, from the first on. */
    readonly tokens: Int32Array;
    /** Under which they were computed, and how many of them a prompt was: together they decide each token's edit. */
    readonly condition: TextEdit;
    readonly promptLength: number;
}

/** A prompt, as it is looked for. */
type WantedPrompt = Pick<KeptSequence, 'tokens' | 'condition'>;

/**
 * Finished sequences that stay in the cache until others need their cells, so that a prompt that begins as one of
 * them does goes on from there (prefix caching).
 */
export class KeptSequences {
    /** The one kept last is the last. */
    #kept: KeptSequence[] = [];

    get length(): number {
        return this.#kept.length;
    }

    /** Cells of all of them. */
    get cells(): number {
        return sum(this.#kept, ({ tokens }) => tokens.length);
    }

    add(sequence: KeptSequence): void {
        this.#kept.push(sequence);
    }

    remove(sequence: KeptSequence): void {
        this.#kept = this.#kept.filter((one) => one !== sequence);
    }

    /** The one that was kept first; undefined: there is none. */
    get oldest(): KeptSequence | undefined {
        return this.#kept[0];
    }

    /** The one of a number. */
    of(id: number): KeptSequence | undefined {
        return this.#kept.find((one) => one.id === id);
    }

    /**
     * The sequence that has most tokens in common with a prompt from the first on, each under the same edit.
     * @returns with the number of these tokens, at least 1; undefined: none has any
     */
    longest(prompt: WantedPrompt): { readonly sequence: KeptSequence; readonly common: number } | undefined {
        let [found, most]: [KeptSequence | undefined, number] = [undefined, 0];
        for (const sequence of this.#kept) {
            const common = commonTokens(sequence, prompt);
            if (common > most) [found, most] = [sequence, common];
        }
        return found && { sequence: found, common: most };
    }
}

/** What is computed of a token depends on the tokens up to it and their edits: the same objects change them equally. */
function commonTokens(kept: KeptSequence, { tokens, condition }: WantedPrompt): number {
    const most = Math.min(kept.tokens.length, tokens.length);
    let common = 0;
    while (
        common < most &&
        kept.tokens[common] === tokens[common] &&
        editOfToken(kept.condition, common, kept.promptLength) === editOfToken(condition, common, tokens.length)
    )
        common++;
    return common;
}
