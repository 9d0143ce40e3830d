import type { ComponentChild } from 'preact';

/** A sign of a legend with its words; a line does not break between them. */
export function Key({ look, words }: { look: string; words: string }): ComponentChild {
    return (
        <span>
            <i class={look} /> {words}
        </span>
    );
}
