import { join } from 'node:path';
import { checkModel } from '../experiments/checkFit.js';
import { readInterventions } from '../interventions/namedInterventions.js';
import { modelStates } from '../interventions/ModelState.js';
import { parseShorthand } from '../interventions/shorthand.js';
import { valuesFor } from '../interventions/valuesFor.js';
import { readNeurons } from '../neurons/neuronsFile.js';
import { checkAddress, serve } from '../serve/serve.js';
import { distinct, nameShorthand, withoutEach } from '../serve/servedNames.js';
import type { CommandArguments, CommandContext, CommandResult } from './CommandDeclaration.js';
import type { serveDeclaration } from './declarations.js';
import { openEngine, toEngineOptions } from './openModel.js';

/** `serve`: answers requests until it is stopped. */
export async function serveCommand(
    args: CommandArguments<typeof serveDeclaration>,
    context: CommandContext,
): Promise<CommandResult> {
    const { dir, host, port, parallel, force } = args;
    const { signal, progress, say } = context;
    const apiKey = args.apiKey ?? (process.env['LANGUAGE_NEURONS_API_KEY'] || undefined);
    const { allowOrigin } = checkAddress({ host, apiKey, allowOrigin: args.allowOrigin });
    const shorthand = parseShorthand(args);
    const analysis = await readNeurons(join(dir, 'neurons.json'));
    const named = distinct([
        ...withoutEach(analysis.languages, args.set),
        ...(shorthand === undefined ? [] : [nameShorthand(shorthand)]),
        ...(args.interventions === undefined ? [] : await readInterventions(args.interventions)),
    ]);
    const values = await valuesFor(
        named.flatMap(({ interventions }) => interventions),
        dir,
    );
    using engine = await openEngine({ ...toEngineOptions(args), windows: parallel }, { signal, progress });
    checkModel({ engine, analysis, otherModel: force });
    const models = modelStates(named, { sites: engine.sites, analysis, values });
    progress.done(); // the model's loading
    const requestSize = engine.windowSize;
    await serve({
        engine,
        models,
        host,
        port,
        apiKey,
        allowOrigin,
        parallel,
        requestSize,
        date: args.date,
        maxWaiting: args.maxWaiting,
        maxBody: args.maxBody,
        signal,
        onStart: (url) => {
            say(`serving ${models.map(({ name }) => name).join(', ')}`);
            say(`on ${url}, ${parallel} requests of ${requestSize} tokens side by side; Ctrl-C ends it`);
        },
    });
    return { json: { models: models.map(({ name }) => name) }, text: 'ended' };
}
