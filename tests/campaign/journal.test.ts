import { execFile } from 'node:child_process';
import { createWriteStream, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const [conditions, questions] = [480, 2500];

/** As `deactivate` reads its journal: each answer judged, its text let go. */
const reader = `
import { Journal } from ${JSON.stringify(resolve('dist/files/Journal.js'))};
import { AnswerSheet } from ${JSON.stringify(resolve('dist/experiments/answerMetrics/AnswerSheet.js'))};
import { z } from 'zod';
const entry = z.object({
    key: z.string(), condition: z.string(), language: z.string(), index: z.int(), text: z.string(), tokens: z.int(),
});
const questions = Array.from({ length: ${questions} }, (_, index) => ({ language: 'en', index, text: 'q', answer: 7 }));
const sheet = new AnswerSheet(${conditions}, questions, ['en'], 'last');
let taken = 0;
const take = ({ key, text, tokens, index }) => {
    sheet.mark(Number(key.split('/')[1]), index, text, { tokens });
    taken++;
};
await Journal.open(process.argv[2], entry, { take });
const right = sheet.cell(${conditions - 1}, [...questions.keys()]).shares.number;
console.log(JSON.stringify({ taken, right, mebibytes: process.resourceUsage().maxRSS / 1024 }));
`;

it('a journal of 1.2 million answers, longer than a string may be, is read in under 1 GB', async () => {
    const [path, script] = [join(folder, 'accuracy.answers.jsonl'), resolve('dist', `journal-${process.pid}.mjs`)];
    function* lines(): Generator<string> {
        // Long in the file, where each of these characters is six, and soon judged: rules of numbers and languages take
        // far longer than reading a line, and have tests of their own.
        const text = `${'\u0001'.repeat(59)}7`;
        const block = Array.from({ length: questions }, (_, index) => {
            const key = `${String(index).padStart(24, '0')}/CONDITION`;
            const entry = { key, condition: 'CONDITION', language: 'en', index, text, tokens: 90 };
            return `${JSON.stringify(entry)}\n`;
        }).join('');
        for (let condition = 0; condition < conditions; condition++)
            yield block.replaceAll('CONDITION', String(condition));
    }
    await pipeline(Readable.from(lines()), createWriteStream(path));
    expect(statSync(path).size).toBeGreaterThan(2 ** 29); // V8's longest string has as many characters
    writeFileSync(script, reader);
    try {
        const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
        const { taken, right, mebibytes } = JSON.parse(stdout) as { taken: number; right: number; mebibytes: number };
        console.log(
            `1.2 million answers, ${(statSync(path).size / 1e6).toFixed(0)} MB: ${mebibytes.toFixed(0)} MiB at most`,
        );
        expect([taken, right]).toEqual([conditions * questions, 1]);
        expect(mebibytes).toBeLessThan(1000); // the promise; what is kept is 5 bytes an answer
    } finally {
        rmSync(script);
    }
});
