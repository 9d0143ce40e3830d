import type { Activations } from '../../src/activations/Activations.js';
import { examplesPath, writeExamples } from '../../src/examples/examplesFile.js';
import { type Example, type NeuronExamples, noExamples } from '../../src/examples/NeuronExamples.js';
import { strongestTable } from '../../src/examples/strongestTable.js';
import { tokenText } from '../../src/support/tokenText.js';
import { watchedNeurons } from '../../src/examples/watchedNeurons.js';
import type { NeuronAnalysis, NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';

/** Texts as tokens: letters that tokens divide, marks as tokens, right to left, hostile ones. */
const texts: Readonly<Record<string, readonly string[]>> = {
    en: ['The', ' <script>', "document.title='taken'", '</script>', ' \u202egnp.exe', '\u202c', '\n', ' y'.repeat(200)],
    de: ['Die', ' Fra', 'u', '\u0308', ' gru', 'ßt', ' die', ' Nach', 'bar', 'n', '.'],
    zh: ['人人', ...bytesOf('有权'), '享有', '休息', '。'],
    ar: ['لكل', ' فرد', ' الح', 'ق', ' في', ' الحياة', ' 123', ' والحرية'],
    hi: ['सभी', ' मन', 'ु', 'ष्य', 'ों', ' को', ' अधिकार'],
};

function bytesOf(text: string): string[] {
    return Array.from(Buffer.from(text), (byte) => tokenText(Uint8Array.of(byte)));
}

function tokensOf(language: string): readonly string[] {
    return texts[language] ?? texts.en!;
}

function exampleOf(language: string, at: number, value: number, text: number): Example {
    const tokens = tokensOf(language);
    const values = tokens.map((_, i) => (i === at ? value : i % 3 === 0 ? value / 4 : 0));
    return { text, key: text, position: at, value, tokens, values, at };
}

function examplesOf(languages: readonly string[], seed: number, bins: number): NeuronExamples {
    const valueOf = (i: number): number => (12 - i) / (2 + (seed % 5));
    return {
        ...noExamples,
        languages: Object.fromEntries(
            languages.map((language, k) => {
                const strongest = Array.from({ length: 12 }, (_, i) =>
                    exampleOf(language, (i + seed) % tokensOf(language).length, valueOf(i), i),
                );
                const histogram = Array.from({ length: bins }, (_, bin) => (bin > 4 && bin < 20 ? 20 - bin : 0));
                return [language, { active: 120 * (k + 1), histogram, strongest }] as const;
            }),
        ),
        kinds: { Latn: { active: 90, sum: 2 ** 24 }, digits: { active: 4, sum: 2 ** 19 } },
        wordBeginnings: { active: 30, sum: 2 ** 23 },
        sample: [1, 2, 3, 4, 5].flatMap((quantile) =>
            languages.map((language, i) => ({
                ...exampleOf(language, i % tokensOf(language).length, quantile + i / 10, i),
                ...{ language, quantile },
            })),
        ),
    };
}

/** Writes examples of all selected neurons and of others into a run folder. */
export async function writeSomeExamples(
    folder: string,
    { sites, languages, source }: Activations,
    analysis: NeuronAnalysis,
    others: readonly NeuronIndex[],
): Promise<void> {
    const known = new Set(others.map(String));
    const selected = watchedNeurons(analysis, { general: 0, seed: 1 }).filter((one) => !known.has(String(one)));
    const neurons = [...others, ...selected].map(([site, index]) => [site, index] as [number, number]);
    const edges = Array.from({ length: 24 }, (_, i) => i / 2);
    const examples = neurons.map((_, j) => examplesOf(languages, j, edges.length));
    await writeExamples(
        examplesPath(folder),
        {
            ...{ languages: [...languages], sites: sites!.map((site) => ({ ...site })), neurons, edges, seed: 1 },
            tokens: Object.fromEntries(languages.map((language) => [language, 5000])),
            ...{ kinds: { Latn: 9000, digits: 400 }, wordBeginnings: 3000 },
            ...strongestTable(examples, languages),
            ...{ source, key: 'k', done: {} },
        },
        examples,
    );
}
