import type { Command, CommandArguments, CommandDeclaration, CommandOf } from './arguments/CommandDeclaration.js';
import * as declared from './arguments/declarations.js';
import { asOptions } from './arguments/settingNames.js';

/** Every command, in the order of `--help`. */
export const commands: readonly Command[] = [
    command(declared.runDeclaration, async () => (await import('./run.js')).runCommand),
    command(declared.collectDeclaration, async () => (await import('./collect.js')).collectCommand),
    command(declared.mergeDeclaration, async () => (await import('./merge.js')).mergeCommand),
    command(declared.identifyDeclaration, async () => (await import('./identify.js')).identifyCommand),
    command(declared.neuronsDeclaration, async () => (await import('./neurons.js')).neuronsCommand),
    command(declared.examplesDeclaration, async () => (await import('./examples.js')).examplesCommand),
    command(declared.activationsDeclaration, async () => (await import('./activations.js')).activationsCommand),
    command(declared.effectsDeclaration, async () => (await import('./effects.js')).effectsCommand),
    command(declared.lensDeclaration, async () => (await import('./lens.js')).lensCommand),
    command(declared.checkDeclaration, async () => (await import('./check.js')).checkCommand),
    command(declared.deactivateDeclaration, async () => (await import('./deactivate.js')).deactivateCommand),
    command(declared.interveneDeclaration, async () => (await import('./intervene.js')).interveneCommand),
    command(declared.compareDeclaration, async () => (await import('./compare.js')).compareCommand),
    command(declared.evaluateDeclaration, async () => (await import('./evaluate.js')).evaluateCommand),
    command(declared.quantsDeclaration, async () => (await import('./quants.js')).quantsCommand),
    command(declared.tuneDeclaration, async () => (await import('./tune.js')).tuneCommand),
    command(declared.generateDeclaration, async () => (await import('./generate.js')).generateCommand),
    command(declared.chatDeclaration, async () => (await import('./chat.js')).chatCommand),
    command(declared.serveDeclaration, async () => (await import('./serve.js')).serveCommand),
    command(declared.exportDeclaration, async () => (await import('./export.js')).exportCommand),
    command(declared.respondDeclaration, async () => (await import('./respond.js')).respondCommand),
    command(declared.importDeclaration, async () => (await import('./import.js')).importCommand),
    command(declared.reportDeclaration, async () => (await import('./report.js')).reportCommand),
    command(declared.exploreDeclaration, async () => (await import('./explore.js')).exploreCommand),
    command(declared.dashboardsDeclaration, async () => (await import('./dashboards.js')).dashboardsCommand),
    command(declared.cleanDeclaration, async () => (await import('./clean.js')).cleanCommand),
    command(declared.inspectDeclaration, async () => (await import('./inspect.js')).inspectCommand),
    command(declared.dataDeclaration, async () => (await import('./data.js')).dataCommand),
    command(declared.rpcServerDeclaration, async () => (await import('./rpcServer.js')).rpcServerCommand),
];

/** The compiler holds a command to the arguments that it declares. */
function command<D extends CommandDeclaration>(declaration: D, load: () => Promise<CommandOf<D>>): Command {
    return {
        declaration,
        // Checked by the declaration, which the type is made from.
        run: async (args, context) => (await load())(args as CommandArguments<D>, context),
    };
}

const optionNames = new Set(commands.flatMap(({ declaration: { options } }) => Object.keys(options)));

/** A text of the library for a command's user: its settings are options, or keys of `run`'s file. */
export function namedFor(command: Command | undefined, text: string): string {
    if (command?.declaration !== declared.runDeclaration) return asOptions(text, (name) => optionNames.has(name));
    return asOptions(text, (name) => name in declared.runDeclaration.options);
}
