import type { ComponentChild, ComponentProps } from 'preact';

/** An input behind its label. */
export function Field({ label, ...input }: { readonly label: string } & ComponentProps<'input'>): ComponentChild {
    return (
        <label>
            {label} <input {...input} />
        </label>
    );
}

interface NumberProps {
    readonly label: string;
    readonly range: readonly [least: number, most: number];
    readonly step?: number;
    readonly value: number;
    /** Taken where what is typed is no number. */
    readonly otherwise: number;
    readonly take: (value: number) => void;
}

/** An input of numbers. */
export function NumberField({ label, range: [min, max], step = 1, value, otherwise, take }: NumberProps) {
    const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void =>
        take(Number.isNaN(currentTarget.valueAsNumber) ? otherwise : currentTarget.valueAsNumber);
    return <Field label={label} type="number" min={min} max={max} step={step} value={value} onChange={onChange} />;
}
