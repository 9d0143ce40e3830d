import { order } from './compare.js';
import { floatText } from './text.js';
import { Dict, Float, JinjaError, Tuple, typeName, type Value } from './values.js';

export interface JsonStyle {
    readonly asciiOnly: boolean;
    /** What a level is indented by; undefined: all in one line. */
    readonly indent: string | undefined;
    readonly itemSeparator: string;
    readonly keySeparator: string;
    readonly sortKeys: boolean;
}

/** Python's `json.dumps`. @throws JinjaError where it raises */
export function writeJson(value: Value, style: JsonStyle, line = '\n'): string {
    if (typeof value === 'string') return jsonText(value, style);
    if (value === null) return 'null';
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value instanceof Float) return jsonFloat(value.value);
    const inner = style.indent === undefined ? '' : `${line}${style.indent}`;
    const wrap = (open: string, parts: readonly string[], close: string): string => {
        if (parts.length === 0) return open + close;
        const between = style.itemSeparator + inner;
        return open + inner + parts.join(between) + (style.indent === undefined ? '' : line) + close;
    };
    const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
    if (items !== undefined)
        return wrap(
            '[',
            items.map((item) => writeJson(item, style, inner)),
            ']',
        );
    if (!(value instanceof Dict)) throw new JinjaError(`Object of type ${typeName(value)} is not JSON serializable`);
    const entries = value.items().map(({ items: [key, item] }) => [key!, item!] as const);
    if (style.sortKeys) entries.sort(([a], [b]) => order(a, b));
    const parts = entries.map(
        ([key, item]) => jsonText(jsonKey(key), style) + style.keySeparator + writeJson(item, style, inner),
    );
    return wrap('{', parts, '}');
}

function jsonKey(key: Value): string {
    if (typeof key === 'string') return key;
    if (key === null) return 'null';
    if (typeof key === 'number' || typeof key === 'boolean') return String(key);
    if (key instanceof Float) return jsonFloat(key.value);
    throw new JinjaError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function jsonFloat(value: number): string {
    if (Number.isFinite(value)) return floatText(value);
    return Number.isNaN(value) ? 'NaN' : value < 0 ? '-Infinity' : 'Infinity';
}

const unit = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function jsonText(text: string, { asciiOnly }: JsonStyle): string {
    const escaped = JSON.stringify(text);
    return asciiOnly ? escaped.replaceAll(/[\u007f-\uffff]/g, unit) : escaped;
}
