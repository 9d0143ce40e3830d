import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Every file below a folder, by its path from there with forward slashes. */
export function filesBelow(folder: string): Map<string, Buffer> {
    const files = new Map<string, Buffer>();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        files.set(relative(folder, path).split(sep).join('/'), readFileSync(path));
    }
    return files;
}

/** What only stands there while work is under way: locks, temporary files, parts, and probes. */
const passing = /(^|\/)(\.(?:.+\.)?lock\.json|\.writable-\d+|parts)(\/|$)|\.parts\.jsonl$|\.\d{4,}$|\.tmp$/;

/** Everything in a folder that a finished run must not leave behind. */
export function leftovers(folder: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => passing.test(name.split(sep).join('/')))
        .sort();
}

/** A readable line of a journal: its key, or what stands for one, and all of it. */
export interface JournalEntry {
    readonly key: string;
    readonly line: string;
}

/** Lines that were cut short are not there, as for the journal itself; a head of an older journal neither. */
export function journalEntries(bytes: Buffer): JournalEntry[] {
    return bytes
        .toString('utf8')
        .split('\n')
        .flatMap((line) => {
            try {
                const entry = JSON.parse(line) as Record<string, unknown>;
                const { key, condition, language, index } = entry;
                if (Object.keys(entry).length < 2) return [];
                return [{ key: typeof key === 'string' ? key : JSON.stringify([condition, language, index]), line }];
            } catch {
                return [];
            }
        });
}

/** Keys of a journal that stand on several lines: work that was done twice. */
function keysTwice(entries: readonly JournalEntry[]): string[] {
    const seen = new Set<string>();
    return entries.filter(({ key }) => seen.has(key) || !seen.add(key)).map(({ key }) => key);
}

/** How two results of the same commands differ; nothing where they are the same. */
export interface Difference {
    /** What must never be, a line each. */
    readonly faults: readonly string[];
    /** Answers in journals and in files of answers, and those of them that differ. */
    readonly answers: number;
    readonly answersDiffering: readonly string[];
}

/**
 * Compares a result with that of an undisturbed run: journals as sets of entries, all else byte for byte once the
 * folder's own path and what says when and how long is taken out. Answers may be other ones where a batch was cut
 * otherwise; they are counted, and only where some are, files made from answers may differ as well.
 * @param madeIn folder in which the undisturbed run was made, where it was copied away since
 */
export function compareFolders(folder: string, reference: string, madeIn = reference): Difference {
    const [found, expected] = [filesBelow(folder), filesBelow(reference)];
    const faults = leftovers(folder).map((name) => `${name} was left behind`);
    const answersDiffering: string[] = [];
    let answers = 0;
    for (const name of expected.keys()) if (!found.has(name)) faults.push(`${name} is missing`);
    for (const name of found.keys())
        if (!expected.has(name) && !passing.test(name)) faults.push(`${name} is not of an undisturbed run`);
    const other: string[] = [];
    for (const [name, bytes] of found) {
        const whole = expected.get(name);
        if (whole === undefined) continue;
        if (name.endsWith('.jsonl')) {
            const [entries, wanted] = [journalEntries(bytes), journalEntries(whole)];
            for (const key of keysTwice(entries)) faults.push(`${name}: ${key} stands there twice`);
            const [lines, wantedLines] = [linesByKey(entries), linesByKey(wanted)];
            for (const key of wantedLines.keys()) if (!lines.has(key)) faults.push(`${name}: ${key} is missing`);
            for (const [key, line] of lines) {
                const wantedLine = wantedLines.get(key);
                if (wantedLine === undefined) faults.push(`${name}: ${key} is not of an undisturbed run`);
                else if (isAnswers(name)) {
                    answers++;
                    if (line !== wantedLine) answersDiffering.push(`${name}: ${line} instead of ${wantedLine}`);
                } else if (line !== wantedLine) faults.push(`${name}: ${line} instead of ${wantedLine}`);
            }
        } else if (name.endsWith('answers.json')) {
            const [lines, wanted] = [bytes, whole].map((text) => text.toString('utf8').split('\n')) as [
                string[],
                string[],
            ];
            answers += lines.length - 2; // brackets
            if (lines.length !== wanted.length)
                faults.push(`${name}: has ${lines.length} lines instead of ${wanted.length}`);
            for (const [i, line] of lines.entries())
                if (line !== wanted[i]) answersDiffering.push(`${name}: ${line} instead of ${wanted[i]}`);
        } else if (!normalised(bytes, folder).equals(normalised(whole, madeIn))) {
            other.push(name);
        }
    }
    for (const name of other) {
        if (answersDiffering.length > 0 && isMadeFromAnswers(name)) continue;
        const [bytes, wanted] = [normalised(found.get(name)!, folder), normalised(expected.get(name)!, madeIn)];
        faults.push(`${name} differs: ${firstDifference(bytes, wanted)}`);
    }
    return { faults, answers, answersDiffering };
}

function linesByKey(entries: readonly JournalEntry[]): Map<string, string> {
    return new Map(entries.map(({ key, line }) => [key, line]));
}

/** A journal of texts that were drawn, not of cells computed. */
function isAnswers(name: string): boolean {
    return name.endsWith('answers.jsonl');
}

function isMadeFromAnswers(name: string): boolean {
    return /(^|\/)(accuracy\.matrix\.(json|csv)|comparison\.json|report\.html|(tables|figures)\/accuracy\..*)$/.test(
        name,
    );
}

/** Without the folder's path, and without times: when a run ended and how long an analysis took. */
function normalised(bytes: Buffer, folder: string): Buffer {
    if (bytes.includes(0)) return bytes; // numbers, not words
    const text = bytes.toString('utf8').replaceAll(folder, '<folder>');
    return Buffer.from(
        text
            .replace(/"(finished|milliseconds|seconds)": ?("[^"]*"|[\d.e+-]+)/g, '"$1":0')
            .replace(/(<dt>Scoring and λ sweep<\/dt>\s*<dd>)[^<]*/, '$1'),
    );
}

function firstDifference(found: Buffer, expected: Buffer): string {
    let at = 0;
    while (at < found.length && found[at] === expected[at]) at++;
    const around = (bytes: Buffer): string =>
        JSON.stringify(bytes.subarray(Math.max(0, at - 40), at + 60).toString('utf8'));
    return `at byte ${at} of ${found.length} (${expected.length}): ${around(found)} instead of ${around(expected)}`;
}
