import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Comparison } from '../../src/experiments/results/Comparison.js';
import type { DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import type { DeactivateResult } from '../../src/experiments/deactivate.js';
import { accuracyMetric } from '../../src/experiments/answerMetrics/accuracy.js';
import { deactivate } from '../../src/experiments/deactivate.js';
import { readMatrix } from '../../src/experiments/resultFiles/matrixFile.js';
import { Engine } from '../../src/engine/Engine.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { openQuestions } from '../../src/questions/sources/openQuestions.js';
import { openTemplate } from '../../src/questions/templates/promptTemplates.js';
import { sees, startCli } from '../helpers/cli.js';
import { commandHere } from '../helpers/commandHere.js';
import { embeddedAdapter, embeddedModel } from '../helpers/models.js';
import { outOfMemory, watchContexts } from '../helpers/watchedModel.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const languages = ['en', 'fr', 'de'];
const questionsEach = 8;
const model = ['--model', embeddedModel, '--gpu', 'off'];
const deactivateArgs = (dir: string, ...more: string[]): string[] => [
    'deactivate',
    dir,
    ...model,
    '--data',
    at('questions'),
    '--metric',
    'accuracy',
    '--template',
    at('template.txt'),
    '--max-tokens',
    '16',
    '--controls',
    '2',
    ...more,
];

interface Answer {
    condition: string;
    language: string;
    index: number;
    text: string;
}
/** One set alone, for runs that are stopped: what they find again does not depend on how many there are. */
const oneSet = ['--sets', 'specific'];
/** The sound lines of a journal; a write that failed leaves half a one. */
const answersIn = (dir: string): Answer[] =>
    readFileSync(join(dir, 'accuracy.answers.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as Answer);
const placeOf = ({ condition, language, index }: Answer): string => `${condition}/${language}/${index}`;
/** A run folder with neurons and nothing else. */
function runFolder(name: string): string {
    mkdirSync(at(name));
    writeFileSync(at(name, 'neurons.json'), readFileSync(at('run', 'neurons.json')));
    return at(name);
}

beforeAll(async () => {
    mkdirSync(at('questions'));
    mkdirSync(at('texts'));
    writeFileSync(at('template.txt'), '{question}');
    const starts = { en: 'The farmer and the', de: 'Der Lehrer und die', fr: 'La fille et le' };
    const places = 'house garden school river town kitchen boat market'.split(' ');
    for (const [language, start] of Object.entries(starts)) {
        writeFileSync(
            at('questions', `mgsm_${language}.tsv`),
            places.map((place, i) => `${start} ${place}\t${i}`).join('\n'),
        );
        writeFileSync(
            at('texts', `${language}.txt`),
            readFileSync(resolve(`src/embedded/texts/evaluate/${language}.txt`)),
        );
    }
    expect((await commandHere('collect', ...model, '--data', at('texts'), '--out', at('run'))).code).toBe(0);
    expect((await commandHere('identify', at('run'), '--top-rate', '0.1')).code).toBe(0);
});

describe('deactivate --metric accuracy', () => {
    it('evaluates all conditions together and keeps every answer', async () => {
        const { code, stdout, stderr } = await commandHere(...deactivateArgs(at('run'), '--json'));
        expect(code, stderr).toBe(0);
        const result = JSON.parse(stdout) as DeactivateResult;
        expect(result).toMatchObject({
            metric: 'accuracy',
            languages,
            settings: { maxTokens: 16, rule: 'last', controls: 2 },
        });
        expect(Object.keys(result.sets)).toEqual(['specific', 'specific+related', 'specific+related+general']);
        expect(result.seconds).toBeGreaterThan(0);
        const answers = answersIn(at('run'));
        expect(new Set(answers.map(placeOf)).size).toBe(answers.length); // none twice
        const conditions = new Set(answers.map(({ condition }) => condition));
        expect(answers).toHaveLength(conditions.size * languages.length * questionsEach);
        for (const set of Object.values(result.sets)) {
            expect(set.rows).toEqual(languages);
            expect(set.samples.flat().every((n) => n === questionsEach)).toBe(true);
            expect(set.controls).toHaveLength(2);
            for (const grid of [set.values, set.change, set.control, set.beyondControl])
                expect(grid.map((row) => row.length)).toEqual([3, 3, 3]);
        }
        // The embedded model knows no arithmetic, but it goes on in the language it was begun in.
        const share = result.sets.specific!.shares!.language!;
        expect(Math.min(...share.baseline)).toBeGreaterThan(0.5);
        expect(await readMatrix(at('run'), 'accuracy')).toEqual((({ seconds: _, ...matrix }) => matrix)(result));
        expect(readFileSync(at('run', 'accuracy.matrix.csv'), 'utf8').trim().split('\n')).toHaveLength(1 + 3 * 9);

        // Again, with another rule for the number: nothing is generated anew.
        const again = await commandHere(...deactivateArgs(at('run'), '--number', 'mathoctopus'));
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toContain(`continues after ${answers.length} of ${answers.length} answers`);
        expect(answersIn(at('run'))).toEqual(answers);

        const report = await commandHere('report', at('run'));
        expect(report.code, report.stderr).toBe(0);
        const page = readFileSync(at('run', 'report.html'), 'utf8');
        expect(page).toContain('id="accuracy.specific"');
        expect(page).toContain('id="answer-languages"');
        expect(
            page.match(/<p class="question"><span[^>]*>(?:The farmer|Der Lehrer|La fille)/g)?.length,
        ).toBeGreaterThan(1);

        // Answers of other work are not shown in the place of these.
        const journal = readFileSync(at('run', 'accuracy.answers.jsonl'));
        writeFileSync(at('run', 'accuracy.answers.jsonl'), JSON.stringify(answers[0]));
        expect(
            (await commandHere('report', at('run'))).stdout + readFileSync(at('run', 'report.html'), 'utf8'),
        ).toContain('accuracy.answers.jsonl lacks the answers of accuracy.matrix.json');
        writeFileSync(at('run', 'accuracy.answers.jsonl'), journal);
    });

    it('judges questions by other names of their languages alike, and tells what cannot be judged', async () => {
        // French under the name of a language that no detector knows.
        const names = { eng: 'en', deu: 'de', eu: 'fr' };
        for (const each of ['texts-coded', 'coded', 'plain']) mkdirSync(at(each));
        for (const [code, language] of Object.entries(names)) {
            const [texts, problems] = ['texts/evaluate', 'problems/test'].map((part) => resolve('src/embedded', part));
            const questions = readFileSync(join(problems!, `mgsm_${language}.tsv`));
            writeFileSync(at('texts-coded', `${code}_Latn.dev`), readFileSync(join(texts!, `${language}.txt`)));
            writeFileSync(at('coded', `mgsm_${code}.tsv`), questions);
            writeFileSync(at('plain', `mgsm_${language === 'fr' ? 'eu' : language}.tsv`), questions);
        }
        const aligned = [...model, '--lora', embeddedAdapter];
        expect(
            (await commandHere('collect', ...aligned, '--data', at('texts-coded'), '--out', at('coded-run'))).code,
        ).toBe(0);
        expect((await commandHere('identify', at('coded-run'), '--top-rate', '0.1')).code).toBe(0);
        const measure = (data: string, ...more: string[]): ReturnType<typeof commandHere> =>
            commandHere(
                ...[
                    'deactivate',
                    at('coded-run'),
                    ...aligned,
                    '--data',
                    at(data),
                    '--metric',
                    'accuracy',
                    '--limit',
                    '5',
                ],
                ...['--template', 'chat', '--max-tokens', '64', '--controls', '1', '--sets', 'specific', ...more],
            );
        const coded = await measure('coded', '--json');
        expect(coded.code, coded.stderr).toBe(0);
        expect(coded.stderr).toMatch(
            /coded: the detector does not know the language of answers in eu, .*--judge number/,
        );
        expect(coded.stderr.match(/detector does not know/g)).toHaveLength(1);
        const { sets, languages: judged } = JSON.parse(coded.stdout) as DeactivateResult;
        expect(judged).toEqual(['en', 'de', 'eu']);
        const { baseline, shares } = sets.specific!;
        expect(Math.min(...baseline.slice(0, 2))).toBeGreaterThan(0);
        expect(baseline[2]).toBe(0);
        expect(shares!.number!.baseline[2]).toBeGreaterThan(0);
        expect(shares!.unknownLanguage!.baseline[2]).toBe(shares!.number!.baseline[2]);

        const plain = await measure('plain');
        expect(plain.code, plain.stderr).toBe(0);
        expect(plain.stderr).toContain('continues after'); // the same questions in the same languages
        const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
        const number = percent(shares!.number!.baseline[2]!);
        expect(plain.stdout).toMatch(new RegExp(`^en +\\d+ +${percent(baseline[0]!)} `, 'm'));
        expect(plain.stdout).toMatch(new RegExp(`^language +right number in any language +unknown language`, 'm'));
        expect(plain.stdout).toMatch(new RegExp(`^eu +${number} → \\S+ % +${number} → `, 'm'));
        const byNumber = await measure('plain', '--judge', 'number', '--json');
        expect(byNumber.code, byNumber.stderr).toBe(0);
        expect(byNumber.stderr).not.toContain('detector does not know');
        const result = JSON.parse(byNumber.stdout) as DeactivateResult;
        expect(result.settings).toMatchObject({ judge: 'number' });
        expect(result.sets.specific!.baseline).toEqual(shares!.number!.baseline);
        expect((await commandHere('report', at('coded-run'))).code).toBe(0);
        expect(readFileSync(at('coded-run', 'report.html'), 'utf8')).toContain('right number, unknown language');
    });

    it('refuses to ask the whole model less than the others', async () => {
        const { code, stderr } = await commandHere(
            ...deactivateArgs(runFolder('less'), '--limit', '4', '--whole-limit', '2'),
        );
        expect(code).toBe(2);
        expect(stderr).toContain('--whole-limit must be at least --limit, 4, not 2');
    });

    it('is part of a whole run where its configuration asks questions', async () => {
        writeFileSync(
            at('run.yaml'),
            `model: ${embeddedModel}\ngpu: 'off'\ndata: texts\nevaluation: udhr:29-30\n` +
                'topRate: 0.1\nsets: [specific]\ncontrols: 1\nout: whole\n' +
                `accuracy: {questions: questions, template: ${at('template.txt')}, limit: 2, maxTokens: 8}\n`,
        );
        const { code, stdout, stderr } = await commandHere('run', at('run.yaml'), '--json');
        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({
            folder: at('whole'),
            matrices: [{ metric: 'ppl' }, { metric: 'accuracy', settings: { maxTokens: 8 } }],
        });
        const report = readFileSync(at('whole', 'report.html'), 'utf8');
        for (const id of ['deactivation.specific', 'accuracy.specific']) expect(report).toContain(`id="${id}"`);
        expect((await readMatrix(at('whole'), 'accuracy'))!.sets.specific!.samples.flat().every((n) => n === 2)).toBe(
            true,
        );
    });

    it('of a model before and after alignment ends in one report, both measured on the same texts', async () => {
        writeFileSync(
            at('pair.yaml'),
            `model: ${embeddedModel}\n` +
                `aligned: {loras: [{path: ${embeddedAdapter}}], trained: [de], together: true}\n` +
                "gpu: 'off'\ndata: texts\nevaluation: udhr:29-30\n" +
                'topRate: 0.1\nsets: [specific]\ncontrols: 1\nout: pair\n' +
                'accuracy: {questions: questions, template: chat, limit: 2, wholeLimit: 6, maxTokens: 8, ' +
                'languages: [fr, de]}\n',
        );
        const { code, stdout, stderr } = await commandHere('run', at('pair.yaml'), '--json');
        expect(code, stderr).toBe(0);
        const { matrices, aligned } = JSON.parse(stdout) as {
            matrices: DeactivationMatrix[];
            aligned: { folder: string; matrices: DeactivationMatrix[]; comparison: Comparison };
        };
        expect(aligned.folder).toBe(at('pair', 'aligned'));
        expect(matrices[1]).toMatchObject({ languages: ['fr', 'de'], sets: { specific: { rows: ['fr', 'de'] } } });
        const [ppl, accuracy] = aligned.comparison.changes[0]!.metrics;
        for (const [c, language] of matrices[0]!.languages.entries()) {
            const of = ({ sets }: DeactivationMatrix) => sets.specific!.baseline[c];
            expect(ppl!.perLanguage[language]!.before).toBeCloseTo(of(matrices[0]!)!, 9);
            expect(ppl!.perLanguage[language]!.after).toBeCloseTo(of(aligned.matrices[0]!)!, 9);
            expect(ppl!.perLanguage[language]!.change).not.toBe(0);
            // Questions are asked in two of the three languages, of the whole models more than of the deactivations.
            if (language === 'en') {
                expect(accuracy!.perLanguage[language]).toBeUndefined();
                continue;
            }
            const rightOf = ({ whole }: DeactivationMatrix) => whole[language]!.numerators;
            const [first, second] = [rightOf(matrices[1]!), rightOf(aligned.matrices[1]!)];
            const mean = (right: readonly number[]) => right.reduce((sum, one) => sum + one, 0) / right.length;
            expect([first.length, second.length]).toEqual([6, 6]);
            expect(accuracy!.perLanguage[language]).toMatchObject({ before: mean(first), after: mean(second) });
            const column = matrices[1]!.languages.indexOf(language);
            expect(matrices[1]!.sets.specific!.baseline[column]).toBe(mean(first.slice(0, 2)));
            expect(matrices[1]!.sets.specific!.samples.flat().every((n) => n === 2)).toBe(true);
        }
        expect(ppl!.groups.trained!.languages).toEqual(['de']);
        const report = readFileSync(at('pair', 'report.html'), 'utf8');
        for (const id of [
            'deactivation.specific',
            'accuracy.specific',
            'comparison-layers',
            'comparison-ppl',
            'comparison-accuracy',
        ])
            expect(report).toContain(`id="${id}"`);
        expect(readFileSync(at('pair', 'aligned', 'report.html'), 'utf8')).not.toContain('id="comparison-ppl"');
    });

    it('of two models at once stops both where one fails, and says why', async () => {
        writeFileSync(
            at('broken.yaml'),
            `model: ${embeddedModel}\naligned: {loras: [{path: none.gguf}], together: true}\n` +
                "gpu: 'off'\ndata: texts\nout: broken\n",
        );
        const { code, stderr } = await commandHere('run', at('broken.yaml'));
        expect(code).toBe(1);
        expect(stderr.trim().split('\n').at(-1)).toContain('none.gguf');
        expect(existsSync(at('broken', 'report.html'))).toBe(false);
    });

    it.each(['SIGKILL', 'SIGINT'] as const)(
        'stopped by %s, goes on where it was and asks nothing twice',
        async (signal) => {
            const dir = runFolder(`stopped-${signal}`);
            const { child, ended } = startCli(deactivateArgs(dir, ...oneSet));
            await sees(child, /accuracy, answer .* of .*: 30 %/);
            child.kill(signal);
            const stopped = await ended;
            if (signal === 'SIGINT') expect(stopped.code).toBe(130);
            expect(existsSync(join(dir, 'accuracy.matrix.json'))).toBe(false);
            // The child of a killed process may still be writing its last line.
            await new Promise((done) => setTimeout(done, 1000));
            const before = answersIn(dir).slice(0, -1);
            expect(before.length).toBeGreaterThan(20);

            const again = await commandHere(...deactivateArgs(dir, ...oneSet));
            expect(again.code, again.stderr).toBe(0);
            expect(again.stderr).toMatch(/continues after \d+ of \d+ answers/);
            const answers = answersIn(dir);
            expect(answers.slice(0, before.length)).toEqual(before);
            const places = new Set(answers.map(placeOf));
            expect(places.size).toBe(answers.length);
            expect(places.size).toBe((1 + languages.length * 3) * languages.length * questionsEach);
            const inRun = new Set(answersIn(at('run')).map(placeOf));
            expect([...places].filter((place) => !inRun.has(place))).toEqual([]);
            expect(
                (await readMatrix(dir, 'accuracy'))!.sets.specific!.samples.flat().every((n) => n === questionsEach),
            ).toBe(true);
        },
    );

    it('a generation that fails loses no answer, and no cell is made of half its questions', async () => {
        const dir = runFolder('failed');
        const questions = await openQuestions(at('questions'), { languages });
        const analysis = await readNeurons(join(dir, 'neurons.json'));
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off', contextSize: 2048 });
        try {
            const metric = accuracyMetric({
                questions,
                template: await openTemplate(at('template.txt'), engine),
                maxTokens: 16,
            });
            let left = 100;
            const failing = new Proxy(engine, {
                get(target, name) {
                    const value = Reflect.get(target, name, target) as unknown;
                    if (name !== 'generate')
                        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
                    return async function* (...args: Parameters<Engine['generate']>) {
                        for await (const answer of engine.generate(...args)) {
                            if (left-- === 0) throw Object.assign(new Error('device lost'), { code: 'NATIVE' });
                            yield answer;
                        }
                    };
                },
            });
            await expect(
                deactivate({ engine: failing, analysis, metric, folder: dir, sets: ['specific'], controls: 1 }),
            ).rejects.toMatchObject({ code: 'NATIVE' });
            expect(answersIn(dir)).toHaveLength(100);
            expect(await readMatrix(dir, 'accuracy')).toBeUndefined();
            const matrix = await deactivate({ engine, analysis, metric, folder: dir, sets: ['specific'], controls: 1 });
            expect(matrix.sets.specific!.samples.flat().every((n) => n === questionsEach)).toBe(true);
            expect(answersIn(dir)).toHaveLength(7 * languages.length * questionsEach);
        } finally {
            engine.close();
        }
    });

    it('where memory holds three edits, conditions go through in groups', async () => {
        const dir = runFolder('groups');
        const questions = await openQuestions(at('questions'), { languages });
        const analysis = await readNeurons(join(dir, 'neurons.json'));
        await watchContexts(({ edits }) => {
            if (edits > 3) throw outOfMemory();
        });
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off', contextSize: 2048 });
        vi.restoreAllMocks();
        try {
            const metric = accuracyMetric({
                questions,
                template: await openTemplate(at('template.txt'), engine),
                maxTokens: 16,
            });
            await deactivate({ engine, analysis, metric, folder: dir, sets: ['specific'], controls: 1 });
            const texts = new Map(answersIn(at('run')).map((answer) => [placeOf(answer), answer.text]));
            const answers = answersIn(dir).filter((answer) => texts.has(placeOf(answer)));
            expect(answers.length).toBeGreaterThan(3 * questionsEach);
            // Batches of other shapes round differently, and now and then a last bit decides.
            expect(
                answers.filter((answer) => texts.get(placeOf(answer)) === answer.text).length / answers.length,
            ).toBeGreaterThan(0.8);
        } finally {
            engine.close();
        }
    });
});

// A file system of its own in a namespace of its own: what a container without the right to it cannot have.
const mayMount = spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o size=64k tmpfs ${folder}`]).status === 0;

describe.skipIf(!mayMount)('a full disk (skipped where no file system may be mounted)', () => {
    const inSmall = async (kilobytes: number, ...args: string[]): Promise<{ code: number; stderr: string }> => {
        const script =
            `mount -t tmpfs -o size=${kilobytes}k tmpfs "$0" && cp "$0.neurons.json" "$0/neurons.json" && "$@"; ` +
            'code=$?; cp -r "$0" "$0.after"; exit $code';
        return promisify(execFile)('unshare', [
            '-rm',
            'sh',
            '-c',
            script,
            at('small'),
            process.execPath,
            resolve('dist/cli.js'),
            ...args,
        ]).then(
            ({ stderr }) => ({ code: 0, stderr }),
            (error: { code: number; stderr: string }) => error,
        );
    };

    it('ends in one line and loses no finished answer', async () => {
        mkdirSync(at('small'));
        writeFileSync(at('small.neurons.json'), readFileSync(at('run', 'neurons.json')));
        const { size } = { size: readFileSync(at('run', 'neurons.json')).length };
        const { code, stderr } = await inSmall(
            Math.ceil(size / 4096) * 4 + 24,
            ...deactivateArgs(at('small'), ...oneSet),
        );
        expect(code).toBe(1);
        const lines = stderr.split('\n').filter((line) => line.startsWith('language-neurons: '));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/accuracy\.answers\.jsonl.*the disk is full/);

        const text = readFileSync(at('small.after', 'accuracy.answers.jsonl'), 'utf8');
        const whole = text
            .slice(0, text.lastIndexOf('\n') + 1)
            .trim()
            .split('\n');
        expect(whole.length).toBeGreaterThan(20);
        expect(existsSync(at('small.after', 'accuracy.matrix.json'))).toBe(false);

        // On a disk with room it goes on.
        const dir = runFolder('roomy');
        writeFileSync(join(dir, 'accuracy.answers.jsonl'), text);
        const again = await commandHere(...deactivateArgs(dir, ...oneSet));
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toContain(`continues after ${whole.length} of`);
        expect(answersIn(dir).slice(0, whole.length)).toEqual(whole.map((line) => JSON.parse(line) as Answer));
    });

    it('keeps the texts that were scored', async () => {
        mkdirSync(at('small'), { recursive: true });
        rmSync(at('small.after'), { recursive: true, force: true });
        const size = readFileSync(at('run', 'neurons.json')).length;
        const { code, stderr } = await inSmall(
            Math.ceil(size / 4096) * 4 + 16,
            'deactivate',
            at('small'),
            ...model,
            '--data',
            at('texts'),
            '--controls',
            '1',
        );
        expect(code, stderr).toBe(1);
        expect(stderr).toMatch(/ppl\.cells\.jsonl.*the disk is full/);
        expect(readFileSync(at('small.after', 'ppl.cells.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(3);
    });
});
