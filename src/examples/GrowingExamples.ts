import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { LanguageNeuronsError } from '../errors.js';
import { writeShared } from '../files/sharedSubfolder.js';
import type { ChunkTally } from './ChunkTally.js';
import { type ExamplesHead, readExamples, readExamplesHead, writeExamples } from './examplesFile.js';
import { finishExamples, joinByName, joinExamples } from './joinExamples.js';
import { type NeuronExamples, noExamples } from './NeuronExamples.js';
import { strongestTable } from './strongestTable.js';
import { tokenKinds } from './TokenKinds.js';

/** Saving takes at most this share of the time. */
const savingShare = 0.1;

/** Examples while texts are added, saved every so often. */
export class GrowingExamples {
    readonly #path: string;
    #head: ExamplesHead;
    #examples: NeuronExamples[];
    /** When saving is due. */
    #due = 0;

    private constructor(path: string, head: ExamplesHead, examples: NeuronExamples[]) {
        this.#path = path;
        this.#head = head;
        this.#examples = examples;
    }

    /** Those that a stopped run has left at a path; where it left none, or damaged ones, none. */
    static async open(path: string, head: ExamplesHead): Promise<GrowingExamples> {
        try {
            const left = await readExamplesHead(path);
            if (left?.key === head.key) {
                const examples: NeuronExamples[] = [];
                for await (const one of readExamples(path)) examples.push(one);
                return new GrowingExamples(path, left, examples);
            }
        } catch (cause) {
            if ((cause as LanguageNeuronsError).code !== 'DAMAGED') throw cause;
        }
        return new GrowingExamples(
            path,
            head,
            Array.from(head.neurons, () => noExamples),
        );
    }

    get head(): ExamplesHead {
        return this.#head;
    }

    /** Texts of a language that are in. */
    doneOf(language: string): number {
        return this.#head.done[language] ?? 0;
    }

    /** Adds the next texts of a language. */
    async add(language: string, samples: number, tally: ChunkTally, texts: TokenTexts): Promise<void> {
        const { seed, tokens, kinds, wordBeginnings, done } = this.#head;
        const found = tally.examples(language, texts);
        this.#examples = this.#examples.map((known, j) => joinExamples(known, found[j]!, seed));
        const ofKinds = Object.fromEntries(tokenKinds.map((kind, i) => [kind, tally.kinds[i]!] as const));
        this.#head = {
            ...this.#head,
            tokens: { ...tokens, [language]: tokens[language]! + tally.tokens },
            kinds: joinByName(kinds, ofKinds, (a, b) => a + b),
            wordBeginnings: wordBeginnings + tally.kinds[tokenKinds.length]!,
            done: { ...done, [language]: (done[language] ?? 0) + samples },
        };
        if (performance.now() < this.#due) return;
        const begin = performance.now();
        await writeShared(this.#path, (path) => writeExamples(path, this.#head, this.#examples));
        const now = performance.now();
        this.#due = now + (now - begin) / savingShare;
    }

    /**
     * Writes what was found.
     * @param isWhole of all texts: examples are chosen then
     * @returns the head that the file has
     */
    async write(path: string, isWhole: boolean): Promise<ExamplesHead> {
        if (!isWhole) {
            await writeExamples(path, this.#head, this.#examples);
            return this.#head;
        }
        return writeWhole(path, this.#head, this.#examples);
    }
}

/** Chooses the examples that are shown, and writes them with the head of the whole. */
export async function writeWhole(
    path: string,
    head: ExamplesHead,
    examples: Iterable<NeuronExamples> | AsyncIterable<NeuronExamples>,
): Promise<ExamplesHead> {
    const finished: NeuronExamples[] = [];
    for await (const one of examples) finished.push(finishExamples(one, head.languages));
    const kinds = Object.fromEntries(Object.entries(head.kinds).filter(([, tokens]) => tokens > 0));
    const whole = { ...head, kinds, ...strongestTable(finished, head.languages), done: {} };
    await writeExamples(path, whole, finished);
    return whole;
}
