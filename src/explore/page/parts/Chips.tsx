import type { ComponentChild } from 'preact';

export interface Chip {
    readonly value: string;
    readonly label: ComponentChild;
    readonly title?: string;
}

interface ChipsProps {
    readonly legend: string;
    readonly chips: readonly Chip[];
    readonly chosen: readonly string[];
    readonly onChange: (chosen: string[]) => void;
}

/** Choices of which several may be taken. */
export function Chips({ legend, chips, chosen, onChange }: ChipsProps): ComponentChild {
    return (
        <fieldset class="chips">
            <legend>{legend}</legend>
            {chips.map(({ value, label, title }) => (
                <label key={value} title={title}>
                    <input
                        type="checkbox"
                        checked={chosen.includes(value)}
                        onChange={({ currentTarget }) =>
                            onChange(
                                chips
                                    .map((chip) => chip.value)
                                    .filter((one) => (one === value ? currentTarget.checked : chosen.includes(one))),
                            )
                        }
                    />
                    <span>{label}</span>
                </label>
            ))}
        </fieldset>
    );
}
