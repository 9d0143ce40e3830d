import type { tokenize } from '@huggingface/jinja';
import { JinjaError } from './values.js';

type Token = ReturnType<typeof tokenize>[number];

/** How the names of tests with arguments begin, which the parser sees as filters. */
export const testPrefix = '__is_';
export const negatedTestPrefix = '__is_not_';

const opens = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket', 'OpenStatement', 'OpenExpression']);
const closes = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket', 'CloseStatement', 'CloseExpression']);
const words = new Set(['and', 'or', 'not', 'if', 'else', 'in', 'recursive']);

const isWord = (token: Token | undefined, word: string): boolean =>
    token?.type === 'Identifier' && token.value === word && word !== '';

function made(like: Token, type: Token['type'], value: string): Token {
    return Object.assign(Object.create(Object.getPrototypeOf(like) as object) as Token, { type, value });
}

/** Whether an operand ends before this token: what binds less than `~`, or closes or parts. */
function parts(tokens: readonly Token[], i: number): boolean {
    const { type, value } = tokens[i]!;
    if (['Comma', 'Equals', 'Colon', 'ComparisonBinaryOperator', 'Text', 'Comment'].includes(type)) return true;
    if (type === 'AdditiveBinaryOperator') return value !== '~';
    if (type !== 'Identifier' || tokens[i - 1]?.type === 'Dot') return false;
    if (isWord(tokens[i - 1], 'is') || (value === 'not' && isWord(tokens[i - 1], 'is'))) return false;
    return words.has(value) || tokens[i - 1]?.type === 'OpenStatement';
}

/** In Jinja2 `~` binds more than `+` and `-`; the parser reads all three from left to right. */
export function groupConcatenations(tokens: readonly Token[]): Token[] {
    const [before, after] = [new Map<number, Token[]>(), new Map<number, Token[]>()];
    const add = (map: Map<number, Token[]>, at: number, token: Token): void =>
        void map.set(at, [...(map.get(at) ?? []), token]);
    interface Level {
        start: number;
        joins: boolean;
    }
    const levels: Level[] = [{ start: 0, joins: false }];
    const end = (level: Level, i: number): void => {
        if (!level.joins) return;
        add(before, level.start, made(tokens[level.start]!, 'OpenParen', '('));
        add(after, i - 1, made(tokens[level.start]!, 'CloseParen', ')'));
    };
    for (const [i, token] of tokens.entries()) {
        const level = levels.at(-1)!;
        if (opens.has(token.type)) levels.push({ start: i + 1, joins: false });
        else if (closes.has(token.type)) {
            end(level, i);
            if (levels.length > 1) levels.pop();
        } else if (token.type === 'AdditiveBinaryOperator' && token.value === '~') level.joins = true;
        else if (parts(tokens, i)) {
            end(level, i);
            Object.assign(level, { start: i + 1, joins: false });
        }
    }
    return tokens.flatMap((token, i) => [...(before.get(i) ?? []), token, ...(after.get(i) ?? [])]);
}

/** `a < b < c` means both in Python; the parser reads it as `(a < b) < c`, which is another thing. */
export function refuseChains(tokens: readonly Token[]): void {
    const compared = [false];
    for (const [i, token] of tokens.entries()) {
        const loop = isWord(token, 'in') && inFor(tokens, i);
        if (opens.has(token.type)) compared.push(false);
        else if (closes.has(token.type)) {
            if (compared.length > 1) compared.pop();
        } else if (token.type === 'ComparisonBinaryOperator' || (isWord(token, 'in') && !loop && !isTest(tokens, i))) {
            if (compared.at(-1)) throw new JinjaError(`a chain of comparisons (… ${token.value} …) is not supported`);
            compared[compared.length - 1] = true;
        } else if (
            ['Comma', 'Equals', 'Colon'].includes(token.type) ||
            ['and', 'or', 'if', 'else'].includes(token.value)
        ) {
            if (token.type !== 'StringLiteral') compared[compared.length - 1] = false;
        }
    }
}

const isTest = (tokens: readonly Token[], i: number): boolean =>
    isWord(tokens[i - 1], 'is') || (isWord(tokens[i - 1], 'not') && isWord(tokens[i - 2], 'is'));

/** Whether it is the `in` of `for … in`. */
function inFor(tokens: readonly Token[], i: number): boolean {
    for (let at = i - 1; at >= 0; at--) {
        const { type, value } = tokens[at]!;
        if (type === 'OpenStatement') return false;
        if (type === 'Identifier' && value === 'for' && tokens[at - 1]?.type === 'OpenStatement') return true;
        if (type === 'Identifier' && value === 'in') return false;
    }
    return false;
}

const operands = new Set(['Identifier', 'NumericLiteral', 'StringLiteral']);
const operators = new Set([...words, 'is']);

/** The parser takes `[1 2]`, and so `[1e3]`, for two items; Jinja2 refuses the one and reads a number in the other. */
export function refuseMissingCommas(tokens: readonly Token[]): void {
    const isOperand = (token: Token | undefined): boolean =>
        token !== undefined && operands.has(token.type) && !(token.type === 'Identifier' && operators.has(token.value));
    let depth = 0;
    for (const [i, token] of tokens.entries()) {
        if (opens.has(token.type)) depth++;
        if (closes.has(token.type)) depth--;
        const next = tokens[i + 1];
        const ends = isOperand(token) || ['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket'].includes(token.type);
        const statement = tokens[i - 1]?.type === 'OpenStatement';
        const texts = token.type === 'StringLiteral' && next?.type === 'StringLiteral';
        if (depth > 0 && ends && isOperand(next) && !statement && !texts && tokens[i - 1]?.type !== 'Dot')
            throw new JinjaError(`“${token.value} ${next!.value}” is not supported; is it a number, or lacks a comma?`);
    }
}

/** `-3` is a sign and a number, as for Jinja2: what stands behind it is of the number. */
export function signsApart(tokens: readonly Token[]): Token[] {
    return tokens.flatMap((token) =>
        token.type === 'NumericLiteral' && /^[-+]/.test(token.value)
            ? [made(token, 'UnaryOperator', token.value[0]!), made(token, 'NumericLiteral', token.value.slice(1))]
            : [token],
    );
}

/** Tests with arguments (`is divisibleby(2)`, `is in [1]`) become filters of another name: the parser knows none. */
export function testsAsFilters(tokens: readonly Token[]): Token[] {
    const result: Token[] = [];
    for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]!;
        const not = isWord(tokens[i + 1], 'not') ? 1 : 0;
        const name = tokens[i + 1 + not];
        const from = i + 2 + not;
        if (!isWord(token, 'is') || tokens[i - 1]?.type === 'Dot' || name?.type !== 'Identifier') {
            result.push(token);
            continue;
        }
        const to = argumentEnd(tokens, from);
        if (to === from) {
            result.push(token);
            continue;
        }
        const parenthesised = tokens[from]!.type === 'OpenParen';
        result.push(
            made(token, 'Pipe', '|'),
            made(token, 'Identifier', (not === 1 ? negatedTestPrefix : testPrefix) + name.value),
            ...(parenthesised ? [] : [made(token, 'OpenParen', '(')]),
            ...testsAsFilters(tokens.slice(from, to)),
            ...(parenthesised ? [] : [made(token, 'CloseParen', ')')]),
        );
        i = to - 1;
    }
    return result;
}

/** Where a test's argument ends: a group in brackets, one word or literal; `from` itself where there is none. */
function argumentEnd(tokens: readonly Token[], from: number): number {
    const first = tokens[from];
    if (first === undefined) return from;
    if (['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket'].includes(first.type)) {
        let depth = 0;
        for (let i = from; i < tokens.length; i++) {
            if (opens.has(tokens[i]!.type)) depth++;
            if (closes.has(tokens[i]!.type)) depth--;
            if (depth === 0) return postfixEnd(tokens, i + 1);
        }
        return from;
    }
    if (first.type === 'Identifier' && ['if', 'in', 'not', 'recursive'].includes(first.value))
        throw new JinjaError(`“${first.value}” behind a test is not supported; put the test in parentheses`);
    const isName = first.type === 'Identifier' && !words.has(first.value) && first.value !== 'is';
    return isName || first.type === 'NumericLiteral' || first.type === 'StringLiteral'
        ? postfixEnd(tokens, from + 1)
        : from;
}

/** @throws JinjaError where more than one word or group follows, as in `is in x.y` */
function postfixEnd(tokens: readonly Token[], at: number): number {
    if (['Dot', 'OpenSquareBracket', 'OpenParen'].includes(tokens[at]?.type ?? ''))
        throw new JinjaError('a test with such an argument is not supported; put it in parentheses');
    return at;
}
