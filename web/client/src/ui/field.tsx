/** Form fields: a visible label, a hint, an error in words tied by aria-describedby. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Common {
  label: string;
  hint?: string;
  error?: string;
  testid?: string;
  required?: boolean;
}

function Shell(p: Common & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={p.id}>{p.label}</label>
      {p.children}
      {p.hint && (
        <span class="field-hint" id={`${p.id}-hint`}>
          {p.hint}
        </span>
      )}
      {p.error && (
        <span class="field-error" id={`${p.id}-error`} role="alert">
          {p.error}
        </span>
      )}
    </div>
  );
}

const described = (id: string, p: Common) =>
  [p.hint && `${id}-hint`, p.error && `${id}-error`].filter(Boolean).join(" ") || undefined;

export interface FieldProps extends Common {
  value: string;
  onInput: (v: string) => void;
  type?: "text" | "password" | "tel" | "number" | "datetime-local" | "date" | "time" | "search";
  autocomplete?: JSX.InputHTMLAttributes<HTMLInputElement>["autocomplete"];
  inputMode?: "text" | "numeric" | "tel";
  maxLength?: number;
  min?: number;
  max?: number;
  placeholder?: string;
  disabled?: boolean;
  /** Rows > 1 makes a text area. */
  rows?: number;
  onKeyDown?: (e: KeyboardEvent) => void;
}

/** Field is one input; text is normalised to NFC, so that what is stored compares equal whatever keyboard wrote it. */
export function Field(p: FieldProps) {
  const id = useId();
  const common = {
    id,
    class: "input",
    lang: "vi",
    value: p.value,
    required: p.required,
    disabled: p.disabled,
    placeholder: p.placeholder,
    maxLength: p.maxLength,
    "aria-invalid": p.error ? true : undefined,
    "aria-describedby": described(id, p),
    "data-testid": p.testid,
    onKeyDown: p.onKeyDown,
  };
  const change = (e: JSX.TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement>) =>
    p.onInput((e.currentTarget.value ?? "").normalize("NFC"));
  return (
    <Shell {...p} id={id}>
      {p.rows && p.rows > 1 ? (
        <textarea {...common} rows={p.rows} onInput={change} />
      ) : (
        <input
          {...common}
          type={p.type ?? "text"}
          autocomplete={p.autocomplete}
          inputMode={p.inputMode}
          min={p.min}
          max={p.max}
          onInput={change}
        />
      )}
    </Shell>
  );
}

export interface SelectProps extends Common {
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (v: string) => void;
  disabled?: boolean;
}

/** Select is the browser's own list: it works with every keyboard, reader and phone. */
export function Select(p: SelectProps) {
  const id = useId();
  return (
    <Shell {...p} id={id}>
      <select
        id={id}
        class="input"
        value={p.value}
        disabled={p.disabled}
        required={p.required}
        aria-invalid={p.error ? true : undefined}
        aria-describedby={described(id, p)}
        data-testid={p.testid}
        onChange={(e) => p.onChange(e.currentTarget.value)}
      >
        {p.options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
    </Shell>
  );
}

/** Tick is a checkbox with a 48 px row. */
export function Tick(p: {
  label: string;
  checked: boolean;
  onChange: (v: boolean) => void;
  testid?: string;
  disabled?: boolean;
}) {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={p.checked}
        disabled={p.disabled}
        data-testid={p.testid}
        onChange={(e) => p.onChange(e.currentTarget.checked)}
      />
      <span>{p.label}</span>
    </label>
  );
}
