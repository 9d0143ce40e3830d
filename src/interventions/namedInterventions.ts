import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import { neuronSetNames } from '../neurons/neuronSets.js';
import { type Intervention, interventionOps, type InterventionValue } from './Intervention.js';
import { parseNamedValue } from './resolveValue.js';

/** Interventions that go together, one after another, by a name of the user's. */
export interface NamedInterventions {
    readonly name: string;
    readonly interventions: readonly Intervention[];
}

const number = z.number().refine(Number.isFinite);
const namedValue = z
    .string()
    .refine((text) => parseNamedValue(text) !== undefined, { error: 'is a number, mean, mean:LANG or p90:LANG' });
const position = z.number().int();
const interventionShape = z
    .strictObject({
        language: z.string().min(1).optional(),
        set: z.enum(neuronSetNames as [string, ...string[]]).optional(),
        neurons: z
            .array(z.tuple([position.min(0), position.min(0)]))
            .min(1)
            .optional(),
        op: z.enum(interventionOps),
        value: z.union([number, namedValue]).optional(),
        strength: number.optional(),
        where: z
            .union([
                z.enum(['prompt', 'response', 'both']),
                z.strictObject({ from: position.optional(), to: position.optional() }),
            ])
            .optional(),
    })
    .refine(({ language, neurons }) => (language === undefined) !== (neurons === undefined), {
        error: 'names either a language or neurons',
    });
const fileShape = z.record(z.string().min(1), z.array(interventionShape).min(1));

/**
 * Interventions from a YAML or JSON file: under each name a list of them, as `Intervention` has it, but for `language`
 * and `set`, or `neurons` as pairs of site and index, in the place of `neurons`.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED, naming the file and the entry
 */
export async function readInterventions(path: string): Promise<NamedInterventions[]> {
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        const why = `${path}: no such file that can be read; give one of interventions`;
        throw new LanguageNeuronsError('NOT_FOUND', why, { cause });
    });
    const damaged = (why: string): LanguageNeuronsError =>
        new LanguageNeuronsError(
            'DAMAGED',
            `${path}: ${why}; give for example {"without-zh": [{"language": "zh", "op": "zero"}]}`,
        );
    let given: unknown;
    try {
        given = parse(text, { logLevel: 'error' });
    } catch (cause) {
        throw damaged((cause as Error).message.split('\n')[0]!.replace(/[.:]$/, ''));
    }
    const read = fileShape.safeParse(given);
    if (!read.success) {
        const [{ path: at, message }] = read.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
        throw damaged(`${at.length === 0 ? 'the file' : at.join('.')}: ${message}`);
    }
    return Object.entries(read.data).map(([name, list]) => ({
        name,
        interventions: list.map(({ language, set, neurons, value, ...rest }) => ({
            ...rest,
            value: value as InterventionValue | undefined,
            neurons: neurons ?? { language: language!, set: set as (typeof neuronSetNames)[number] | undefined },
        })),
    }));
}
