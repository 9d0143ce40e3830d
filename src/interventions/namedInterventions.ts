import { parse } from 'yaml';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import { readNamedText } from '../files/readWhole.js';
import { neuronSetNames } from '../neurons/sets/neuronSets.js';
import type { Intervention } from './Intervention.js';
import { byName, nameProblem, shownName } from '../support/names.js';
import { operationShape } from './operationShape.js';

/** Interventions that are applied together, in order, under a name of the user's. */
export interface NamedInterventions {
    readonly name: string;
    readonly interventions: readonly Intervention[];
}

const place = z.number().int().min(0);
/** An intervention as files and requests write it: the neurons by `language` and `set`, or as `neurons`. */
export const interventionShape = operationShape
    .extend({
        language: z.string().min(1).optional(),
        set: z.enum(neuronSetNames as [string, ...string[]]).optional(),
        neurons: z
            .array(z.tuple([place, place]))
            .min(1)
            .optional(),
    })
    .refine(({ language, neurons }) => (language === undefined) !== (neurons === undefined), {
        error: 'names either a language or neurons',
    });
const fileShape = byName(z.array(interventionShape).min(1));

/**
 * Reads interventions from a YAML or JSON file. Under each name is a list of objects with the fields of `Intervention`;
 * the neurons are given by `language` and `set`, or by `neurons` as pairs of site and index.
 * @throws LanguageNeuronsError NOT_FOUND, or DAMAGED, naming the file and the entry
 */
export async function readInterventions(path: string): Promise<NamedInterventions[]> {
    const text = await readNamedText(path).catch((cause: LanguageNeuronsError) => {
        if (cause.code !== 'NOT_FOUND') throw cause;
        const why = `${path}: no such file, or it cannot be read; give a file of interventions`;
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
    const odd = Object.keys(read.data).find((name) => nameProblem(name) !== undefined);
    if (odd !== undefined) throw damaged(`the name ${shownName(odd)} ${nameProblem(odd)!}`);
    return Object.entries(read.data).map(([name, list]) => ({
        name,
        interventions: list.map(interventionOf),
    }));
}

/** An intervention as it was written. */
export function interventionOf({ language, set, neurons, ...rest }: z.infer<typeof interventionShape>): Intervention {
    return {
        ...rest,
        neurons: neurons ?? { language: language!, set: set as (typeof neuronSetNames)[number] | undefined },
    };
}
