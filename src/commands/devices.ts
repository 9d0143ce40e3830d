import { createInterface } from 'node:readline';
import { shardPath } from '../activations/Shard.js';
import { type ErrorCode, LanguageNeuronsError, wrongUse } from '../errors.js';
import { resolveModel } from '../engine/files/resolveModel.js';
import { sideBySide } from '../support/terminalProgress.js';
import { merge, type Merged } from '../run/merge.js';
import { takeMessage } from './process/messageProgress.js';
import type { CommandArguments, CommandContext } from './arguments/CommandDeclaration.js';
import type { collectDeclaration } from './arguments/declarations.js';
import { freshly } from './process/freshly.js';
import { deviceVariable, parseLora } from './process/openModel.js';
import { startWork, type Work } from './process/supervise.js';

/** What of a command's arguments decides how it is divided among devices. */
export type DevicesArguments = Pick<
    CommandArguments<typeof collectDeclaration>,
    'model' | 'lora' | 'shard' | 'gpu' | 'fresh' | 'force'
> & {
    readonly devices: readonly number[];
    /** Only matrices have CSV. */
    readonly excel?: boolean;
};

/** What the shards make. */
export interface DividedWork {
    readonly folder: string;
    /** The files that shards are parts of. */
    readonly wholes: readonly string[];
    /** What `--fresh` removes. */
    readonly kinds: readonly string[];
}

/** Environment variables that name the devices each backend may see. */
const visibility = ['CUDA_VISIBLE_DEVICES', 'GGML_VK_VISIBLE_DEVICES'] as const;
const exitCodes: Readonly<Record<number, ErrorCode>> = { 2: 'WRONG_USE', 130: 'ABORTED' };

/**
 * Runs a command as shards, a process for each device, and merges them.
 * @throws LanguageNeuronsError WRONG_USE; NATIVE, or what its exit code says, with the words of the first process that
 * fails; as `merge`
 */
export async function onDevices(
    args: DevicesArguments,
    { folder, wholes, kinds }: DividedWork,
    context: CommandContext,
): Promise<Merged[]> {
    const { devices } = args;
    const refused = (why: string): LanguageNeuronsError => wrongUse(`--devices ${devices.join()}: ${why}`);
    if (args.gpu === 'off') throw refused('there are none with --gpu off; leave one of them out');
    if (args.shard !== undefined) throw refused('divides the work itself; leave --shard out');
    const environments = devices.map((device) => environmentOf(device));
    const { signal, progress } = context;
    // Once, and not by each process.
    for (const model of [args.model, ...(args.lora ?? []).map((lora) => parseLora(lora).path)])
        await resolveModel(model, { signal, progress });
    await freshly({ fresh: args.fresh, folder, kinds }, context, () => Promise.resolve());
    const command = withoutOptions(context.args, { valued: ['--devices'], flags: ['--fresh', '--json'] });
    await runAll(
        devices.map((device, i) => ({
            name: `device ${device}`,
            env: environments[i]!,
            args: [...command, '--shard', `${i + 1}/${devices.length}`],
        })),
        signal,
    );
    const shards = wholes.flatMap((whole) =>
        devices.map((_, i) => shardPath(whole, { number: i + 1, total: devices.length })),
    );
    return merge(shards, { folder, force: args.force, excel: args.excel, signal, progress });
}

/**
 * What lets a process see one device alone: numbers are among those that this process sees.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function environmentOf(
    device: number,
    environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
    const seen = visibility.map((name): [string, string] => {
        const list = environment[name]?.split(',');
        const named = list === undefined ? String(device) : list[device]?.trim();
        if (named !== undefined) return [name, named];
        throw wrongUse(`--devices: there is no device ${device}; ${name} lists ${list!.length}`);
    });
    return { ...Object.fromEntries(seen), [deviceVariable]: String(device) };
}

/** A command line without some of its options. */
export function withoutOptions(
    args: readonly string[],
    { valued, flags }: { readonly valued: readonly string[]; readonly flags: readonly string[] },
): string[] {
    return args.filter(
        (arg, i) =>
            !flags.includes(arg) &&
            !valued.includes(arg.split('=', 1)[0]!) &&
            !(i > 0 && valued.includes(args[i - 1]!)),
    );
}

interface Part {
    readonly name: string;
    readonly env: Readonly<Record<string, string>>;
    readonly args: readonly string[];
}

/** Runs all at once; where one fails, the others are stopped. */
async function runAll(parts: readonly Part[], signal: AbortSignal): Promise<void> {
    const shown = sideBySide(parts.map(({ name }) => name));
    const works: Work[] = [];
    const stopAll = (): void => works.forEach((work) => work.stop('SIGINT'));
    signal.addEventListener('abort', stopAll, { once: true });
    let failed: LanguageNeuronsError | undefined;
    try {
        await Promise.all(
            parts.map(async ({ name, env, args }, i) => {
                const work = startWork(args, { env, stdio: ['ignore', 'ignore', 'pipe'], messages: true });
                works.push(work);
                const progress = shown.parts[i]!;
                work.child.on('message', (message) => takeMessage(message, progress));
                let last = '';
                createInterface({ input: work.child.stderr! }).on('line', (line) => {
                    if (line.startsWith(toldBy)) last = line.slice(toldBy.length);
                    else progress.note(line);
                });
                const { code, words = last } = await work.end;
                if (code === 0 || failed !== undefined) return;
                failed = new LanguageNeuronsError(
                    exitCodes[code] ?? 'NATIVE',
                    code === 130 ? words : `${name}: ${words}`,
                );
                stopAll();
            }),
        );
    } finally {
        signal.removeEventListener('abort', stopAll);
        shown.done();
    }
    if (failed !== undefined) throw failed;
}

/** How the last line of a command that failed begins. */
const toldBy = 'language-neurons: ';
