import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leastNode, nodeTooOld } from '../../src/support/nodeVersion.js';
import { otherNode } from '../helpers/otherNodes.js';

const node18 = otherNode(18);
if (!existsSync(node18)) console.log(`tests/model/nodeVersion: Node 18 is skipped, without ${node18}`);

describe('a Node that is too old', () => {
    it('is what package.json says', () => {
        const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
        expect(`${engines.node}.0`).toBe(`>=${leastNode}`);
    });

    it.each(['16.20.2', '18.20.8', '20.0.0', '20.18.9', '9.11.2'])('%s gets a line', (version) => {
        expect(nodeTooOld(version)).toMatch(
            new RegExp(`^needs Node 20\\.19\\.0 or later, but this is Node ${version};`),
        );
    });

    it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0-nightly', '100.0.0', process.versions.node])(
        '%s does not',
        (version) => expect(nodeTooOld(version)).toBeUndefined(),
    );

    it.skipIf(!existsSync(node18))('ends the command in one line, whatever is asked', () => {
        for (const args of [['--version'], ['run'], ['inspect', 'x', '--json'], []]) {
            const { status, stdout, stderr } = spawnSync(node18, ['dist/cli.js', ...args], { encoding: 'utf8' });
            expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
            expect(stderr).toMatch(/^language-neurons: needs Node 20\.19\.0 or later, but this is Node 18\.[^\n]*\n$/);
        }
    });

    it('finds all that is read before it written for it', () => {
        // What cli.js imports at once: a file that cannot be parsed there would hide the line.
        const source = readFileSync('dist/cli.js', 'utf8');
        const first = [...source.matchAll(/^import .*'(\.\/[^']+)';$/gm)].map(([, path]) => path);
        expect(first).toEqual(['./support/fileLimit.js', './support/nodeVersion.js']);
    });
});
