import { readFileSync, writeFileSync } from 'node:fs';
import { embeddedModel } from './models.js';

const name = 'tokenizer.chat_template';

/** The embedded model with another chat template, at most as long as its own. */
export function writeWithTemplate(path: string, template: string): string {
    const bytes = readFileSync(embeddedModel);
    const at = bytes.indexOf(name) + name.length + 4;
    const length = Number(bytes.readBigUInt64LE(at));
    if (template.length > length) throw new Error(`the template is longer than ${length}`);
    // Blanks inside of the last tag change nothing.
    const padded = template.replace(/ ?([}%]\})$/, ' '.repeat(length - template.length) + '$1');
    bytes.write(padded.padEnd(length), at + 8, 'utf8');
    writeFileSync(path, bytes);
    return path;
}

/** Writes the day before what is asked. */
export const datedTemplate = "{{strftime_now('%d.%m.%Y')}} {{messages[0].content + '\\n' }}";
