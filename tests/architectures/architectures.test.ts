import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { architectureModels, nameOf } from '../helpers/architectureModels.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { Counter, type Outcome } from './Counter.js';
import { type Row, tableOf } from './table.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

/**
 * ARCHITECTURES=full: each mixture with 2, 8 and 32 experts, of which llama.cpp's program has 2 picked; else with 8.
 */
const expertCounts = process.env.ARCHITECTURES === 'full' ? [8, 2, 32] : [8];
/** ARCHITECTURES_OF=REGEX: only these. */
const only = process.env.ARCHITECTURES_OF;
const docs = fileURLToPath(new URL('../../docs/architectures.md', import.meta.url));
const marks = ['<!-- table: npm run test:architectures -->\n', '\n<!-- end of the table -->'] as const;

/** Refused, and what for: words of the reason. All others are counted. */
const refused: Readonly<Record<string, string>> = {
    'dream-dense': 'next token',
    'llada-dense': 'next token',
    'llada-moe-moe': 'next token',
    'rnd1-moe': 'next token',
    'mamba-dense': 'FFN',
    'mamba2-dense': 'FFN',
    'refact-moe': 'without its weights',
};

/** One of each kind of site, and of each call site of its own. */
const onDevices = [
    'gpt2-dense',
    'qwen2moe-moe',
    'llama4-moe',
    'gpt-oss-moe',
    'apertus-dense',
    'gemma3n-dense',
    'rwkv7-dense',
];

const folder = temporaryFolder();
const counter = new Counter();
afterAll(() => {
    counter.close();
});

/** Tiny random models of every architecture; of other numbers of experts than the first, mixtures alone. */
function modelsOf(experts: number): string[] {
    const paths = architectureModels(folder, experts);
    return experts === expertCounts[0] ? paths : paths.filter((path) => /-moe\.gguf$/.test(path));
}

function faultOf(name: string, outcome: Outcome): string | undefined {
    if ('died' in outcome) return `died: ${outcome.died}`;
    const reason = refused[name];
    if ('refused' in outcome) {
        const { code, message } = outcome.refused;
        return reason !== undefined && code === 'UNSUPPORTED' && message.includes(reason)
            ? undefined
            : `refused: ${code} ${message}`;
    }
    const { sites, differing, active, possible, values, watched } = outcome.found;
    if (reason !== undefined) return 'counted, and should be refused';
    if (sites.length === 0) return 'has no site';
    if (differing > 0) return `${differing} sites differ from the reference`;
    if (values !== '') return values;
    if (watched !== '') return watched;
    // a counter that stays at rest, or counts all, would be equal to one that does the same
    return active > 0 && active < possible ? undefined : `${active} of ${possible} activations are positive`;
}

describe.each(expertCounts)('every architecture that llama.cpp can write, mixtures with %i experts', (experts) => {
    it('is counted as the reference counts it, integer for integer, or refused by its reason', async () => {
        const rows: Row[] = [];
        const faults: string[] = [];
        for (const path of modelsOf(experts)) {
            const name = nameOf(path);
            if (only !== undefined && !new RegExp(only).test(name)) continue;
            const outcome = await counter.count(path, 'off');
            rows.push({ architecture: name.replace(/-(dense|moe)$/, ''), experts: name.endsWith('-moe'), outcome });
            const fault = faultOf(name, outcome);
            if (fault !== undefined) faults.push(`${name}: ${fault}`);
        }
        const table = tableOf(rows);
        console.log(table);
        expect(faults.join('\n')).toBe('');
        if (only !== undefined || experts !== expertCounts[0]) return;
        const [before, after] = [
            readFileSync(docs, 'utf8').split(marks[0])[0]!,
            readFileSync(docs, 'utf8').split(marks[1])[1]!,
        ];
        const page = before + marks[0] + table + marks[1] + after;
        if (process.env.UPDATE !== undefined) writeFileSync(docs, page);
        expect(readFileSync(docs, 'utf8'), 'UPDATE=1 npm run test:architectures writes the table anew').toBe(page);
    });
});

for (const { gpu, absent } of await gpusUnderTest()) {
    describe.skipIf(absent !== undefined)(
        `on a device of ${gpu}${absent === undefined ? '' : ` (skipped: ${absent})`}`,
        () => {
            it.each(onDevices)('%s is counted as the reference counts it there', async (name) => {
                const path = modelsOf(8).find((model) => nameOf(model) === name)!;
                expect(faultOf(name, await counter.count(path, gpu))).toBeUndefined();
            });
        },
    );
}
