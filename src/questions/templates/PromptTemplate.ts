import type { Question } from '../sources/Questions.js';

/** Writes the whole prompt of a question. */
export interface PromptTemplate {
    /** The user's name for it. */
    readonly name: string;
    /** Whether special tokens spelled out in its prompts are these tokens. */
    readonly special: boolean;
    write(question: Pick<Question, 'language' | 'text'>): string | Promise<string>;
    /** Texts before which an answer ends, besides the model's own end. */
    stops(language: string): readonly string[];
    /** The template on another day, YYYY-MM-DD. Absent where it does not write the date. */
    on?(date: string): PromptTemplate;
    /** The template with an instruction in a system message. Absent where it has no such messages. */
    instructed?(instructionOf: (language: string) => string): PromptTemplate;
}

/** A template with an instruction before each question: in a system message, or else as the question's beginning. */
export function instructedTemplate(
    template: PromptTemplate,
    instructionOf: (language: string) => string,
): PromptTemplate {
    if (template.instructed !== undefined) return template.instructed(instructionOf);
    const { on } = template;
    return {
        ...template,
        name: instructedName(template.name),
        write: ({ language, text }) => template.write({ language, text: after(instructionOf(language), text) }),
        ...(on === undefined ? {} : { on: (date) => instructedTemplate(on(date), instructionOf) }),
    };
}

/** The name of a template with an instruction. */
export function instructedName(name: string): string {
    return `${name} with a system prompt`;
}

/** A question behind an instruction. */
export function after(instruction: string, text: string): string {
    return `${instruction}\n\n${text}`;
}
