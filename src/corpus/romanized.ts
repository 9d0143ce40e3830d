import { languageTag, maximized } from '../languages/languageTag.js';

/**
 * Writes a text in ASCII letters, so that no script tells its language: Chinese in pinyin without tones, syllable by
 * syllable (pinyin-pro), kana by Hepburn's rules (WanaKana), all else letter by letter (AnyAscii). Kanji are read as
 * Chinese, and vowels that a script does not write stay out.
 * @param language tag of the text, such as `zh`
 */
export async function romanized(text: string, language: string): Promise<string> {
    const { default: anyAscii } = await import('any-ascii');
    const tag = languageTag(language);
    const base = tag === undefined ? '' : maximized(tag).language;
    if (base === 'zh') {
        const { pinyin } = await import('pinyin-pro');
        return anyAscii(pinyin(text, { toneType: 'none', nonZh: 'consecutive' }));
    }
    if (base !== 'ja') return anyAscii(text);
    const { toRomaji } = await import('wanakana');
    return anyAscii(toRomaji(text));
}
