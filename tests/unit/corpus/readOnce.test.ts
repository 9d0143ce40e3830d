import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Corpus, Sample } from '../../../src/corpus/Corpus.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { heldBytes } from '../../helpers/heldBytes.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const writers: ChildProcess[] = [];
afterEach(() => {
    vi.unstubAllEnvs();
});
afterAll(() => {
    for (const writer of writers) {
        if (writer.exitCode === null) process.kill(-writer.pid!, 'SIGKILL'); // with what it started
    }
});

/** A named pipe into which a shell command writes: what is read of it is gone, so it can be read only once. */
function pipeOf(name: string, command: string): string {
    execFileSync('mkfifo', [at(name)]);
    writers.push(spawn('sh', ['-c', `{ ${command}; } > "$0"`, at(name)], { stdio: 'ignore', detached: true }));
    return at(name);
}

async function read(corpus: Corpus, language: string): Promise<Sample[]> {
    const samples: Sample[] = [];
    for await (const sample of corpus.samples(language)) samples.push(sample);
    return samples;
}

/** Lines of many languages in turn, longer than all blocks of the spool together. */
const languages = ['en', 'de', 'sw', 'th', 'zh', 'aa', 'ab'];
const count = 30_000;
const sampleAt = (i: number): Sample => ({
    language: languages[i % languages.length]!,
    prompt: i % 3 === 0 ? `${i}?\n` : '',
    response: i === 1000 ? `\ud800\u2028${'ü'.repeat(600_000)}` : `${'größer '.repeat(i % 60)}${i}`,
});
const all = Array.from({ length: count }, (_, i) => sampleAt(i));

describe('a file that mixes languages', () => {
    it.skipIf(process.platform === 'win32')('is read once, whatever is read of it later: JSONL', async () => {
        writeFileSync(at('copy.txt'), all.map((sample) => JSON.stringify(sample)).join('\n'));
        const corpus = await openCorpus(pipeOf('once.jsonl', `cat ${at('copy.txt')}`));
        for (const language of [...languages, 'en', 'th']) {
            expect((await read(corpus, language)).map(({ response }) => response)).toEqual(
                all.filter((sample) => sample.language === language).map(({ response }) => response),
            );
        }
        expect(await read(corpus, 'aa')).toEqual(all.filter(({ language }) => language === 'aa'));
        // Two readers at once do not disturb each other.
        const [one, two] = await Promise.all([read(corpus, 'de'), read(corpus, 'zh')]);
        expect([one!.length, two!.length]).toEqual(
            ['de', 'zh'].map((wanted) => all.filter(({ language }) => language === wanted).length),
        );
    });

    it.skipIf(process.platform === 'win32')(
        "is read once, whatever is read of it later: the authors' JSON",
        async () => {
            const names = ['German', 'Chinese', 'English'];
            const questions = Array.from({ length: 3000 }, (_, i) => ({
                lang: names[i % 3],
                instruction: `${i}?`,
                answers: [{ generated: `${i}!` }, { generated: '' }, { generated: `${i}.` }],
                ...(i % 2 === 0 ? { special: true } : {}),
            }));
            writeFileSync(at('copy2.txt'), JSON.stringify(questions));
            const corpus = await openCorpus(pipeOf('once.json', `cat ${at('copy2.txt')}`));
            for (const [n, language] of ['de', 'zh', 'en', 'de'].entries()) {
                const expected = questions
                    .filter(({ lang }) => lang === names[n % 3])
                    .flatMap(({ instruction, answers, special }) =>
                        [answers[0]!, answers[2]!].map(({ generated }) => ({
                            language,
                            prompt: instruction,
                            response: generated,
                            ...(special ? { special } : {}),
                        })),
                    );
                expect(await read(corpus, language)).toEqual(expected);
            }
        },
    );

    it('that changes after it was opened is still what was opened', async () => {
        writeFileSync(at('changes.jsonl'), '{"language":"en","text":"one"}\n{"language":"de","text":"eins"}\n');
        const corpus = await openCorpus(at('changes.jsonl'));
        await appendFile(at('changes.jsonl'), '{"language":"de","text":"zwei"}\nnot JSON\n');
        expect((await read(corpus, 'de')).map(({ response }) => response)).toEqual(['eins']);
        rmSync(at('changes.jsonl'));
        expect((await read(corpus, 'en')).map(({ response }) => response)).toEqual(['one']);
    });

    it('of 100 MB is read in bounded memory, and leaves nothing in the temporary folder', async () => {
        const file = await open(at('large.jsonl'), 'w');
        const line = (language: string): string => `{"language":"${language}","text":"${'ein Satz. '.repeat(50)}"}\n`;
        const megabyte = languages.map(line).join('').repeat(280);
        const times = Math.ceil(100e6 / megabyte.length);
        for (let i = 0; i < times; i++) await file.writeFile(megabyte);
        await file.close();
        const temporary = at('temporary');
        execFileSync('mkdir', [temporary]);
        vi.stubEnv('TMPDIR', temporary);
        const before = heldBytes();
        let most = 0;
        const watching = setInterval(() => {
            most = Math.max(most, heldBytes() - before);
        }, 250);
        const corpus = await openCorpus(at('large.jsonl'));
        for (const language of languages) {
            let samples = 0;
            for await (const { response } of corpus.samples(language)) samples += response.length === 500 ? 1 : 0;
            expect(samples).toBe(280 * times);
        }
        clearInterval(watching);
        // Gone already: a kill leaves nothing.
        if (process.platform !== 'win32') expect(readdirSync(temporary)).toEqual([]);
        // 2 MB measured, and blocks of some 10 MB that may be on their way. The file as strings would be 100.
        expect(most).toBeLessThan(40e6);
    });

    it('needs a temporary folder that can be written to', async () => {
        writeFileSync(at('some.jsonl'), '{"language":"en","text":"one"}\n');
        vi.stubEnv('TMPDIR', at('absent'));
        await expect(openCorpus(at('some.jsonl'))).rejects.toMatchObject({
            code: 'UNWRITABLE',
            message: expect.stringMatching(/^[^\n]*absent[^\n]*TMPDIR[^\n]*$/),
        });
    });
});

describe.skipIf(process.platform === 'win32')('a stop', () => {
    const endless: Record<string, { name: string; command: string; language?: string }> = {
        'JSONL without end': { name: 'lines.jsonl', command: `yes '{"language":"en","text":"x"}'` },
        'one line of JSONL': {
            name: 'line.jsonl',
            command: `printf '{"language":"en","text":"'; head -c 40000000 /dev/zero | tr '\\0' x; sleep 60`,
        },
        'JSON without end': {
            name: 'elements.json',
            command: `echo '['; yes '{"lang":"German","instruction":"x","answers":[{"generated":"y"}]},'`,
        },
        'one element of JSON': {
            name: 'element.json',
            command: `printf '[{"lang":"German","instruction":"'; head -c 40000000 /dev/zero | tr '\\0' x; sleep 60`,
        },
        'a file that gives nothing': { name: 'silent.jsonl', command: 'sleep 60' },
        'a text file without end': { name: 'folder/de.txt', command: 'yes Satz', language: 'de' },
        'one line of a text file': {
            name: 'other/de.txt',
            command: `head -c 40000000 /dev/zero | tr '\\0' x; sleep 60`,
            language: 'de',
        },
    };
    // side by side, since each waits before it stops: the event loop is shared, and 2 s hold for all
    it.concurrent.each(Object.entries(endless))('ends within 2 s in %s', async (_, { name, command, language }) => {
        if (name.includes('/')) execFileSync('mkdir', [join(at(name), '..')]);
        const path = pipeOf(name, command);
        const stop = new AbortController();
        let stopped = 0;
        setTimeout(() => {
            stopped = performance.now();
            stop.abort();
        }, 500); // which it has been reading for a while
        const reading = async (): Promise<void> => {
            const corpus = await openCorpus(language === undefined ? path : join(path, '..'), { signal: stop.signal });
            for await (const _ of corpus.samples(language!)) {
                /* nothing is kept */
            }
        };
        await expect(reading()).rejects.toMatchObject({
            code: 'ABORTED',
            message: 'stopped; run the same command again to continue',
        });
        expect(stopped).toBeGreaterThan(0);
        expect(performance.now() - stopped).toBeLessThan(2000); // 4 ms; 2 s are what is promised
    });

    it('ends reading what is open already, and opening before it began', async () => {
        const stop = new AbortController();
        writeFileSync(at('opened.jsonl'), all.map((sample) => JSON.stringify(sample)).join('\n'));
        execFileSync('mkdir', [at('questions')]);
        writeFileSync(join(at('questions'), 'mgsm_en.tsv'), 'One and one?\t2\n');
        const corpus = await openCorpus(at('opened.jsonl'), { signal: stop.signal });
        const declaration = await openCorpus('udhr', { signal: stop.signal });
        const questions = await openQuestions(at('questions'), { signal: stop.signal });
        stop.abort();
        await expect(read(corpus, 'en')).rejects.toMatchObject({ code: 'ABORTED' });
        await expect(read(declaration, 'en')).rejects.toMatchObject({ code: 'ABORTED' });
        await expect(questions.inLanguage('en')).rejects.toMatchObject({ code: 'ABORTED' });
        for (const spec of [at('opened.jsonl'), 'udhr', at('questions')])
            await expect(openCorpus(spec, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
        await expect(openQuestions(at('questions'), { signal: stop.signal })).rejects.toMatchObject({
            code: 'ABORTED',
        });
    });
});
