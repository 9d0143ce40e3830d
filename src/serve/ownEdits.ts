import type { TextEdit } from '../engine/types/edits.js';
import { type ErrorCode, LanguageNeuronsError } from '../errors.js';
import { type CompileOptions, compileInterventions } from '../interventions/compile.js';
import type { Intervention } from '../interventions/Intervention.js';
import type { ModelState } from '../interventions/ModelState.js';
import { ApiError } from './ApiError.js';

/** Codes by which interventions are refused. */
const refusals: ReadonlySet<ErrorCode> = new Set(['WRONG_USE', 'NOT_FOUND', 'UNSUPPORTED', 'MISMATCH']);

/** Where the neurons and values of interventions come from, as `compileInterventions` takes them. */
export type FactsFor = (interventions: readonly Intervention[]) => CompileOptions | Promise<CompileOptions>;

/** The edit of a served model with a request's own interventions after those of the model. */
export type OwnEdit = (model: ModelState, own: readonly Intervention[]) => Promise<TextEdit>;

/**
 * Compiles interventions of requests. Equal ones of open requests are one object, which the engine holds once.
 * @returns a function that throws ApiError 400
 */
export function ownEdits(factsFor: FactsFor): OwnEdit {
    const compiled = new Map<string, WeakRef<TextEdit & object>>();
    const forget = new FinalizationRegistry<string>((key) => {
        if (compiled.get(key)?.deref() === undefined) compiled.delete(key);
    });
    return async (model, own) => {
        const interventions = [...model.interventions, ...own];
        const key = JSON.stringify(interventions);
        const facts = await factsOf(factsFor, interventions); // before the look: no other request comes in between
        const held = compiled.get(key)?.deref();
        if (held !== undefined) return held;
        const edit = compile(interventions, facts);
        if (edit !== undefined) {
            compiled.set(key, new WeakRef(edit));
            forget.register(edit, key);
        }
        return edit;
    };
}

async function factsOf(factsFor: FactsFor, interventions: readonly Intervention[]): Promise<CompileOptions> {
    try {
        return await factsFor(interventions);
    } catch (cause) {
        const why = 'means and percentiles need the values of `collect --values`, which cannot be read here';
        throw new ApiError(400, `interventions: ${why}`, { param: 'interventions', cause });
    }
}

function compile(interventions: readonly Intervention[], facts: CompileOptions): TextEdit {
    try {
        return compileInterventions(interventions, facts);
    } catch (cause) {
        if (!(cause instanceof LanguageNeuronsError && refusals.has(cause.code))) throw cause;
        throw new ApiError(400, `interventions: ${cause.message}`, { param: 'interventions', cause });
    }
}
