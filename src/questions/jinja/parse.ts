import { parse as parseTokens, tokenize } from '@huggingface/jinja';
import { groupConcatenations, refuseChains, refuseMissingCommas, signsApart, testsAsFilters } from './precedence.js';
import type { Node } from './nodes.js';
import { JinjaError } from './values.js';

/**
 * Reads a template with @huggingface/jinja's lexer and parser. Where their reading is not Jinja2's, the tokens are put
 * in order first, or the template is refused.
 * @throws Error that says what is not understood
 */
export function parse(source: string): Node {
    const text = source.replaceAll(/\r\n?/g, '\n');
    refuseMisread(text);
    const tokens = signsApart(tokenize(text, { trim_blocks: true, lstrip_blocks: true }));
    for (const { type, value } of tokens)
        if (type === 'NumericLiteral' && /^0\d/.test(value)) throw new JinjaError(`${value} is no number`);
    refuseChains(tokens);
    const plain = testsAsFilters(tokens);
    refuseMissingCommas(plain);
    return parseTokens(groupConcatenations(plain)) as unknown as Node;
}

/**
 * The lexer cuts blanks and line ends around tags by regular expressions over the whole source: also where a text or a
 * string only looks like a tag.
 */
function refuseMisread(source: string): void {
    // eslint-disable-next-line no-control-regex -- Python takes these for blanks, JavaScript does not, or the reverse
    const odd = /[\x1c-\x1f\x85\ufeff]/.exec(source);
    if (odd !== null)
        throw new JinjaError(`the character U+${odd[0].charCodeAt(0).toString(16).padStart(4, '0')} is not supported`);
    if (/\\u[dD][89a-fA-F]/.test(source)) throw new JinjaError('escapes of surrogates are not supported');
    if (/^[^\S\n]*[^\S\n \t][^\S\n]*\{[%#]/m.test(source))
        throw new JinjaError('a blank other than a space or a tab before a tag is not supported');
    const pieces = /\{#[^]*?#\}|\{\{[^]*?\}\}|\{%[^]*?%\}/g;
    for (const text of source.split(pieces)) {
        if (/[#%-]\}\n|^[ \t]+\{-/m.test(text))
            throw new JinjaError('a line of text that begins or ends like a tag is not supported');
    }
    for (const [tag] of source.matchAll(pieces)) {
        if (tag.startsWith('{#')) continue;
        for (const [literal] of tag.matchAll(/'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/g)) {
            if (/[#%-]\}\n|^[ \t]+\{[#%-]|\{%-?\s*(end)?generation/m.test(literal))
                throw new JinjaError('a string that looks like a tag is not supported');
        }
    }
}
