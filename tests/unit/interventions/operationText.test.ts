import { describe, expect, it } from 'vitest';
import { changesNothing, deactivation, type Operation } from '../../../src/interventions/Operation.js';
import {
    operationInFiles,
    operationName,
    parseOperation,
    parseOperations,
} from '../../../src/interventions/operationText.js';
import { doingWords, doneWords } from '../../../src/interventions/operationWords.js';

describe('the short text of an operation', () => {
    it('names what is done, and by how much', () => {
        expect(parseOperation('zero')).toEqual({ op: 'zero' });
        expect(parseOperation(' scale:0.5 ')).toEqual({ op: 'scale', value: 0.5 });
        expect(parseOperation('add:-1.5e-1')).toEqual({ op: 'add', value: -0.15 });
        expect(parseOperation('replace:0')).toEqual({ op: 'replace', value: 0 });
        for (const value of ['mean', 'mean:zh', 'p90:zh'])
            expect(parseOperation(value)).toEqual({ op: 'replace', value });
        expect(parseOperation('add:p99.5:de')).toEqual({ op: 'add', value: 'p99.5:de' });
    });

    it('goes with strength and place, one for a whole list', () => {
        expect(parseOperations('zero, scale:2', { strength: 0.5, where: 'response' })).toEqual([
            { op: 'zero', strength: 0.5, where: 'response' },
            { op: 'scale', value: 2, strength: 0.5, where: 'response' },
        ]);
        expect(parseOperations('zero,add:1', { strength: 1, where: 'both' })).toEqual([
            deactivation,
            { op: 'add', value: 1 },
        ]);
    });

    it('that is none is refused in one line that says what to give', () => {
        for (const [text, why] of [
            ['', 'it names no operation'],
            ['zerro', 'there is no operation zerro'],
            ['zero:1', 'it takes no value'],
            ['scale', 'it takes a value'],
            ['scale:', '"" is not a number'],
            ['scale:1:2', '"1:2" is not a number'],
            ['add:0x10', '"0x10" is not a number'],
            ['scale:mean:zh', 'it scales by a number'],
            ['diffmean:p90:zh', 'p90:zh is not a mean of a language'],
            ['diffmean:1', '"1" is not a mean of a language'],
            ['replace:p101:zh', '"p101:zh" is not a number'],
            ['replace:1e999', '"1e999" is not a number'],
        ] as const) {
            expect(() => parseOperation(text), text).toThrow(
                expect.objectContaining({
                    code: 'WRONG_USE',
                    message: expect.stringMatching(new RegExp(`^\`op: .*\`: ${why}; give for example`)) as string,
                }),
            );
        }
        expect(() => parseOperations('zero,,scale:2')).toThrow(expect.objectContaining({ code: 'WRONG_USE' }));
    });

    it('comes back from its name', () => {
        for (const text of [
            'zero',
            'scale:0.5',
            'add:-2',
            'replace:1e-7',
            'add:mean:zh',
            'diffmean',
            'diffmean:mean:de',
        ]) {
            expect(operationName(parseOperation(text))).toBe(text);
        }
    });
});

describe('an operation', () => {
    const some: readonly (readonly [Operation, string | undefined, string, string])[] = [
        [{ op: 'zero' }, undefined, 'deactivated', 'Deactivating x'],
        [{ op: 'zero', strength: 0.5 }, 'zero.strength-0.5', 'deactivated at strength 0.5', ''],
        [{ op: 'scale', value: 0.5 }, 'scale-0.5', 'scaled by 0.5', 'Scaling x by 0.5'],
        [{ op: 'add', value: -1, where: 'prompt' }, 'add--1.prompt', 'lowered by 1 in the prompt', ''],
        [{ op: 'add' }, 'add-1', 'raised by 1', 'Raising x by 1'],
        [{ op: 'replace', value: 'mean' }, 'replace-mean', 'set to their mean', 'Setting x to their mean'],
        [{ op: 'add', value: 'p90:zh' }, 'add-p90-zh', 'raised by their percentile 90 in zh', ''],
        [{ op: 'diffmean' }, 'diffmean', "raised by the difference of their language's mean and the others'", ''],
        [{ op: 'replace', value: 0 }, 'replace-0', 'set to 0', 'Setting x to 0'],
        [{ op: 'zero', where: { from: 2, to: 5 } }, 'zero.tokens-2..5', 'deactivated at tokens 2 to 4', ''],
    ];

    it('has a name for files, but for deactivation, and words', () => {
        for (const [operation, file, done, doing] of some) {
            expect(operationInFiles(operation)).toBe(file);
            expect(doneWords(operation)).toBe(done);
            if (doing !== '') expect(doingWords('x', operation)).toBe(doing);
        }
    });

    it('that changes nothing is known', () => {
        for (const [operation] of some) expect(changesNothing(operation)).toBe(false);
        for (const idle of [
            { op: 'scale', value: 1 },
            { op: 'scale' },
            { op: 'add', value: 0 },
            { op: 'zero', strength: 0 },
        ] as const) {
            expect(changesNothing(idle)).toBe(true);
        }
    });
});
