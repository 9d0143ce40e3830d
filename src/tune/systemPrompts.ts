import { englishName } from '../languages/englishName.js';
import { languageTag } from '../languages/languageTag.js';

/** Asks for a language in that language. */
const systemPrompts: Readonly<Record<string, string>> = {
    en: 'Always answer in English, and in no other language.',
    ru: 'Всегда отвечай по-русски и ни на каком другом языке.',
    es: 'Responde siempre en español y en ningún otro idioma.',
    fr: 'Réponds toujours en français et dans aucune autre langue.',
    de: 'Antworte immer auf Deutsch und in keiner anderen Sprache.',
    zh: '请始终用中文回答，不要使用任何其他语言。',
    ja: '必ず日本語で答え、ほかの言語は使わないでください。',
    bn: 'সবসময় বাংলায় উত্তর দাও, অন্য কোনো ভাষায় নয়।',
    th: 'ตอบเป็นภาษาไทยเสมอ และอย่าใช้ภาษาอื่น',
    sw: 'Jibu kila mara kwa Kiswahili, wala si kwa lugha nyingine yoyote.',
    ar: 'أجب دائمًا باللغة العربية، ولا تستخدم أي لغة أخرى.',
    hi: 'हमेशा हिन्दी में उत्तर दो, किसी और भाषा में नहीं।',
    ko: '항상 한국어로 대답하고 다른 언어는 쓰지 마세요.',
    pt: 'Responde sempre em português e em nenhuma outra língua.',
    te: 'ఎల్లప్పుడూ తెలుగులోనే సమాధానం ఇవ్వు, మరే భాషలోనూ వద్దు.',
};

/** A system prompt that asks for answers in a language, in that language where there is one, else in English. */
export function systemPromptFor(language: string): string {
    const known = systemPrompts[languageTag(language)?.split('-')[0] ?? ''];
    return known ?? `Always answer in ${englishName(language)}, and in no other language.`;
}
