import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { collect, compileInterventions, identify, openCorpus, openQuestions, openTemplate } from '../../dist/index.js';
import { embeddedProblems } from '../../dist/run/embeddedRun.js';
import { spread } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];

/**
 * A question in each language under each of ten deactivations, one at a time, with the whole model's answer as a draft
 * and without.
 * @param {string} model
 * @param {{ rounds: number, threads: number, corpus: string, maxTokens: number, masked?: readonly string[] }} options
 * @returns {Promise<string>} a line: the ratio of times, the share of drafted tokens that held, and of answers that
 * differ
 */
export async function benchDrafts(model, { rounds, threads, corpus, maxTokens, masked = languages }) {
    const root = mkdtempSync(join(tmpdir(), 'language-neurons-drafts-'));
    const engine = await MeasuredEngine.open({ model, gpu: 'off', threads });
    try {
        const { activations } = await collect({
            engine,
            corpus: await openCorpus(corpus, { languages }),
            folder: root,
        });
        const analysis = identify(activations);
        const edits = masked.map((language) =>
            compileInterventions([{ op: 'zero', neurons: { language } }], { sites: engine.sites, analysis }),
        );
        const template = await openTemplate(engine.info.chatTemplate === '' ? 'mathoctopus' : 'chat', engine);
        const questions = await openQuestions(embeddedProblems, { languages });
        const prompts = await Promise.all(
            languages.map(async (language) => ({
                id: 0,
                text: await template.write((await questions.inLanguage(language))[0]),
                special: template.special,
                stops: template.stops(language),
            })),
        );
        const answer = async (prompt, edit) => {
            for await (const answered of engine.generate([prompt], { edits: [edit], maxTokens })) return answered;
        };
        const whole = [];
        for (const prompt of prompts) whole.push((await answer(prompt)).text);
        /** All answers under all edits. */
        const measure = async (drafted) => {
            const texts = [];
            const begin = performance.now();
            for (const edit of edits) {
                for (const [i, prompt] of prompts.entries()) {
                    const { text, tried, held } = await answer(drafted ? { ...prompt, draft: whole[i] } : prompt, edit);
                    texts.push({ text, tried, held });
                }
            }
            return { seconds: (performance.now() - begin) / 1000, texts };
        };
        const measured = [];
        for (let round = 0; round < rounds; round++) {
            const first = await measure(round % 2 === 0);
            const second = await measure(round % 2 !== 0);
            measured.push(round % 2 === 0 ? { drafted: first, plain: second } : { drafted: second, plain: first });
        }
        const { median, least, most } = spread(measured.map(({ drafted, plain }) => plain.seconds / drafted.seconds));
        const [{ drafted, plain }] = measured;
        const sum = (name) => drafted.texts.reduce((total, one) => total + one[name], 0);
        const differing = plain.texts.filter(({ text }, i) => drafted.texts[i].text !== text).length;
        return (
            'one answer at a time, without drafts / with, time: ' +
            `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})  aim >= 2; ` +
            `${Math.round((100 * sum('held')) / sum('tried'))} % of drafted tokens held; ` +
            `${differing} of ${plain.texts.length} answers differ`
        );
    } finally {
        engine.close();
        rmSync(root, { recursive: true });
    }
}
