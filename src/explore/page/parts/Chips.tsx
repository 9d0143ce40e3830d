import type { ComponentChild } from 'preact';

export interface Chip {
    readonly value: string;
    readonly label: ComponentChild;
    readonly title?: string;
}

/** Choices of which several may be taken. */
export function Chips({
    legend,
    chips,
    chosen,
    onChange,
}: {
    legend: string;
    chips: readonly Chip[];
    chosen: readonly string[];
    onChange: (chosen: string[]) => void;
}): ComponentChild {
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
