import {
  type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useState,
} from 'react';
import { Button as Plain, Input, SearchField as Searched } from 'react-aria-components/SearchField';
import { CheckboxButton, CheckboxField, type CheckboxFieldProps } from 'react-aria-components/Checkbox';
import { RadioButton, RadioField, RadioGroup as Radios } from 'react-aria-components/RadioGroup';
import { SwitchButton, SwitchField, type SwitchFieldProps } from 'react-aria-components/Switch';
import { FieldError, Label, Text, TextArea as Area, TextField as Field } from 'react-aria-components/TextField';
import { Icon } from '../icons';
import { useSite } from '../site';
import { useFault, useFieldFault } from './Form';
import { Mark } from './Mark';

export { DateRange } from './DateRange';

interface Common {
  /** The name of the field in the API, by which its fault is found. */
  name: string;
  label: string;
  hint?: ReactNode;
}

const Hint = ({ children }: { children: ReactNode }) => (children ? <Text slot="description" elementType="p" className="hint">{children}</Text> : null);
const Fault = ({ said }: { said: string | null }) => <FieldError className="error"><Icon name="warning" /><span>{said}</span></FieldError>;

/** `code` sets it left to right in every language: addresses, ids, secrets. */
type TextProps = Common & InputHTMLAttributes<HTMLInputElement> & { code?: boolean };
type AreaProps = Common & TextareaHTMLAttributes<HTMLTextAreaElement> & { code?: boolean };

const asText = (value: TextProps['value']) => (value === undefined ? undefined : String(value));

/** The field around an element that a text is typed into, which has the rest of the attributes itself: `onChange` is the browser's. */
function Typed({ name, label, hint, said, wrong, optional, input, children }: Common & {
  said: string | null; wrong: boolean; optional: boolean; children: ReactNode;
  input: Pick<TextProps & AreaProps, 'id' | 'value' | 'defaultValue' | 'disabled' | 'readOnly' | 'required'>;
}) {
  const { t } = useSite();
  return (
    <Field
      className="field"
      name={name}
      id={input.id}
      value={asText(input.value)}
      defaultValue={asText(input.defaultValue)}
      isDisabled={input.disabled}
      isReadOnly={input.readOnly}
      isRequired={input.required}
      isInvalid={wrong}
      validationBehavior="aria"
    >
      <Label>{label}{optional ? <span className="optional"> {t('optional')}</span> : null}</Label>
      <Hint>{hint}</Hint>
      {children}
      <Fault said={said} />
    </Field>
  );
}

/** What the element is given besides: the field has the value and the state. */
function own<P extends object>(input: P) {
  return { ...input, id: undefined, value: undefined, defaultValue: undefined, disabled: undefined, readOnly: undefined };
}

/** One line. With `name` and `defaultValue` the form reads it; with `value` and `onChange` the page does. */
export function TextField({ name, label, hint, code = false, ...input }: TextProps) {
  const { input: ref, ...fault } = useFault<HTMLInputElement>(name);
  return (
    <Typed name={name} label={label} hint={hint} {...fault} optional={!input.required && !input.readOnly} input={input}>
      <Input type="text" autoComplete="off" {...(code && { dir: 'ltr', spellCheck: false, autoCapitalize: 'none' })} {...own(input)} className={code ? 'mono' : ''} ref={ref} />
    </Typed>
  );
}

/**
 * A whole number, with its unit said beside it. The library's own field corrects what is out of range without a word
 * and answers on leaving, with a number; here the form says what is wrong, and pages read what is typed.
 */
export function NumberField({ unit, name, label, hint, ...input }: Omit<TextProps, 'type' | 'code'> & { unit?: string }) {
  const { input: ref, ...fault } = useFault<HTMLInputElement>(name);
  return (
    <Typed name={name} label={label} hint={hint} {...fault} optional={!input.required} input={input}>
      <span className="measured">
        <Input inputMode="numeric" step={1} {...own(input)} type="number" className="" ref={ref} />
        {unit ? <span className="unit">{unit}</span> : null}
      </span>
    </Typed>
  );
}

export function TextArea({ name, label, hint, code = false, ...input }: AreaProps) {
  const { input: ref, ...fault } = useFault<HTMLTextAreaElement>(name);
  return (
    <Typed name={name} label={label} hint={hint} {...fault} optional={!input.required && !input.readOnly} input={input}>
      <Area rows={3} {...(code && { dir: 'ltr', spellCheck: false })} {...own(input)} className={code ? 'mono' : ''} ref={ref} />
    </Typed>
  );
}

/** The field around an element of the browser. */
function Labelled({ id, label, optional, hint, fault, children }: {
  id: string; label: string; optional: boolean; hint: ReactNode; fault: ReactNode; children: ReactNode;
}) {
  const { t } = useSite();
  return (
    <div className="field">
      <label htmlFor={id}>{label}{optional ? <span className="optional"> {t('optional')}</span> : null}</label>
      {hint}
      {children}
      {fault}
    </div>
  );
}

export interface Option<T extends string = string> {
  value: T;
  label: string;
}

type SelectProps<T extends string> = Omit<Common, 'name'> & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value' | 'name'> & {
  name?: string;
  options: readonly Option<T>[];
  value?: T;
  onChange?: (value: T) => void;
};

/** The browser's own: a phone has a better list for it than a page can draw, and it is the least to load. */
export function Select<T extends string>({ name = '', label, hint: said, options, onChange, ...input }: SelectProps<T>) {
  const { id, input: ref, hint, fault, props } = useFieldFault<HTMLSelectElement>(name, said);
  return (
    <Labelled id={id} label={label} optional={false} hint={hint} fault={fault}>
      <select {...input} {...props} name={name || undefined} ref={ref} onChange={({ target }) => onChange?.(target.value as T)}>
        {options.map(({ value, label: text }) => <option key={value} value={value}>{text}</option>)}
      </select>
    </Labelled>
  );
}

type TickProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> & {
  name?: string;
  /** Says what is ticked; may be more than a text. */
  children: ReactNode;
  hint?: ReactNode;
  onChange?: (on: boolean) => void;
};

function useTick({ name = '', value, checked, defaultChecked, disabled, readOnly, required, ...rest }: Omit<TickProps, 'children' | 'hint'>) {
  const { input, wrong, said } = useFault<HTMLInputElement>(name);
  const props = {
    ...rest,
    className: 'field',
    name: name || undefined,
    value: asText(value) ?? 'on',
    isSelected: checked,
    defaultSelected: defaultChecked,
    isDisabled: disabled,
    isReadOnly: readOnly,
    isRequired: required,
    isInvalid: wrong,
    validationBehavior: 'aria',
    inputRef: input,
  };
  // The library passes attributes of the browser on, and types them as its own.
  return { said, props: props as unknown as Omit<CheckboxFieldProps & SwitchFieldProps, 'children' | 'className' | 'render' | 'style'> & { className: string } };
}

export function Checkbox({ children, hint, ...rest }: TickProps) {
  const { said, props } = useTick(rest);
  return (
    <CheckboxField {...props}>
      <CheckboxButton className="check"><Mark /><span>{children}</span></CheckboxButton>
      <Hint>{hint}</Hint>
      <Fault said={said} />
    </CheckboxField>
  );
}

/** What is on or off; as any field it counts when the form is saved. */
export function Switch({ children, hint, ...rest }: TickProps) {
  const { said, props } = useTick(rest);
  return (
    <SwitchField {...props}>
      <SwitchButton className="switch"><span className="track" aria-hidden="true" /><span>{children}</span></SwitchButton>
      <Hint>{hint}</Hint>
      <Fault said={said} />
    </SwitchField>
  );
}

interface RadioProps<T extends string> extends Common {
  options: readonly (Option<T> & { hint?: string })[];
  value?: T;
  defaultValue?: T;
  onChange?: (value: T) => void;
}

export function RadioGroup<T extends string>({ name, label, hint, options, value, defaultValue, onChange }: RadioProps<T>) {
  const { input, wrong, said } = useFault<HTMLInputElement>(name);
  return (
    <Radios className="field radios" name={name} value={value} defaultValue={defaultValue} onChange={(chosen) => onChange?.(chosen as T)} isInvalid={wrong} validationBehavior="aria">
      <Label className="group-label">{label}</Label>
      <Hint>{hint}</Hint>
      {options.map((option, index) => (
        <RadioField key={option.value} value={option.value} className="radio" inputRef={index ? undefined : input}>
          <RadioButton className="check"><span className="box round" aria-hidden="true" /><span>{option.label}</span></RadioButton>
          <Hint>{option.hint}</Hint>
        </RadioField>
      ))}
      <Fault said={said} />
    </Radios>
  );
}

interface SearchProps {
  label: string;
  /** What is looked for; usually of the address. */
  value: string;
  onSearch: (text: string) => void;
  placeholder?: string;
}

/** Looks for what was typed on Enter, and for everything when it is emptied. */
export function SearchField({ label, value, onSearch, placeholder }: SearchProps) {
  const { t } = useSite();
  const [seen, setSeen] = useState(value);
  const [typed, setTyped] = useState(value);
  // The address was changed, perhaps by the way back.
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  const change = (text: string) => {
    setTyped(text);
    if (!text && value) onSearch('');
  };
  return (
    <form
      role="search"
      aria-label={label}
      className="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(typed.trim());
      }}
    >
      <Searched className="searched" aria-label={label} name="q" value={typed} onChange={change}>
        <Icon name="search" />
        <Input className="" placeholder={placeholder ?? label} maxLength={200} autoComplete="off" />
        <Plain className="clear"><Icon name="close" /></Plain>
      </Searched>
      <button type="submit" className="unseen">{t('search')}</button>
    </form>
  );
}

interface FileProps extends Common {
  accept?: string;
  required?: boolean;
  onFile?: (file: File | null) => void;
}

/** The browser's own, which is an entry of the form and takes what is dropped on it; the library's is a button that is neither. */
export function FileTrigger({ name, label, hint: said, accept, required, onFile }: FileProps) {
  const { id, input: ref, hint, fault, props } = useFieldFault<HTMLInputElement>(name, said);
  return (
    <Labelled id={id} label={label} optional={!required} hint={hint} fault={fault}>
      <input type="file" accept={accept} required={required} {...props} ref={ref} onChange={({ target }) => onFile?.(target.files?.[0] ?? null)} />
    </Labelled>
  );
}
