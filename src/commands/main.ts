import yargs from 'yargs';
import { numberRules } from '../answers/numberRules.js';
import { LanguageNeuronsError } from '../errors.js';
import { metricNames, neuronSetNames } from '../experiments/DeactivationMatrix.js';
import { perplexityMeans, scoredParts } from '../experiments/perplexity.js';
import { toolVersion } from '../versions.js';
import { collectCommand } from './collect.js';
import { compareCommand } from './compare.js';
import { deactivateCommand } from './deactivate.js';
import { identifyCommand } from './identify.js';
import { importCommand } from './import.js';
import { inspectCommand } from './inspect.js';
import { reportCommand } from './report.js';
import { respondCommand } from './respond.js';
import { runCommand } from './run.js';
import { type CommandContext, type CommandResult, commandContext, dataOptions, modelOptions, questionOptions } from './shared.js';

/** Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. */
export async function main(args: readonly string[]): Promise<number> {
    const stop = new AbortController();
    const onSignal = (): void => {
        if (stop.signal.aborted) process.exit(130); // asked twice
        process.stderr.write('\nlanguage-neurons: stopping; finished parts are kept (Ctrl-C again to stop at once)\n');
        stop.abort();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    // The parent is gone: end at once, as it did.
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    const context = commandContext(stop.signal);
    try {
        return await parse(args, context);
    } catch (cause) {
        return failed(cause, context);
    } finally {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
        process.removeAllListeners('disconnect');
        if (process.connected) process.disconnect();
    }
}

function failed(cause: unknown, { progress }: CommandContext): number {
    progress.done();
    if (cause instanceof LanguageNeuronsError) {
        process.stderr.write(`language-neurons: ${cause.message.replaceAll('\n', ' ')}\n`);
        return { ABORTED: 130, WRONG_USE: 2 }[cause.code as string] ?? 1;
    }
    process.stderr.write(`language-neurons: a fault in the tool itself, please report it: ${cause instanceof Error ? cause.stack : String(cause)}\n`);
    return 1;
}

async function parse(args: readonly string[], context: CommandContext): Promise<number> {
    // yargs calls handlers while it parses; the work is done after.
    let work: (() => Promise<CommandResult>) | undefined;
    let json = false;
    const plan = <A>(command: (args: A, context: CommandContext) => Promise<CommandResult>) => (argv: unknown): void => {
        json = (argv as { json: boolean }).json;
        work = () => command(argv as A, context);
    };
    const parser = yargs([...args])
        .scriptName('language-neurons')
        .usage('$0 <command>\n\nShows how a language model handles many languages, neuron by neuron.')
        .option('json', { type: 'boolean', default: false, describe: 'print one JSON document on stdout', global: true })
        .command('run [config]', 'everything below, in order; without a configuration, on the embedded model',
            (argv) => argv.positional('config', { type: 'string', describe: 'YAML file' }), plan(runCommand))
        .command('collect', 'count activations in each language into DIR/activations.safetensors',
            (argv) => dataOptions(modelOptions(argv)).option('out', { alias: 'o', type: 'string', demandOption: true, describe: 'run folder' })
                .option('folds', { type: 'number', describe: 'keep this many parts of the texts apart, so that identify can say how sure it is' }), plan(collectCommand))
        .command('identify <dir>', 'score and classify the neurons of DIR/activations.safetensors',
            (argv) => argv.positional('dir', { type: 'string', demandOption: true })
                .option('method', { choices: ['paper', 'lape'] as const, default: 'paper' as const, describe: 'how neurons are scored' })
                .option('top-rate', { type: 'number', default: 0.01, describe: 'share of neurons to select' })
                .option('lambda', { type: 'string', default: 'auto', describe: 'weight of the largest probability in the score, or auto' })
                .option('bar', { type: 'number', default: 0.95, describe: 'quantile above which a probability is high' }), plan(identifyCommand))
        .command('deactivate <dir>', 'evaluate every language with the neurons of every language deactivated',
            (argv) => questionOptions(dataOptions(modelOptions(argv.positional('dir', { type: 'string', demandOption: true }))))
                .option('metric', { choices: metricNames, default: 'ppl' as const, describe: 'perplexity of the texts, or accuracy of answers to the questions, in --data' })
                .option('sets', { type: 'string', default: neuronSetNames.join(','), describe: 'neuron sets' })
                .option('controls', { type: 'number', default: 3, describe: 'random controls of each cell' })
                .option('seed', { type: 'number', default: 1, describe: 'of the first random control' })
                .option('mean', { choices: perplexityMeans, default: 'tokens' as const, describe: 'ppl: of all tokens, or the mean of the texts\' perplexities' })
                .option('over', { choices: scoredParts, default: 'response' as const, describe: 'ppl: the part of each text that is scored' })
                .option('number', { choices: numberRules, default: 'last' as const, describe: 'accuracy: how the number of an answer is found' })
                .option('whole-limit', { type: 'number', describe: 'accuracy: questions of each language for the whole model, where more than --limit' }), plan(deactivateCommand))
        .command('compare <before> <after> [more..]', 'what changed from one analysis to others: before and after alignment, or a series',
            (argv) => argv.positional('before', { type: 'string', demandOption: true }).positional('after', { type: 'string', demandOption: true })
                .positional('more', { type: 'string', array: true })
                .option('trained', { type: 'string', describe: 'languages that the alignment was trained on, such as zh,de' })
                .option('out', { alias: 'o', type: 'string', describe: 'folder for comparison.json and the report (default: that of the last analysis)' }), plan(compareCommand))
        .command('respond', 'generate answers to questions, into a JSON file that collect reads',
            (argv) => questionOptions(modelOptions(argv))
                .option('data', { alias: 'd', type: 'string', demandOption: true, describe: 'mgsm, msvamp, or a folder of mgsm_LL.tsv or test_Language.json' })
                .option('languages', { alias: 'l', type: 'string', describe: 'comma-separated, such as en,zh (default: all of the data)' })
                .option('out', { alias: 'o', type: 'string', demandOption: true, describe: 'JSON file' })
                .option('answers', { alias: 'n', type: 'number', default: 1, describe: 'answers to each question' })
                .option('temperature', { type: 'number', default: 0, describe: '0: always the likeliest token' })
                .option('seed', { type: 'number', default: 1, describe: 'of what is drawn at a temperature above 0' }), plan(respondCommand))
        .command('import <folder>', 'counts published by others (.pt files) into OUT/activations.safetensors',
            (argv) => argv.positional('folder', { type: 'string', demandOption: true })
                .option('languages', { alias: 'l', type: 'string', describe: 'comma-separated, such as en,zh (default: all that are there)' })
                .option('out', { alias: 'o', type: 'string', demandOption: true, describe: 'run folder' }), plan(importCommand))
        .command('report <dir>', 'write DIR/report.html with its figures and tables',
            (argv) => argv.positional('dir', { type: 'string', demandOption: true }).option('title', { type: 'string' }), plan(reportCommand))
        .command('inspect <model>', 'layers, FFN width, activation, devices, memory',
            (argv) => modelOptions(argv.positional('model', { type: 'string', demandOption: true })), plan(inspectCommand))
        .demandCommand(1, 1, 'name a command, for example: language-neurons run')
        .strict()
        .version(toolVersion)
        .wrap(100)
        .exitProcess(false)
        .fail((message: string | undefined, error: Error | undefined) => {
            throw error ?? new LanguageNeuronsError('WRONG_USE', `${message ?? 'wrong use'}; see language-neurons --help`);
        });
    await parser.parseAsync();
    if (work === undefined) return 0; // --help or --version
    const result = await work();
    context.progress.done();
    process.stdout.write(json ? `${JSON.stringify(result.json)}\n` : `${result.text}\n`);
    return 0;
}
