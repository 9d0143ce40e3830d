import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { checkSettings } from '../settings/checkSetting.js';
import { factorRange } from '../settings/settings.js';
import { parseNumber } from '../support/numberRanges.js';
import { type InterventionOp, interventionOps, type InterventionValue } from './Intervention.js';
import { deactivation, isDeactivation, type Operation } from './Operation.js';
import { isNamedValue } from './resolveValue.js';

/**
 * Reads an operation from its short text: `zero`, `scale:0.5`, `add:0.5`, `replace:0`, `add:mean:zh`, `diffmean`. A
 * value alone, `mean`, `mean:zh` or `p90:zh`, stands for `replace` with that value.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseOperation(text: string): Operation {
    const alone = text.trim();
    if (isNamedValue(alone)) return { op: 'replace', value: alone };
    const [name, ...rest] = alone.split(':');
    const op = interventionOps.find((known) => known === name);
    const wrong = (why: string): LanguageNeuronsError =>
        wrongUse(
            `\`op: ${JSON.stringify(text)}\`: ${why}; give for example zero, scale:0.5, add:0.5, mean:de or diffmean`,
        );
    if (op === undefined) throw wrong(`${name === '' ? 'it names no operation' : `there is no operation ${name}`}`);
    if (op === 'zero') {
        if (rest.length > 0) throw wrong('it takes no value');
        return deactivation;
    }
    if (op === 'diffmean' && rest.length === 0) return { op };
    if (rest.length === 0) throw wrong('it takes a value');
    return { op, value: valueOf(op, rest.join(':'), wrong) };
}

/**
 * Reads a list of such texts. Strength and `where` apply to all of them.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseOperations(text: string, options: Omit<Operation, 'op' | 'value'> = {}): Operation[] {
    checkSettings(options, {}, { strength: true, where: true });
    const { strength, where } = options;
    return text.split(',').map((part) => ({
        ...parseOperation(part),
        ...(strength === undefined || strength === 1 ? {} : { strength }),
        ...(where === undefined || where === 'both' ? {} : { where }),
    }));
}

/** The name of an operation in results: `scale:0.5`, `zero,strength:0.5`, `add:1,prompt`. */
export function operationName({ op, value, strength = 1, where = 'both' }: Operation): string {
    const range = typeof where === 'object' ? `tokens:${where.from ?? 0}..${where.to ?? ''}` : where;
    return [
        takesValue(op, value) ? `${op}:${value ?? 1}` : op,
        ...(strength === 1 ? [] : [`strength:${strength}`]),
        ...(range === 'both' ? [] : [range]),
    ].join(',');
}

/** The name of an operation in names of files, `scale-0.5`; undefined for deactivation. */
export function operationInFiles(operation: Operation): string | undefined {
    if (isDeactivation(operation)) return undefined;
    return operationName(operation)
        .replaceAll(',', '.')
        .replace(/[^A-Za-z0-9.+-]/g, '-');
}

function takesValue(op: InterventionOp, value: InterventionValue | undefined): boolean {
    return op === 'diffmean' ? value !== undefined : op !== 'zero';
}

function valueOf(op: InterventionOp, text: string, wrong: (why: string) => LanguageNeuronsError): InterventionValue {
    if (isNamedValue(text)) {
        if (op === 'scale') throw wrong('it scales by a number');
        if (op === 'diffmean' && !text.startsWith('mean:')) throw wrong(`${text} is not a mean of a language`);
        return text;
    }
    if (op === 'diffmean') throw wrong(`${JSON.stringify(text)} is not a mean of a language`);
    const value = parseNumber(text, factorRange);
    if (value === undefined) throw wrong(`${JSON.stringify(text)} is not a number${beyond(text)}`);
    return value;
}

function beyond(text: string): string {
    const value = parseNumber(text, {});
    return value === undefined ? '' : ' that a device can hold (below 3.4e38)';
}
