import fc from 'fast-check';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/commands/arguments/CommandDeclaration.js';
import { commands } from '../../../src/commands/commands.js';
import { parseArguments } from '../../../src/commands/parseArguments.js';
import { dashed } from '../../../src/commands/arguments/settingNames.js';
import type { SettingTable } from '../../../src/settings/Setting.js';

const nameOf = ({ declaration: { usage } }: Command): string => usage.split(' ')[0]!;

/** A command line of what a command cannot do without, apart from one option. */
function least(command: Command, apart = ''): string[] {
    const { positionals, options } = command.declaration;
    const required = (table: SettingTable): string[] =>
        Object.entries(table)
            .filter(([, rule]) => rule.required === true)
            .map(([name]) => dashed(name));
    return [
        nameOf(command),
        ...required(positionals).map((name) => positionals[name]!.choices?.[0] ?? 'somewhere'),
        ...required(options)
            .filter((name) => name !== apart)
            .flatMap((name) => [`--${name}`, 'something']),
    ];
}

const allOptions = commands.flatMap((command) =>
    Object.entries<SettingTable[string]>(command.declaration.options).map(([key, rule]) => ({
        title: `${nameOf(command)} --${dashed(key)}`,
        command,
        key,
        name: dashed(key),
        rule,
    })),
);
const kindOf = ({ number, list = false, choices = [] }: SettingTable[string]): string =>
    JSON.stringify([number?.whole, list, choices]);
/** Options that several commands share have one rule, which means the same in all of them. */
const distinct = allOptions.filter(({ rule }, i) => allOptions.findIndex((one) => one.rule === rule) === i);
const numeric = distinct.filter(({ rule }) => rule.number !== undefined);
const single = distinct.filter(({ rule }) => rule.many !== true && rule.flag !== true);

const refused = async (args: readonly string[], words: readonly string[]): Promise<void> => {
    const error: unknown = await parseArguments(args).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'WRONG_USE', message: expect.not.stringContaining('\n') });
    for (const word of words) expect((error as Error).message).toContain(word);
};

describe('the arguments of every command', () => {
    it.each(commands)('$declaration.usage takes what it cannot do without', async (command) => {
        expect((await parseArguments(least(command)))?.command).toBe(command);
    });

    it('are all there are: numbers are declared as numbers', () => {
        expect(numeric.length).toBeGreaterThan(25);
        // A default that is a number belongs to a rule for numbers.
        expect(allOptions.filter(({ rule }) => typeof rule.default === 'number' && rule.number === undefined)).toEqual(
            [],
        );
    });

    it.each(numeric)('$title refuses what is no number, and says what was typed', async ({ command, name, rule }) => {
        // One reader reads all numbers of a kind, so that the first rule of each meets all that is no number.
        const kind = kindOf(rule);
        const isFirst = numeric.find((one) => kindOf(one.rule) === kind)!.rule === rule;
        const whole = rule.number!.whole === true;
        const wrong = [
            ...(isFirst ? ['5%x', '1e999', 'NaN', 'Infinity', '0x10', '1 2', '', '--', '½'] : []),
            ...(isFirst && whole ? ['-1', '9007199254740993'] : []),
            ...(whole ? ['1.5'] : []),
            'abc',
        ];
        for (const typed of wrong)
            await refused(
                [...least(command, name), `--${name}=${typed}`],
                [`--${name} takes `, ` number`, `not ${JSON.stringify(typed)}`],
            );
        await refused([...least(command, name), `--${name}`], [`--${name} takes a value`]);
    });

    it.each(numeric)('$title refuses what is beyond its range', async ({ command, name, rule: { number } }) => {
        for (const bound of [
            number!.above,
            number!.below,
            number!.least === undefined ? undefined : number!.least - 1,
            number!.most === undefined ? undefined : number!.most + 1,
        ]) {
            if (bound !== undefined)
                await refused([...least(command, name), `--${name}=${bound}`], [`--${name} takes `, `not "${bound}"`]);
        }
    });

    it.each(numeric)('$title takes a number of its range', async ({ command, key, name, rule }) => {
        const { number, list = false } = rule;
        const { whole, least: from = 0, most: to = 1, above, below } = number!;
        const value =
            above !== undefined && below !== undefined
                ? (above + below) / 4
                : whole === true
                  ? Math.min(to, from + 3)
                  : (from + to) / 2;
        const metric = Object.entries(rule.of ?? {}).filter(([other]) => other in command.declaration.options);
        const beside = metric.flatMap(([other, [wanted]]) => [`--${other}`, wanted!]);
        const planned = await parseArguments([...least(command, name), ...beside, `--${name}`, String(value)]);
        expect(planned?.args).toMatchObject({ [key]: list ? [value] : value });
    });

    it.each(single)('$title given twice is refused', async ({ command, name, rule }) => {
        const value = rule.number === undefined ? (rule.choices?.[0] ?? 'a') : String(rule.number.least ?? 0.5);
        await refused(
            [...least(command, name), `--${name}`, value, `--${name}`, value],
            [`--${name} is given twice`, `"${value}" and "${value}"`],
        );
    });

    it.each(distinct.filter(({ rule }) => rule.flag !== true))(
        '$title refuses an empty text',
        async ({ command, name }) => {
            await refused([...least(command, name), `--${name}`, ''], [`--${name} takes `, 'not ""']);
        },
    );

    it.each(allOptions)('$title is suggested where a letter is missing', async ({ command, name, rule }) => {
        const typed = name.length < 4 ? `${name}x` : name.slice(0, 2) + name.slice(3);
        await refused(
            [...least(command), `--${typed}`, ...(rule.flag === true ? [] : ['1'])],
            [`unknown option --${typed}; did you mean --${name}?`],
        );
    });

    it.each(commands)('$declaration.usage is suggested where a letter is missing', async (command) => {
        const name = nameOf(command);
        const typed = name.slice(0, -2) + name.slice(-1);
        await refused([typed, ...least(command).slice(1)], [`unknown command ${typed}; did you mean ${name}?`]);
    });

    it.each<[args: string[], words: string[]]>([
        [
            ['identify', 'x', '--top-rate', '5%'],
            ['between 0 and 1', 'not "5%"; give 0.05'],
        ],
        [['identify', 'x', '--top-rate', '7 %'], ['; give 0.07']],
        [['identify', 'x', '--bar', '0,95'], ['not "0,95"; give 0.95']],
        [['identify', 'x', '--lambda', 'abc'], ['--lambda takes auto or a number, not "abc"']],
        [['identify', 'x', '--method', 'papr'], ['--method takes paper or lape, not "papr"; did you mean paper?']],
        [
            ['identify', 'x', '--toprate', '1'],
            ['--toprate', 'did you mean --top-rate?'],
        ],
        [
            ['collect', '--model', 'x'],
            ['data, out', 'see language-neurons collect --help'],
        ],
        [
            ['deactivate', 'x', '-m', 'y', '-d', 'udhr', '--metric', 'bleu'],
            ['--metric takes ppl', 'not "bleu"'],
        ],
        [
            ['deactivate', 'x', '-m', 'y', '-d', 'udhr', '--sets', 'all'],
            ['--sets takes specific', 'not "all"'],
        ],
        [['inspect', 'm.gguf', '--threads', 'abc'], ['--threads takes a whole number from 1 to 512, not "abc"']],
        [
            ['respond', '-m', 'x', '-d', 'mgsm', '-o', 'y', '--limit', '1e999'],
            ['--limit', 'not "1e999"'],
        ],
        [['collect', '-m', '', '-d', 'udhr', '-o', 'x'], ['--model takes a path, not ""']],
        [['identify', 'x', '--method', 'lape', '--lambda', '0.1'], ['`lambda` means nothing with `method: lape`']],
        [['identify', ''], ['<dir> takes a path, not ""']],
        [['identify', 'x', 'y'], ['y: one argument too many']],
        [['identify', 'x', '--no-json'], ['unknown option --no-json']],
        [['identify', 'x', '--lambda.a', '1'], ['unknown option --lambda.a']],
        [
            ['collect', '-m', 'x', '-d', 'y', '-o', 'a', '--out', 'b'],
            ['--out is given twice ("a" and "b"); give it once'],
        ],
        [['compare', 'x'], ['compare <before> <after>']],
        [['frobnicate'], ['unknown command frobnicate; see']],
        [['colect'], ['unknown command colect; did you mean collect?']],
        [[], ['name a command']],
    ])('%j', async (args, words) => {
        await refused(args, words);
    });

    it('keeps what looks like a number as the text it is', async () => {
        const planned = await parseArguments(['respond', '-m', '1e3', '-d', '007', '-o', '2024', '--lora', '1.0']);
        expect(planned?.args).toMatchObject({ model: '1e3', data: '007', out: '2024', lora: ['1.0'] });
    });

    it('takes negative numbers, words in their place, and lists', async () => {
        expect((await parseArguments(['identify', 'x', '--lambda', '-0.25']))?.args).toMatchObject({ lambda: -0.25 });
        expect((await parseArguments(['identify', 'x']))?.args).toMatchObject({
            lambda: 'auto',
            topRate: 0.01,
            json: false,
        });
        const many = await parseArguments(['--json', 'collect', '-m', 'x', '-d', 'a', '-d', 'b', '-o', 'o']);
        expect(many?.args).toMatchObject({ data: ['a', 'b'], json: true });
    });

    it('expands ~ where the shell did not', async () => {
        const planned = await parseArguments([
            'collect',
            '--model=~/m.gguf',
            '--data=~/texts',
            '--out=~/runs',
            '--lora=~x',
        ]);
        expect(planned?.args).toMatchObject({
            model: join(homedir(), 'm.gguf'),
            data: [join(homedir(), 'texts')],
            out: join(homedir(), 'runs'),
            lora: ['~x'],
        });
    });

    it('gives defaults for what is left out, and nothing else', async () => {
        const planned = await parseArguments(['identify', 'x', '--top-rate', '0.1']);
        expect(planned?.args).toEqual({
            dir: 'x',
            method: 'paper',
            topRate: 0.1,
            lambda: 'auto',
            bar: 0.95,
            probability: 'conditional',
            minRouted: 100,
            json: false,
        });
    });

    it.each<[args: string[], words: string[]]>([
        [['--limit', '5'], ['`limit` means nothing with `metric: ppl`; leave it out, or use `metric: accuracy`']],
        [
            ['--reference', 'other.gguf'],
            ['`reference` means nothing with `metric: ppl`; leave it out, or use `metric: kl`'],
        ],
        [['--metric', 'ppl', '--template', 'chat'], ['`template` means nothing with `metric: ppl`']],
        [
            ['--metric', 'accuracy', '--over', 'text'],
            [
                '`over` means nothing with `metric: accuracy`; leave it out, ' +
                    'or use `metric: ppl` or `metric: bits-per-byte` or `metric: kl`',
            ],
        ],
    ])('of another metric are refused: %j', async (args, words) => {
        await refused(['deactivate', 'x', '-m', 'y', '-d', 'z', ...args], words);
    });

    it('answers any words with a plan or WRONG_USE', async () => {
        const word = fc.oneof(
            fc.constantFrom(...commands.map(nameOf), ...allOptions.map(({ name }) => `--${name}`), '--', '-m', '='),
            fc.string(),
        );
        // --help and --version, and what abbreviates to them, would be answered on stdout.
        const quiet = word.filter((text) => !/^-+(h|v)/i.test(text));
        await fc.assert(
            fc.asyncProperty(fc.array(quiet, { maxLength: 8 }), async (args) => {
                const error: unknown = await parseArguments(args).then(
                    () => undefined,
                    (cause: unknown) => cause,
                );
                if (error !== undefined) expect(error).toMatchObject({ code: 'WRONG_USE' });
            }),
            { numRuns: 300 },
        );
    });
});
