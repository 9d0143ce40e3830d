import { type ActivationValues, readValues } from '../activations/ActivationValues.js';
import { type NamedInterventions, readInterventions } from '../interventions/namedInterventions.js';
import { modelStates } from '../interventions/ModelState.js';
import { needsValues } from '../interventions/resolveValue.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { pick } from '../settings/pick.js';
import { serverTable } from '../settings/settings.js';
import { parseShorthand } from '../interventions/shorthand.js';
import { checkAddress, serve } from '../serve/serve.js';
import type { FactsFor } from '../serve/ownEdits.js';
import { distinct, nameShorthand, withoutEach } from '../serve/servedNames.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { serveDeclaration } from './arguments/declarations.js';
import { openIntervened } from './process/openModel.js';

/** `serve`: answers requests until it is stopped. */
export const serveCommand: CommandOf<typeof serveDeclaration> = async (args, context) => {
    const { host, parallel } = args;
    const { signal, say } = context;
    const apiKey = args.apiKey ?? (process.env['LANGUAGE_NEURONS_API_KEY'] || undefined);
    const { allowOrigin } = checkAddress({ host, apiKey, allowOrigin: args.allowOrigin });
    const shorthand = parseShorthand(args);
    const given = [
        ...(shorthand === undefined ? [] : [nameShorthand(shorthand)]),
        ...(args.interventions === undefined ? [] : await readInterventions(args.interventions)),
    ];
    const namedOf = ({ languages }: NeuronAnalysis): NamedInterventions[] =>
        distinct([...withoutEach(languages, args.set), ...given]);
    using model = await openIntervened(args, { windows: parallel }, namedOf, context);
    const { engine, named, facts } = model;
    const models = modelStates(named, facts);
    const requestSize = engine.windowSize;
    let values: Promise<ActivationValues> | undefined;
    const factsFor: FactsFor = async (interventions) => ({
        ...facts,
        values: facts.values ?? (needsValues(interventions) ? await (values ??= readValues(args.dir)) : undefined),
    });
    await serve({
        ...pick(args, { ...serverTable, date: true }),
        ...{ apiKey, allowOrigin, engine, models, factsFor, requestSize, signal },
        onStart: (url) => {
            say(`serving ${models.map(({ name }) => name).join(', ')}`);
            say(`on ${url}, ${parallel} requests of ${requestSize} tokens side by side; Ctrl-C ends it`);
        },
    });
    return { json: { models: models.map(({ name }) => name) }, text: 'ended' };
};
